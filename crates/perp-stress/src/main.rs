use perp_stress::exchange_venue::ExchangeVenue;
use perp_stress::path::PricePath;
use perp_stress::simulation::{run, Outage, Scenario};
fn main() {
    for name in std::env::args().skip(1) {
        let path = PricePath::read(std::path::Path::new(&name)).unwrap();
        for fill in [0.3, 0.6, 0.95] {
            for (case, delay, ticks) in [("prompt", 0, 0), ("1 min", 60, 0), ("5", 300, 0), ("30", 1800, 0), ("out 5", 0, 20), ("out 60", 0, 240)] {
                let began = std::time::Instant::now();
                let outage = (ticks > 0).then(|| Outage { from: path.worst_fall(ticks), ticks });
                let scenario = Scenario { fill, delay, outage, seed: 1, traders: 2000 };
                let (_, o) = run(ExchangeVenue::new(path.start, path.ticks[0], 2000), &path, scenario);
                println!("{} {fill} {case}: {:.2}s bad {:.0} {o:?}", path.name, began.elapsed().as_secs_f64(), o.bad_debt());
            }
        }
    }
}

use perp_tests::*;

#[test]
fn smoke_sbf() {
    let mut w = World::new(Backend::Sbf, 2);
    let a = w.trader(10_000 * USDC);
    let done = w.trade(a, 0, 10 * SOL).unwrap();
    println!("{:#?} {}", done.logs, done.compute_units);
}

#[test]
fn smoke_native() {
    let mut w = World::new(Backend::Native, 2);
    let a = w.trader(10_000 * USDC);
    w.trade(a, 0, 10 * SOL).unwrap();
}

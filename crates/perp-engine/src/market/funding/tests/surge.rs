//! What carry costs beyond half of the cap, and who gets it.

use super::*;
use crate::fixtures::{usdc, SOL, USDC};
use crate::units::Atoms;

/// Longs at the cap of 100 000 SOL, $25 000 000, for as long as the mean looks back to, in a market with a million of backing.
fn full() -> Market {
    let mut market = sol_market();
    market.parameters.funding_velocity = 0;
    market.ledger.backing = usdc(1_000_000);
    set_side(&mut market, LONG, 100_000 * SOL, 25_000_000 * USDC);
    market.ledger.side_mut(LONG).mean_interest = Size::new(100_000 * SOL);
    market
}

#[test]
fn at_the_cap_the_surge_is_35_percent_a_year_and_the_insurances() {
    // A minute of 35 % a year on $25 000 000: $16.636; with 5 % besides the longs owe $19.013. The surge is paid out at once.
    let market = full();
    let accrued = after(&market, 60).ledger;
    assert_eq!(accrued.insurance, Atoms::new(16_636_204));
    assert_eq!(accrued.backing, Atoms::new(1_000_000_000_000 - 16_636_204));
    assert_eq!(accrued.counters.carry.get().to_atoms_floor(), Ok(Atoms::new(19_012_804)));
    assert_eq!(pending_funding(&accrued), Ok(accrued.counters.carry.get()));
}

#[test]
fn the_backing_advances_no_more_than_it_has() {
    let mut market = full();
    for (backing, paid) in [(10_000_000, 10_000_000), (0, 0)] {
        market.ledger.backing = Atoms::new(backing);
        let accrued = after(&market, 60).ledger;
        assert_eq!((accrued.insurance, accrued.backing), (Atoms::new(paid), Atoms::ZERO));
        // The longs owe it all the same.
        assert_eq!(accrued.counters.carry.get().to_atoms_floor(), Ok(Atoms::new(19_012_804)));
    }
}

#[test]
fn the_surge_goes_by_the_mean_of_the_last_hour_and_begins_at_half_of_the_cap() {
    // Who fills the cap pays for it as the mean follows: after half an hour from nothing it is at half of the cap.
    let mut market = full();
    market.ledger.side_mut(LONG).mean_interest = Size::ZERO;
    let half_an_hour = after(&market, 1_800).ledger;
    assert_eq!(half_an_hour.side(LONG).mean_interest, Size::new(50_000 * SOL));
    assert_eq!(half_an_hour.insurance, Atoms::ZERO);
    // A minute more: a sixtieth of the other half, 50 833.333… SOL, of which twice what is beyond half is a sixtieth of the cap.
    market.ledger = half_an_hour;
    let accrued = after(&market, 1_860).ledger;
    assert_eq!(accrued.side(LONG).mean_interest.get(), 50_833_333_333_333);
    assert!((277_000..=278_000).contains(&accrued.insurance.get()), "{:?}", accrued.insurance);
    // Beyond an hour nothing of what was before is left in it.
    market.ledger = accrued;
    market.parameters.max_accrual_seconds = 86_400;
    assert_eq!(after(&market, 5_460).ledger.side(LONG).mean_interest, Size::new(100_000 * SOL));
}

//! Three markets whose numbers are of very different size, two of them in a risk group.

use perp_engine::fixtures::{sol_parameters, thin_parameters, usdc};
use perp_engine::state::Parameters;
use perp_engine::units::{Atoms, Ppm, Size};
use perp_exchange::Listing;

/// A market and what its oracle says first, in units of 10^`exponent`.
#[derive(Clone, Copy, Debug)]
pub struct Quoted {
    pub listing: Listing,
    pub price: i64,
    pub exponent: i32,
}

/// $0.50 a unit of 10^-5: half an atom. The size premium binds above $10 000, the initial margin rises above 40 000 units.
fn middle() -> Quoted {
    let parameters = Parameters {
        risk_group: 3,
        group_credit: Ppm::new(200_000),
        group_divergence: Ppm::new(40_000),
        ..thin_parameters()
    };
    let listing = Listing { parameters, base_decimals: 5, target_backing: usdc(20_000) };
    Quoted { listing, price: 50_000_000, exponent: -8 }
}

/// $100 000 a unit of 10^-10: 10 atoms. Sides may be worth more than 2^52 atoms, and prices rise beyond what may open. A second
/// source bounds its price.
fn large() -> Quoted {
    let parameters = Parameters {
        open_interest_cap: Size::new(1 << 50),
        impact_scale: Size::new(1 << 56),
        open_interest_low: Size::new(1 << 49),
        open_interest_high: Size::new(1 << 51),
        backing_cap: Ppm::new(900_000),
        second_max_deviation: Ppm::new(30_000),
        second_max_age: 30,
        risk_group: 3,
        group_credit: Ppm::new(150_000),
        group_divergence: Ppm::new(20_000),
        ..sol_parameters()
    };
    let listing = Listing { parameters, base_decimals: 10, target_backing: Atoms::new(1 << 50) };
    Quoted { listing, price: 10_000_000_000_000, exponent: -8 }
}

/// 50 atoms a whole unit, in positions of 50 units and more, where every atom of rounding counts.
fn small() -> Quoted {
    let parameters = Parameters {
        open_interest_cap: Size::new(600),
        impact_scale: Size::new(120_000),
        open_interest_low: Size::new(300),
        open_interest_high: Size::new(1_200),
        minimum_position: Atoms::new(2_500),
        minimum_bounty: Atoms::new(1),
        ..sol_parameters()
    };
    let listing = Listing { parameters, base_decimals: 0, target_backing: Atoms::new(8_000) };
    Quoted { listing, price: 500_000, exponent: -10 }
}

pub fn quoted() -> [Quoted; 3] {
    [middle(), large(), small()]
}

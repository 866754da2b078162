use super::*;
use crate::error::EngineError;
use crate::fixtures::{set_side, sol_market, PRICE, SOL, USDC};
use crate::state::Market;
use crate::units::{FundingIndex, RAW_PER_ATOM};
use proptest::prelude::*;

fn usdc(amount: u64) -> Atoms {
    Atoms::new(amount * USDC)
}

fn signed(amount: i64) -> SignedAtoms {
    SignedAtoms::new(amount * 1_000_000)
}

fn at_price(market: &Market) -> Solvency {
    solvency(&market.books, &market.parameters, Price::new(PRICE)).unwrap()
}

/// $100 of backing, 10 SOL long that lost $100, 8 SOL short that won $80, $20 of claims that no cash is set aside for.
fn example() -> Market {
    let mut market = sol_market();
    market.books.backing = usdc(100);
    market.books.claims = usdc(30);
    market.books.pot = usdc(10);
    set_side(&mut market, Side::Long, 10 * SOL, 2_600 * USDC);
    set_side(&mut market, Side::Short, 8 * SOL, 2_080 * USDC);
    market
}

#[test]
fn losers_are_good_for_their_maintenance_margin_and_no_more() {
    let solvency = at_price(&example());
    // Longs: $2500 − $2600 = −$100, good for 3 % of $2500 = $75. Shorts: $2080 − $2000 = $80.
    let raw = |dollars: i128| Raw::new(dollars * i128::from(USDC) * RAW_PER_ATOM);
    assert_eq!(solvency.unrealised, [raw(-100), raw(80)]);
    assert_eq!(solvency.available, usdc(175));
    // 80 + (30 − 10).
    assert_eq!(solvency.owed, usdc(100));
    assert_eq!(solvency.spare, signed(75));
    // 15 % of $2500 − 3 % of $2000 = 375 − 60; the other way 300 − 75 is less.
    assert_eq!(solvency.need, usdc(315));
}

#[test]
fn a_small_loss_counts_as_far_as_it_goes() {
    // Longs lost $40 of the $75 they are good for.
    let mut market = example();
    set_side(&mut market, Side::Long, 10 * SOL, 2_540 * USDC);
    assert_eq!(at_price(&market).available, usdc(140));
}

#[test]
fn h_is_what_there_is_over_what_is_owed() {
    // Without backing: $75 for $100 owed, so $40 of profit is worth $30.
    let mut market = example();
    market.books.backing = Atoms::ZERO;
    let solvency = at_price(&market);
    assert_eq!(solvency.spare, signed(-25));
    assert_eq!(solvency.payable_floor(usdc(40)), Ok(usdc(30)));
    // Rounded down: three atoms at three quarters.
    assert_eq!(solvency.payable_floor(Atoms::new(3)), Ok(Atoms::new(2)));
    assert_eq!(at_price(&example()).payable_floor(usdc(40)), Ok(usdc(40)));
    // Where nothing is owed everything is payable.
    assert_eq!(at_price(&sol_market()).payable_floor(usdc(40)), Ok(usdc(40)));
}

#[test]
fn funding_that_was_paid_in_and_not_yet_received_is_owed() {
    // Shorts have $8 of funding to receive: a thousandth of an atom on 8·10^9 units.
    let mut market = example();
    market.books.side_mut(Side::Short).funding_index = FundingIndex::new(-(RAW_PER_ATOM as i64) / 1_000);
    let solvency = at_price(&market);
    assert_eq!(solvency.owed, usdc(108));
    assert_eq!(solvency.spare, signed(67));
    // Longs have just below $100 to pay: settling either side changes what is available and what is owed alike.
    market.books.side_mut(Side::Long).funding_index = FundingIndex::new(RAW_PER_ATOM as i64 / 100);
    let solvency = at_price(&market);
    assert_eq!((solvency.owed, solvency.spare), (usdc(108), SignedAtoms::new(166_999_999)));
}

#[test]
fn need_is_the_larger_sides_jump_less_what_the_smaller_side_is_good_for() {
    let need_of =
        |long: u64, short: u64| need_ceil([usdc(long), usdc(short)], Ppm::new(150_000), Ppm::new(30_000)).unwrap();
    assert_eq!(need_of(1_000, 0), usdc(150));
    assert_eq!(need_of(0, 1_000), usdc(150));
    // 15 % − 3 % of a matched market: a jump takes the losers' margin and 12 % more.
    assert_eq!(need_of(1_000, 1_000), usdc(120));
    assert_eq!(need_of(200, 1_000), usdc(144));
    // A jump smaller than the maintenance margin is covered by the losers themselves.
    assert_eq!(need_ceil([usdc(1_000), usdc(1_000)], Ppm::new(20_000), Ppm::new(30_000)), Ok(Atoms::ZERO));
}

#[test]
fn a_trade_is_admitted_while_the_market_keeps_what_it_needs() {
    let state = |spare, need| Solvency { spare: signed(spare), need: usdc(need), ..at_price(&sol_market()) };
    assert_eq!(state(100, 100).admits(&state(500, 0)), Ok(()));
    let refused = Err(EngineError::MarketCapacity { spare: signed(99), need: usdc(100) });
    assert_eq!(state(99, 100).admits(&state(500, 0)), refused);
    // Below its need, a market accepts what needs no more and costs no more than it saves.
    assert_eq!(state(40, 80).admits(&state(60, 100)), Ok(()));
    assert!(state(39, 80).admits(&state(60, 100)).is_err());
    assert!(state(60, 101).admits(&state(60, 100)).is_err());
    // Bringing in more than the need grows by does not buy a larger need.
    assert!(state(70, 105).admits(&state(60, 100)).is_err());
    assert_eq!(state(-50, 100).admits(&state(-50, 100)), Ok(()));
}

proptest! {
    /// The jump's cost as the design writes it: `max(J·L − m·Sh, J·Sh − m·L)`.
    #[test]
    fn need_is_the_worse_of_the_two_directions(long in 0u64..1 << 54, short in 0u64..1 << 54, jump in 30_000u32..1_000_000) {
        let (jump, maintenance) = (Ppm::new(jump), Ppm::new(30_000));
        let one_way = |more, less| {
            share_ceil(Atoms::new(more), jump).unwrap().excess_over(share_floor(Atoms::new(less), maintenance).unwrap())
        };
        let worse = one_way(long, short).max(one_way(short, long));
        prop_assert_eq!(need_ceil([Atoms::new(long), Atoms::new(short)], jump, maintenance), Ok(worse));
    }

    /// However everything adds up, what all winners and claims count for is at most what there is.
    #[test]
    fn what_counts_is_never_more_than_what_there_is(
        backing in 0u64..1 << 40, profits in proptest::collection::vec(0u64..1 << 38, 1..6),
    ) {
        let owed = profits.iter().sum::<u64>();
        let solvency = Solvency { available: Atoms::new(backing), owed: Atoms::new(owed), ..at_price(&sol_market()) };
        let counted: u64 = profits.iter().map(|profit| solvency.payable_floor(Atoms::new(*profit)).unwrap().get()).sum();
        prop_assert!(counted <= backing.min(owed));
    }
}

use super::*;
use crate::fixtures::{
    at, base, exact, planned, planned_for, publish, restricted_until, set_side, sol_market, usdc, PRICE, SOL, USDC,
};
use crate::operations::position::{plan_liquidation, plan_settle_pnl, LiquidationOrder};
use crate::state::{AccountKind, Market, Position, Status};
use crate::units::{Atoms, Clock, Ppm, X40_PER_ATOM};
use bytemuck::Zeroable;
use proptest::prelude::*;

mod increasing;
mod reducing;

/// SOL-PERP with a million of backing in which orders fill at the index and cost nothing.
fn frictionless() -> Market {
    let mut market = sol_market();
    market.ledger.backing = usdc(1_000_000);
    market.parameters.taker_fee = Ppm::ZERO;
    market.parameters.taker_fee_rebalancing = Ppm::ZERO;
    market.parameters.impact_limit = Ppm::ZERO;
    market.parameters.volatility = Ppm::ZERO;
    market
}

fn funded(balance: u64) -> Account {
    Account { balance: usdc(balance), ..Account::zeroed() }
}

fn sol(amount: i64) -> Order {
    units(amount * 1_000_000_000)
}

fn units(size: i64) -> Order {
    Order::at_any_price(base(size))
}

fn later(slots: u64) -> Clock {
    Clock { slot: at(0).slot + slots, ..at(0) }
}

fn trade(account: &Account, market: &Market, order: Order, slots: u64) -> Result<TradePlan, EngineError> {
    trade_beside(&[], account, market, order, slots)
}

/// Plans a trade of an account that has slots in other markets besides.
fn trade_beside(
    others: &[&Market],
    account: &Account,
    market: &Market,
    order: Order,
    slots: u64,
) -> Result<TradePlan, EngineError> {
    planned_for(account, market, others, Status::Active, later(slots), |portfolio, market| {
        plan_trade(portfolio, market, &order)
    })
}

/// Trades and stores what was planned.
fn done(account: &mut Account, market: &mut Market, order: Order, slots: u64) -> TradePlan {
    let plan = trade(account, market, order, slots).unwrap();
    plan.ledger.apply_to(account, &mut market.ledger);
    plan
}

/// 100 SOL bought at $250 for which the account is left with `balance` dollars, now at `price`.
fn holding(balance: u64, price: u64) -> (Account, Market) {
    let (mut account, mut market) = (funded(2_000), frictionless());
    done(&mut account, &mut market, sol(100), 0);
    account.balance = usdc(balance);
    market.price.price = Price::new(price);
    (account, market)
}

/// Size in whole SOL, entry and balance in whole dollars.
fn holds(account: &Account) -> (i64, i128, u64) {
    let position = account.positions[0];
    let dollars = position.entry_notional.get().get() / X40_PER_ATOM / i128::from(USDC);
    (position.size.get() / 1_000_000_000, dollars, account.balance.get() / USDC)
}

#[test]
fn a_long_opens_increases_reduces_and_closes() {
    let (mut account, mut market) = (funded(10_000), frictionless());
    done(&mut account, &mut market, sol(10), 0);
    assert_eq!(holds(&account), (10, 2_500, 10_000));
    market.price.price = Price::new(3 << 38 >> 1);
    // At $375: ten more for $3750.
    done(&mut account, &mut market, sol(10), 1);
    assert_eq!(holds(&account), (20, 6_250, 10_000));
    // Five sold for $1875: a quarter of the entry is $1562.50, $312.50 of profit.
    let plan = done(&mut account, &mut market, sol(-5), 2);
    assert_eq!(plan.realized, SignedAtoms::new(312_500_000));
    assert_eq!((plan.closed, plan.opened), (Size::new(5 * SOL), Size::ZERO));
    // Back to $250: the rest of the entry, $4687.50, for $3750.
    market.price.price = Price::new(PRICE);
    let plan = done(&mut account, &mut market, sol(-15), 3);
    assert_eq!(plan.realized, SignedAtoms::new(-937_500_000));
    assert_eq!(account.balance, Atoms::new(9_375_000_000));
    assert_eq!(account.positions[0], Position::default());
    assert_eq!(market.ledger.backing, Atoms::new(1_000_625_000_000));
    assert_eq!(market.ledger.sides[0].entry_notional.get(), QuoteX40::ZERO);
}

#[test]
fn a_short_opens_increases_reduces_and_closes() {
    let (mut account, mut market) = (funded(10_000), frictionless());
    done(&mut account, &mut market, sol(-10), 0);
    market.price.price = Price::new(PRICE / 2);
    done(&mut account, &mut market, sol(-10), 1);
    // $2500 and $1250.
    assert_eq!(holds(&account), (-20, 3_750, 10_000));
    // Half bought back for $1250: $1875 − $1250.
    let plan = done(&mut account, &mut market, sol(10), 2);
    assert_eq!(plan.realized, SignedAtoms::new(625_000_000));
    // The rest for $2500.
    market.price.price = Price::new(PRICE);
    let plan = done(&mut account, &mut market, sol(10), 3);
    assert_eq!(plan.realized, SignedAtoms::new(-625_000_000));
    // The gain and the loss cancel, in the balance and in what is counted.
    assert_eq!(account, funded(10_000));
}

#[test]
fn a_flip_closes_the_position_and_opens_the_other_side() {
    let (mut account, mut market) = (funded(10_000), frictionless());
    done(&mut account, &mut market, sol(10), 0);
    market.price.price = Price::new(3 << 38 >> 1);
    let plan = done(&mut account, &mut market, sol(-14), 1);
    assert_eq!((plan.closed, plan.opened), (Size::new(10 * SOL), Size::new(4 * SOL)));
    assert_eq!(plan.realized, SignedAtoms::new(1_250_000_000));
    // Four sold at $375.
    assert_eq!(holds(&account), (-4, 1_500, 11_250));
    assert_eq!(market.ledger.sides.map(|side| side.open_interest.get()), [0, 4 * SOL]);
    // And back.
    let plan = done(&mut account, &mut market, sol(14), 2);
    assert_eq!((plan.realized, holds(&account)), (SignedAtoms::ZERO, (10, 3_750, 11_250)));
}

#[test]
fn an_order_costs_spread_impact_and_fee_and_they_stay_in_the_market() {
    // 100 SOL at $250: spread 10^11 · 78 290 278, impact G(100) = 0.00025 SOL at 2^38, both in 2^-40
    // atoms; fee 4 bps of $25 000.
    let mut account = funded(10_000);
    let mut market = sol_market();
    market.ledger.backing = usdc(1_000_000);
    let plan = done(&mut account, &mut market, sol(100), 0);
    let charge = 100_000_000_000 * 78_290_278 + 250_000 * i128::from(PRICE);
    assert_eq!(account.positions[0].entry_notional.get().get(), exact(25_000).get() + charge);
    assert_eq!(plan.fill.fee, usdc(10));
    // $10 of fee: a tenth to the protocol.
    assert_eq!((account.balance, market.ledger.protocol_fees), (usdc(9_990), usdc(1)));
    assert_eq!(market.ledger.backing, usdc(1_000_009));
}

#[test]
fn a_trade_is_counted_where_it_is_stored() {
    // The order above: spread and impact apart, the fee with the protocol's tenth, the notional at the index.
    let mut account = funded(10_000);
    let mut market = sol_market();
    market.ledger.backing = usdc(1_000_000);
    done(&mut account, &mut market, sol(100), 0);
    let counters = market.ledger.counters;
    assert_eq!((counters.trades, counters.volume.get()), (1, exact(25_000)));
    assert_eq!(counters.spread.get(), QuoteX40::new(100_000_000_000 * 78_290_278));
    assert_eq!(counters.impact.get(), QuoteX40::new(250_000 * i128::from(PRICE)));
    assert_eq!((counters.fees, counters.protocol_fees), (usdc(10), usdc(1)));
    assert_eq!((account.counters.fees, account.positions[0].fees), (usdc(10), usdc(10)));
    assert_eq!((account.positions[0].opened_at, counters.traders_result), (at(0).now, SignedAtoms::ZERO));
    // Sold at the index less the spread: both spreads and the first impact are lost, whatever the position was opened for.
    let plan = done(&mut account, &mut market, sol(-100), 1);
    assert_eq!((account.counters.realized, market.ledger.counters.traders_result), (plan.realized, plan.realized));
    assert_eq!((plan.ledger.position.realized, plan.ledger.position.opened_at), (plan.realized, at(0).now));
    assert_eq!((market.ledger.counters.trades, account.counters.fees), (2, usdc(15)));
}

#[test]
fn attack_opening_and_closing_at_one_price_always_costs_both_charges() {
    for (size, back) in [(100, -100), (-100, 100)] {
        let mut account = funded(10_000);
        let mut market = sol_market();
        market.ledger.backing = usdc(1_000_000);
        let opened = done(&mut account, &mut market, sol(size), 0);
        let closed = done(&mut account, &mut market, sol(back), 1);
        let fees = opened.fill.fee.get() + closed.fill.fee.get();
        let charges = opened.fill.charge.checked_add(closed.fill.charge).unwrap().to_atoms_ceil().unwrap().get();
        assert_eq!(account.balance.get(), 10_000 * USDC - fees - charges);
        // Closing pays no impact: it reduces the skew.
        assert_eq!(closed.fill.charge.get(), 100_000_000_000 * 78_290_278);
        assert_eq!(closed.fill.fee, usdc(5));
    }
}

#[test]
fn an_owner_cannot_reduce_in_the_slot_of_an_increase() {
    let (mut account, mut market) = (funded(10_000), frictionless());
    done(&mut account, &mut market, sol(10), 0);
    for size in [-1, -10, -20] {
        assert_eq!(trade(&account, &market, sol(size), 0), Err(EngineError::SameSlotReduction));
    }
    // Another increase in the slot is allowed; a flip counts as an increase of what it opened.
    done(&mut account, &mut market, sol(10), 0);
    done(&mut account, &mut market, sol(-30), 1);
    assert_eq!(trade(&account, &market, sol(10), 1), Err(EngineError::SameSlotReduction));
    // A reduction does not bar the next one.
    done(&mut account, &mut market, sol(1), 2);
    done(&mut account, &mut market, sol(1), 2);
}

#[test]
fn reduce_only_shrinks_to_the_position_and_never_opens_one() {
    let (mut account, mut market) = (funded(10_000), frictionless());
    let reduce = |amount| Order { reduce_only: true, ..sol(amount) };
    assert_eq!(trade(&account, &market, reduce(-10), 0), Err(EngineError::ReduceOnlyViolated));
    done(&mut account, &mut market, sol(10), 0);
    assert_eq!(trade(&account, &market, reduce(5), 1), Err(EngineError::ReduceOnlyViolated));
    let extreme = Order { reduce_only: true, ..units(i64::MIN) };
    let plan = trade(&account, &market, extreme, 1).unwrap();
    assert_eq!((plan.size, plan.ledger.position.size), (base(-10_000_000_000), SignedSize::ZERO));
    // Without the flag sizes beyond the range are refused.
    for size in [0, i64::MIN, i64::MAX] {
        let order = units(size);
        assert_eq!(trade(&account, &market, order, 1), Err(EngineError::SizeOutOfRange));
    }
}

#[test]
fn attack_nobody_chooses_between_the_last_price_and_the_final_one() {
    // Whoever holds a position in a market whose delisting is due would close at its price where that is better for him than the
    // average, and else move the market to settlement.
    let (mut account, mut market) = (funded(10_000), frictionless());
    done(&mut account, &mut market, sol(10), 0);
    market.settlement.delisted_from = at(1).now;
    assert!(trade(&account, &market, sol(-10), 1).is_ok());
    market.settlement.delisted_from = at(0).now;
    assert_eq!(trade(&account, &market, sol(-10), 1), Err(EngineError::SettlementDue));
    market.settlement.moved_at = at(0).now;
    assert_eq!(trade(&account, &market, sol(-10), 1), Err(EngineError::MarketSettled));
}

#[test]
fn a_price_bound_holds_for_the_average_of_the_order() {
    // In 2^-40 atoms 100 SOL cost 10^11 · (2^38 + 78 290 278) + 250 000 · 2^38: 2^38 + 78 290 278 + 687 194.8 a unit.
    let account = funded(10_000);
    let mut market = sol_market();
    market.ledger.backing = usdc(1_000_000);
    let bound = |size: i64, price: u64| Order { acceptable_price: Price::new(price), ..sol(size) };
    let exceeded = |average, acceptable| {
        let (average, acceptable) = (Price::new(average), Price::new(acceptable));
        Err(EngineError::PriceBoundExceeded { average, acceptable })
    };
    assert!(trade(&account, &market, bound(100, PRICE + 78_977_473), 0).is_ok());
    // The average is reported rounded down: 78 977 472.8.
    let refused = trade(&account, &market, bound(100, PRICE + 78_977_472), 0);
    assert_eq!(refused, exceeded(PRICE + 78_977_472, PRICE + 78_977_472));
    assert!(trade(&account, &market, bound(-100, PRICE - 78_977_473), 0).is_ok());
    let refused = trade(&account, &market, bound(-100, PRICE - 78_977_472), 0);
    assert_eq!(refused, exceeded(PRICE - 78_977_473, PRICE - 78_977_472));
    // The largest number there is bounds no purchase and allows no sale.
    assert!(trade(&account, &market, bound(100, u64::MAX), 0).is_ok());
    let refused = trade(&account, &market, bound(-100, u64::MAX), 0);
    assert_eq!(refused, exceeded(PRICE - 78_977_473, u64::MAX));
}

#[test]
fn a_forgotten_price_bound_does_not_pass_for_none() {
    let (account, market) = (funded(10_000), frictionless());
    for size in [100, -100] {
        let forgotten = Order { acceptable_price: Price::ZERO, ..sol(size) };
        assert_eq!(trade(&account, &market, forgotten, 0), Err(EngineError::AcceptablePriceZero));
        assert!(trade(&account, &market, sol(size), 0).is_ok());
    }
    assert_eq!((sol(1).acceptable_price, sol(-1).acceptable_price), (Price::new(u64::MAX), Price::new(1)));
}

#[test]
fn a_sale_at_the_least_bound_is_filled_whatever_it_fetches() {
    // At the smallest price there is the spread takes all of a sale: its average is zero, below every bound.
    let (mut account, mut market) = (funded(10_000), frictionless());
    done(&mut account, &mut market, sol(100), 0);
    market.parameters.volatility = Ppm::new(800_000);
    market.parameters.minimum_position = Atoms::ZERO;
    market.price.price = Price::new(1);
    // A part of it, so that the account's equity does not cap what the sale costs.
    account.balance = usdc(30_000);
    let plan = trade(&account, &market, sol(-50), 1).unwrap();
    assert_eq!((plan.notional, plan.closed), (QuoteX40::ZERO, Size::new(50 * SOL)));
    let bound = |price| Order { acceptable_price: Price::new(price), ..sol(-50) };
    assert!(trade(&account, &market, bound(1), 1).is_ok());
    let (average, acceptable) = (Price::ZERO, Price::new(2));
    let refused = Err(EngineError::PriceBoundExceeded { average, acceptable });
    assert_eq!(trade(&account, &market, bound(2), 1), refused);
}

#[test]
fn an_isolated_account_trades_one_market() {
    let market = frictionless();
    let bound = |to| Account { kind: AccountKind::Isolated as u8, isolated_market: to, ..funded(10_000) };
    assert!(trade(&bound(0), &market, sol(10), 0).is_ok());
    assert_eq!(trade(&bound(4), &market, sol(10), 0), Err(EngineError::IsolatedToAnotherMarket { bound_to: 4 }));
}

/// `balance` dollars and 100 SOL bought at $250 in each of two markets, the second of which was last told its price at 0 s.
fn two_legs(balance: u64) -> (Account, [Market; 2]) {
    let (mut account, market) = holding(balance, PRICE);
    account.positions[1] = Position { market: 1, ..account.positions[0] };
    (account, [market, Market { index: 1, ..market }])
}

/// Trades in the first market, told `price` just now, beside the second.
fn trade_at(
    account: &Account,
    [market, other]: &[Market; 2],
    order: Order,
    price: u64,
    seconds: i64,
) -> Result<TradePlan, EngineError> {
    let clock = Clock { slot: 2_000, ..at(seconds) };
    let (mut market, recent) = (*market, market.recent);
    publish(&mut market, price, seconds);
    market.recent = recent;
    market.recent.record(Price::new(price), clock.now);
    planned_for(account, &market, &[other], Status::Active, clock, |portfolio, market| {
        plan_trade(portfolio, market, &order)
    })
}

#[test]
fn other_legs_need_no_fresh_price_and_demand_margin_all_the_same() {
    // 110 SOL here demand 5 % of $27 500, $1375. The other leg's price is fresh for 15 s: $1250. From 16 s on it may be $212.50, a
    // loss of $3750.00000004, or $287.50, where it demands ⌈5 % of $28 750⌉: $6562.500002 in all.
    let needs = |seconds, atoms| {
        let (mut account, markets) = two_legs(0);
        account.balance = Atoms::new(atoms);
        assert!(trade_at(&account, &markets, sol(10), PRICE, seconds).is_ok(), "{seconds} s");
        account.balance = Atoms::new(atoms - 1);
        let refused = trade_at(&account, &markets, sol(10), PRICE, seconds);
        assert!(matches!(refused, Err(EngineError::InitialMargin { .. })), "{seconds} s: {refused:?}");
    };
    needs(15, 2_625_000_000);
    needs(16, 6_562_500_002);
    needs(3_600, 6_562_500_002);
    // However old it is, and whatever else is the matter with it, nobody is kept from reducing.
    let (account, [market, mut other]) = two_legs(10_000);
    other.price.newest_published = at(16).now;
    other.price.outage_since = at(61).now;
    for seconds in [16, 61, 361, 1_000_000] {
        assert!(trade_at(&account, &[market, other], sol(-10), PRICE, seconds).is_ok());
        assert!(trade_at(&account, &[market, other], sol(-100), PRICE, seconds).is_ok());
    }
}

#[test]
fn a_trade_counts_its_own_leg_at_the_price_at_which_it_is_filled() {
    // Both markets told $250 at 0 s, this one $240 at 4 s: −$1000 here, and the other leg is at $250 still. $5000 of balance:
    // $4000 against 3 % of $21 600, 90 SOL at $240, and of $25 000.
    let (account, markets) = two_legs(5_000);
    let plan = trade_at(&account, &markets, sol(-10), PRICE / 25 * 24, 4).unwrap();
    assert_eq!((plan.after.equity.get() / 1_000_000, plan.after.margin.get() / USDC), (3_999, 1_398));
    // An order that increases must have the equity at the worse end, $240, though the market is told $260 now: −$1000 and −$200 on
    // the ten bought at $260; and the margin of the other end, 5 % of 110 SOL at $260, $1430, and of $1250 there: $3880 in all.
    let (mut account, mut markets) = two_legs(0);
    markets[0].recent.record(Price::new(PRICE / 25 * 24), at(3).now);
    for (balance, admitted) in [(3_890, true), (3_879, false)] {
        account.balance = usdc(balance);
        let plan = trade_at(&account, &markets, sol(10), PRICE / 25 * 26, 4);
        assert_eq!(plan.is_ok(), admitted, "{plan:?}");
    }
}

#[test]
fn a_trade_compares_equity_with_the_margin_of_all_notionals() {
    // The other leg has won $5000 and its market can pay $1000 of it: $1000 are equity, and the other $4000, which lower what a
    // liquidation demands, lower nothing here. $500 of balance, $1500 in all against $750 and $900.
    let (account, [market, mut other]) = two_legs(500);
    other.price.price = Price::new(PRICE / 5 * 6);
    other.ledger.backing = usdc(1_000);
    let plan = trade_beside(&[&other], &account, &market, sol(-50), 1).unwrap();
    let equity = SignedAtoms::new(1_500_000_000);
    assert_eq!((plan.after.equity, plan.after.margin.get() / 1_000), (equity, 1_275_000));
    // Closing all of it may cost 1500 · 750 / 1650, the part of the margin that it frees.
    let mut dear = market;
    dear.parameters.taker_fee_rebalancing = Ppm::new(30_000);
    let plan = trade_beside(&[&other], &account, &dear, sol(-100), 1).unwrap();
    assert_eq!(plan.fill.fee.get() / 1_000, 681_818);
}

proptest! {
    /// Whatever could be opened at any price and size, at any price the market can still take up to 256 times as high, can
    /// be closed by its owner or liquidated: no number leaves its range.
    #[test]
    fn whatever_was_opened_can_be_closed(
        price_shift in 0u32..46, price in 1u64 << 45..1 << 46, size_shift in 0u32..57, size in 1u64 << 56..1 << 57,
        later_shift in 0u32..58, later_price in 1u64 << 57..1 << 58, short: bool, seconds in 0i64..6, backed: bool,
    ) {
        let mut market = sol_market();
        market.parameters.open_interest_cap = Size::new(1 << 56);
        market.parameters.open_interest_low = Size::new(1 << 56);
        market.parameters.open_interest_high = Size::new(1 << 57);
        market.parameters.impact_scale = Size::new(1 << 56);
        market.parameters.minimum_position = Atoms::ZERO;
        market.ledger.backing = Atoms::new(1 << 61);
        publish(&mut market, price >> price_shift, 0);
        let opened = Price::new(price >> price_shift);
        let size = i64::try_from(size >> size_shift).unwrap();
        let mut account = Account { balance: Atoms::new(1 << 60), ..funded(0) };
        let order = units(if short { -size } else { size });
        match trade(&account, &market, order, 0) {
            Ok(plan) => plan.ledger.apply_to(&mut account, &mut market.ledger),
            Err(error) => {
                let expected = matches!(error, EngineError::NotionalOutOfRange | EngineError::SideNotionalTooLarge
                    | EngineError::OpenInterestCap { .. } | EngineError::SizeOutOfRange | EngineError::Overflow);
                prop_assert!(expected, "{error:?}");
                return Ok(());
            }
        }
        // A poor account and a poor market, so that losses become debts and profits claims.
        account.balance = Atoms::new(1 << 20);
        market.ledger.backing = if backed { market.ledger.backing } else { Atoms::ZERO };
        let highest = opened.get().saturating_mul(256).min(crate::units::MAX_PRICE);
        publish(&mut market, (later_price >> later_shift).clamp(1, highest), 0);
        let clock = Clock { slot: 2_000, ..at(seconds) };
        let close = Order { reduce_only: true, ..units(if short { size } else { -size }) };
        let all = LiquidationOrder { max_size: Size::new(u64::MAX), min_bounty: Atoms::ZERO };
        let (closed, liquidated) = planned_for(&account, &market, &[], Status::Active, clock, |portfolio, market| {
            let closed = plan_trade(portfolio, market, &close).map(|plan| plan.ledger.position.size);
            (closed, plan_liquidation(portfolio, market, &all).map(|plan| plan.ledger.position.size))
        });
        if let Err(EngineError::NegativeEquity { .. }) = closed {
            prop_assert_eq!(liquidated, Ok(SignedSize::ZERO));
        } else {
            prop_assert_eq!(closed, Ok(SignedSize::ZERO));
        }
        let settled = planned(&market, Status::Active, clock, |market| plan_settle_pnl(&account, market));
        prop_assert!(settled.is_ok(), "{settled:?}");
    }
}

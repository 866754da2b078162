use super::*;
use crate::fixtures::{at, base, publish, set_side, sol_market, PRICE, SOL, USDC};
use crate::state::{Account, AccountKind};
use crate::status::StoredStatus;
use crate::units::{Ppm, RAW_PER_ATOM};
use bytemuck::Zeroable;
use proptest::prelude::*;

mod increasing;

fn usdc(amount: u64) -> Atoms {
    Atoms::new(amount * USDC)
}

fn raw(dollars: i128) -> Raw {
    Raw::new(dollars * i128::from(USDC) * RAW_PER_ATOM)
}

/// SOL-PERP with a million of backing in which orders fill at the index and cost nothing.
fn frictionless() -> Market {
    let mut market = sol_market();
    market.books.backing = usdc(1_000_000);
    market.parameters.taker_fee = Ppm::ZERO;
    market.parameters.taker_fee_reducing = Ppm::ZERO;
    market.parameters.impact_limit = Ppm::ZERO;
    market.parameters.volatility = Ppm::ZERO;
    market
}

fn funded(balance: u64) -> Account {
    Account { balance: usdc(balance), ..Account::zeroed() }
}

fn sol(amount: i64) -> Order {
    Order { size: base(amount * 1_000_000_000), price_bound: Price::ZERO, reduce_only: false }
}

fn later(slots: u64) -> Clock {
    Clock { slot: at(0).slot + slots, ..at(0) }
}

fn trade(account: &Account, market: &Market, order: Order, slots: u64) -> Result<TradePlan, EngineError> {
    let portfolio = Portfolio::new(account, Some(market), &[], later(slots)).unwrap();
    plan_trade(&portfolio, market, &order, Status::Active, later(slots))
}

/// Trades and stores what was planned.
fn done(account: &mut Account, market: &mut Market, order: Order, slots: u64) -> TradePlan {
    let plan = trade(account, market, order, slots).unwrap();
    plan.ledger.apply(plan.slot, account, market);
    plan
}

/// Size in whole SOL, entry and balance in whole dollars.
fn holds(account: &Account) -> (i64, i128, u64) {
    let position = account.positions[0];
    let dollars = position.entry.get().get() / RAW_PER_ATOM / i128::from(USDC);
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
    assert_eq!(plan.realised, SignedAtoms::new(312_500_000));
    assert_eq!((plan.closed, plan.opened), (Size::new(5 * SOL), Size::ZERO));
    // Back to $250: the rest of the entry, $4687.50, for $3750.
    market.price.price = Price::new(PRICE);
    let plan = done(&mut account, &mut market, sol(-15), 3);
    assert_eq!(plan.realised, SignedAtoms::new(-937_500_000));
    assert_eq!(account.balance, Atoms::new(9_375_000_000));
    assert_eq!(account.positions[0], Position::default());
    assert_eq!(market.books.backing, Atoms::new(1_000_625_000_000));
    assert_eq!(market.books.sides[0].entry.get(), Raw::ZERO);
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
    assert_eq!(plan.realised, SignedAtoms::new(625_000_000));
    // The rest for $2500.
    market.price.price = Price::new(PRICE);
    let plan = done(&mut account, &mut market, sol(10), 3);
    assert_eq!(plan.realised, SignedAtoms::new(-625_000_000));
    assert_eq!(account, funded(10_000));
}

#[test]
fn a_flip_closes_the_position_and_opens_the_other_side() {
    let (mut account, mut market) = (funded(10_000), frictionless());
    done(&mut account, &mut market, sol(10), 0);
    market.price.price = Price::new(3 << 38 >> 1);
    let plan = done(&mut account, &mut market, sol(-14), 1);
    assert_eq!((plan.closed, plan.opened), (Size::new(10 * SOL), Size::new(4 * SOL)));
    assert_eq!(plan.realised, SignedAtoms::new(1_250_000_000));
    // Four sold at $375.
    assert_eq!(holds(&account), (-4, 1_500, 11_250));
    assert_eq!(market.books.sides.map(|side| side.open_interest.get()), [0, 4 * SOL]);
    // And back.
    let plan = done(&mut account, &mut market, sol(14), 2);
    assert_eq!((plan.realised, holds(&account)), (SignedAtoms::ZERO, (10, 3_750, 11_250)));
}

#[test]
fn an_order_costs_spread_impact_and_fee_and_they_stay_in_the_market() {
    // 100 SOL at $250: spread 10^11 · 78 290 278 raw, impact G(100) = 0.00025 SOL at 2^38 raw, fee 4 bps of $25 000.
    let mut account = funded(10_000);
    let mut market = sol_market();
    market.books.backing = usdc(1_000_000);
    let plan = done(&mut account, &mut market, sol(100), 0);
    let charge = 100_000_000_000 * 78_290_278 + 250_000 * i128::from(PRICE);
    assert_eq!(account.positions[0].entry.get().get(), raw(25_000).get() + charge);
    assert_eq!(plan.fill.fee, usdc(10));
    // $10 of fee: a tenth to the protocol.
    assert_eq!((account.balance, market.books.protocol_fees), (usdc(9_990), usdc(1)));
    assert_eq!(market.books.backing, usdc(1_000_009));
}

#[test]
fn attack_opening_and_closing_at_one_price_always_costs_both_charges() {
    for (size, back) in [(100, -100), (-100, 100)] {
        let mut account = funded(10_000);
        let mut market = sol_market();
        market.books.backing = usdc(1_000_000);
        let opened = done(&mut account, &mut market, sol(size), 0);
        let closed = done(&mut account, &mut market, sol(back), 1);
        let fees = opened.fill.fee.get() + closed.fill.fee.get();
        let charges = opened.fill.charge.plus(closed.fill.charge).unwrap().amount_ceil().unwrap().get();
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
        assert_eq!(trade(&account, &market, sol(size), 0), Err(EngineError::IncreasedInThisSlot));
    }
    // Another increase in the slot is allowed; a flip counts as an increase of what it opened.
    done(&mut account, &mut market, sol(10), 0);
    done(&mut account, &mut market, sol(-30), 1);
    assert_eq!(trade(&account, &market, sol(10), 1), Err(EngineError::IncreasedInThisSlot));
    // A reduction does not bar the next one.
    done(&mut account, &mut market, sol(1), 2);
    done(&mut account, &mut market, sol(1), 2);
}

#[test]
fn reduce_only_shrinks_to_the_position_and_never_opens_one() {
    let (mut account, mut market) = (funded(10_000), frictionless());
    let reduce = |amount| Order { reduce_only: true, ..sol(amount) };
    assert_eq!(trade(&account, &market, reduce(-10), 0), Err(EngineError::WouldIncrease));
    done(&mut account, &mut market, sol(10), 0);
    assert_eq!(trade(&account, &market, reduce(5), 1), Err(EngineError::WouldIncrease));
    let extreme = Order { size: base(i64::MIN), ..reduce(0) };
    let plan = trade(&account, &market, extreme, 1).unwrap();
    assert_eq!((plan.size, plan.ledger.position.size), (base(-10_000_000_000), Base::ZERO));
    // Without the flag sizes beyond the range are refused.
    for size in [0, i64::MIN, i64::MAX] {
        let order = Order { size: base(size), ..sol(0) };
        assert_eq!(trade(&account, &market, order, 1), Err(EngineError::SizeOutOfRange));
    }
}

#[test]
fn a_price_bound_holds_for_the_average_of_the_order() {
    // 100 SOL bought for raw 10^11 · (2^38 + 78 290 278) + 250 000 · 2^38: 2^38 + 78 290 278 + 687 194.8 a unit.
    let account = funded(10_000);
    let mut market = sol_market();
    market.books.backing = usdc(1_000_000);
    let bound = |size: i64, price: u64| Order { price_bound: Price::new(price), ..sol(size) };
    assert!(trade(&account, &market, bound(100, PRICE + 78_977_473), 0).is_ok());
    let refused = trade(&account, &market, bound(100, PRICE + 78_977_472), 0);
    assert_eq!(refused, Err(EngineError::PriceBoundExceeded));
    assert!(trade(&account, &market, bound(-100, PRICE - 78_977_473), 0).is_ok());
    let refused = trade(&account, &market, bound(-100, PRICE - 78_977_472), 0);
    assert_eq!(refused, Err(EngineError::PriceBoundExceeded));
    // The largest number there is bounds no purchase and allows no sale.
    assert!(trade(&account, &market, bound(100, u64::MAX), 0).is_ok());
    assert_eq!(trade(&account, &market, bound(-100, u64::MAX), 0), Err(EngineError::PriceBoundExceeded));
}

#[test]
fn an_isolated_account_trades_one_market() {
    let market = frictionless();
    let bound = |to| Account { kind: AccountKind::Isolated as u8, isolated_market: to, ..funded(10_000) };
    assert!(trade(&bound(0), &market, sol(10), 0).is_ok());
    assert_eq!(trade(&bound(4), &market, sol(10), 0), Err(EngineError::IsolatedToAnotherMarket { bound_to: 4 }));
}

/// 100 SOL bought at $250 for which the account is left with `balance` dollars, now at `price`.
fn holding(balance: u64, price: u64) -> (Account, Market) {
    let (mut account, mut market) = (funded(2_000), frictionless());
    done(&mut account, &mut market, sol(100), 0);
    account.balance = usdc(balance);
    market.price.price = Price::new(price);
    (account, market)
}

#[test]
fn a_partial_reduction_must_not_worsen_the_account() {
    // $500 of equity against $750 of maintenance margin. At the index a reduction costs nothing and helps.
    let (account, mut market) = holding(500, PRICE);
    assert!(trade(&account, &market, sol(-50), 1).is_ok());
    // A fee of 2 % on half of it, $250, leaves $250 · 750 against $500 · 375: exactly as healthy.
    market.parameters.taker_fee_reducing = Ppm::new(20_000);
    assert!(trade(&account, &market, sol(-50), 1).is_ok());
    market.parameters.taker_fee_reducing = Ppm::new(20_001);
    let refused = trade(&account, &market, sol(-50), 1);
    let (equity, margin) = (SignedAtoms::new(249_987_500), usdc(375));
    assert_eq!(refused, Err(EngineError::WouldWorsenHealth { equity, margin }));
    // What would leave less than $100 is refused in favour of all of it.
    let most = Order { size: base(-99_600_000_001), ..sol(0) };
    assert_eq!(trade(&account, &market, most, 1), Err(EngineError::BelowMinimumPosition { minimum: usdc(100) }));
}

#[test]
fn closing_whole_costs_at_most_the_equity_behind_the_position() {
    // Of $500 only $500 can be taken for closing everything, whatever it would cost: 3 % of $25 000 is $750.
    let (account, mut market) = holding(500, PRICE);
    market.parameters.taker_fee_reducing = Ppm::new(30_000);
    let plan = trade(&account, &market, sol(-100), 1).unwrap();
    assert_eq!((plan.fill.fee, plan.fill.charge), (usdc(500), Raw::ZERO));
    assert_eq!((plan.ledger.balance, plan.ledger.position.debt), (Atoms::ZERO, Atoms::ZERO));
    // With nothing left it is free, and below nothing only liquidation closes.
    let (broke, _) = holding(0, PRICE);
    assert_eq!(trade(&broke, &market, sol(-100), 1).unwrap().fill.cost_ceil(), Ok(Atoms::ZERO));
    market.price.price = Price::new(PRICE - 1);
    let refused = trade(&broke, &market, sol(-100), 1);
    // 10^11 raw of loss is 0.09 atoms: −1 rounded down.
    assert_eq!(refused, Err(EngineError::NegativeEquity { equity: SignedAtoms::new(-1) }));
}

#[test]
fn closing_one_leg_of_two_leaves_the_other_its_share() {
    // Two legs of $750 of margin each and $900 of equity: closing one may cost half of it.
    let (mut account, mut market) = holding(900, PRICE);
    let mut other = Market { index: 1, ..market };
    account.positions[1] = Position { market: 1, ..account.positions[0] };
    other.books = market.books;
    market.parameters.taker_fee_reducing = Ppm::new(30_000);
    let portfolio = Portfolio::new(&account, Some(&market), &[&other], later(1)).unwrap();
    let plan = plan_trade(&portfolio, &market, &sol(-100), Status::Active, later(1)).unwrap();
    assert_eq!(plan.fill.fee, usdc(450));
    assert_eq!(plan.before, Health { equity: SignedAtoms::new(900_000_000), margin: usdc(1_500) });
    assert_eq!(plan.after, Health { equity: SignedAtoms::new(450_000_000), margin: usdc(750) });
}

#[test]
fn a_profit_the_market_cannot_pay_becomes_a_claim() {
    // $12 500 of profit, $1000 of backing.
    let (account, mut market) = holding(1_250, PRICE / 2 * 3);
    market.books.backing = usdc(1_000);
    let plan = trade(&account, &market, sol(-100), 1).unwrap();
    assert_eq!(plan.realised, SignedAtoms::new(12_500_000_000));
    assert_eq!((plan.ledger.balance, plan.ledger.position.claim), (usdc(2_250), usdc(11_500)));
    assert_eq!((plan.ledger.books.backing, plan.ledger.books.claims), (Atoms::ZERO, usdc(11_500)));
    // The slot stays occupied by the claim.
    assert!(plan.ledger.position.or_freed().is_occupied());
}

#[test]
fn other_legs_must_be_fresh_and_usable() {
    let account = {
        let (mut account, _) = holding(10_000, PRICE);
        account.positions[1] = Position { market: 1, ..account.positions[0] };
        account
    };
    let (_, market) = holding(10_000, PRICE);
    let mut other = Market { index: 1, ..market };
    let attempt = |size: i64, other: &Market, seconds: i64| {
        let clock = Clock { slot: 2_000, ..at(seconds) };
        let mut market = market;
        publish(&mut market, PRICE, seconds);
        let portfolio = Portfolio::new(&account, Some(&market), &[other], clock).unwrap();
        plan_trade(&portfolio, &market, &sol(size), Status::Active, clock).map(|_| ())
    };
    assert_eq!(attempt(10, &other, 60), Ok(()));
    let stale = Err(EngineError::LegStale { market: 1, age: 61, allowed: 60 });
    assert_eq!((attempt(10, &other, 61), attempt(-10, &other, 61)), (stale, stale));
    // An unusable leg frees nothing, but does not keep anybody from reducing.
    other.price.newest_published = at(1).now;
    assert_eq!(attempt(10, &other, 61), Err(EngineError::MarketUnusable { market: 1 }));
    assert_eq!(attempt(-10, &other, 61), Ok(()));
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
        market.books.backing = Atoms::new(1 << 61);
        publish(&mut market, price >> price_shift, 0);
        let opened = Price::new(price >> price_shift);
        let size = i64::try_from(size >> size_shift).unwrap();
        let mut account = Account { balance: Atoms::new(1 << 60), ..funded(0) };
        let order = Order { size: base(if short { -size } else { size }), ..sol(0) };
        match trade(&account, &market, order, 0) {
            Ok(plan) => plan.ledger.apply(0, &mut account, &mut market),
            Err(error) => {
                let expected = matches!(error, EngineError::NotionalOutOfRange | EngineError::OpenInterestCap { .. }
                    | EngineError::SizeOutOfRange | EngineError::Overflow);
                prop_assert!(expected, "{error:?}");
                return Ok(());
            }
        }
        // A poor account and a poor market, so that losses become debts and profits claims.
        account.balance = Atoms::new(1 << 20);
        market.books.backing = if backed { market.books.backing } else { Atoms::ZERO };
        let highest = opened.get().saturating_mul(256).min(crate::units::MAX_PRICE);
        publish(&mut market, (later_price >> later_shift).clamp(1, highest), 0);
        let clock = Clock { slot: 2_000, ..at(seconds) };
        let portfolio = Portfolio::new(&account, Some(&market), &[], clock).unwrap();
        let close = Order { size: base(if short { size } else { -size }), reduce_only: true, ..sol(0) };
        let closed = plan_trade(&portfolio, &market, &close, Status::Active, clock).map(|plan| plan.ledger.position.size);
        if let Err(EngineError::NegativeEquity { .. }) = closed {
            let all = crate::liquidation::LiquidationOrder { max_size: Size::new(u64::MAX), min_bounty: Atoms::ZERO };
            let plan = crate::liquidation::plan_liquidation(&portfolio, &market, all, Status::Active, clock).unwrap();
            prop_assert_eq!(plan.ledger.position.size, Base::ZERO);
        } else {
            prop_assert_eq!(closed, Ok(Base::ZERO));
        }
        let settled = crate::settlement::plan_settle_pnl(&account, &market, Status::Active, clock);
        prop_assert!(settled.is_ok(), "{settled:?}");
    }
}

use super::*;
use crate::convert::Units;
use bytemuck::Zeroable;
use perp_engine::oracle::OracleReading;
use perp_engine::state::{Parameters, Position};
use perp_engine::units::{Base, Clock, Ppm, SignedAtoms, Size};
use perp_swap::state::Exchange;

const SOL: u64 = 1_000_000_000;
const USDC: u64 = 1_000_000;
/// $250 per SOL: a quarter of an atom per base unit.
const PRICE: u64 = 1 << 38;
const NOW: i64 = 1_795_000_000;

fn clock(seconds_later: i64) -> Clock {
    Clock { now: Timestamp::new(NOW + seconds_later), slot: 1 }
}

/// SOL-PERP without spread and funding, so that the numbers below can be checked by hand.
fn market(index: u16) -> Market {
    let parameters = Parameters {
        open_interest_cap: Size::new(100_000 * SOL),
        impact_scale: Size::new(20_000_000 * SOL),
        open_interest_low: Size::new(50_000 * SOL),
        open_interest_high: Size::new(200_000 * SOL),
        minimum_position: Atoms::new(100 * USDC),
        base_margin: Ppm::new(50_000),
        maintenance_fraction: Ppm::new(600_000),
        penalty: Ppm::new(10_000),
        bounty_share_min: Ppm::new(300_000),
        bounty_share_max: Ppm::new(500_000),
        backing_share: Ppm::new(200_000),
        liquidation_buffer: Ppm::new(250_000),
        impact_limit: Ppm::new(4_000),
        taker_fee: Ppm::new(400),
        confidence_increase: Ppm::new(5_000),
        confidence_good: Ppm::new(15_000),
        jump: Ppm::new(150_000),
        funding_dt_cap: 3_600,
        age_trade: 5,
        age_other: 60,
        age_liquidate: 15,
        age_funding: 60,
        future_tolerance: 10,
        dark_delay: 300,
        ..Parameters::zeroed()
    };
    let mut market = Market { index, parameters, base_decimals: 9, quote_decimals: 6, ..Market::zeroed() };
    market.books.claim_factor = perp_engine::claims::FULL_CLAIM_FACTOR;
    market.books.backing = Atoms::new(1_000_000 * USDC);
    market.price.price = Price::new(PRICE);
    market.price.published = Timestamp::new(NOW);
    market.price.newest_published = Timestamp::new(NOW);
    market
}

fn snapshot() -> Snapshot {
    Snapshot::new(&Exchange::zeroed(), clock(0)).with_market(market(0))
}

fn account(usdc: u64) -> Account {
    Account { balance: Atoms::new(usdc * USDC), ..Account::zeroed() }
}

fn order(sol: i64) -> Order {
    Order { size: Base::new(sol * SOL as i64), price_bound: Price::ZERO, reduce_only: false }
}

/// Alice with $1000 after she has traded `sol` SOL, and the exchange then.
fn alice_after(sol: i64) -> (Snapshot, TradePreview) {
    let preview = preview_trade(&snapshot(), &account(1_000), 0, &order(sol)).unwrap();
    (snapshot().with_market(preview.market), preview)
}

#[test]
fn a_long_is_previewed_with_its_health_and_liquidation_price() {
    let (_, preview) = alice_after(10);
    // 10 SOL · $250 = $2500; impact (10 SOL)² / (2 · 20 000 000 SOL) = 2500 base units at a quarter of an atom; 4 bps of
    // $2500 = $1.
    assert_eq!(preview.plan.fill.charge.amount_ceil(), Ok(Atoms::new(625)));
    assert_eq!(preview.plan.fill.fee, Atoms::new(USDC));
    assert_eq!(preview.account.balance, Atoms::new(999 * USDC));

    let health = preview.health.unwrap();
    // 1000 − 1 − 0.000625
    assert_eq!(health.maintenance.equity, SignedAtoms::new(998_999_375));
    // 3 % and 5 % of $2500
    assert_eq!(health.maintenance.margin, Atoms::new(75 * USDC));
    assert_eq!(health.initial.unwrap().margin, Atoms::new(125 * USDC));

    // 999 + 10·p − 2500.000625 < 3 % · 10·p, so p < 1501.000625 / 9.7 = 154.7423324…
    let price = preview.liquidation_price.unwrap().unwrap();
    let shown = Units::of(&preview.market).show_price(price);
    assert!(shown.starts_with("154.742332"), "{shown}");
}

#[test]
fn at_the_liquidation_price_and_not_one_unit_before_the_program_would_liquidate() {
    // A short: 999 + 2499.999375 − 10·p < 3 % · 10·p, so p > 3498.999375 / 10.3 = 339.708677…
    for (sol, towards_health, expected) in [(10, 1, "154.742332"), (-10, -1, "339.708677")] {
        let (snapshot, preview) = alice_after(sol);
        let price = preview.liquidation_price.clone().unwrap().unwrap().get();
        let shown = Units::of(&preview.market).show_price(Price::new(price));
        assert!(shown.starts_with(expected), "{shown}");

        let liquidation_at = |price| {
            let mut market = preview.market;
            market.price.price = Price::new(price);
            let order = LiquidationOrder { max_size: Size::new(u64::MAX), min_bounty: Atoms::ZERO };
            preview_liquidation(&snapshot.clone().with_market(market), &preview.account, 0, order)
        };
        assert!(liquidation_at(price).unwrap().closed > Size::ZERO);
        let healthy = liquidation_at(price.checked_add_signed(towards_health).unwrap());
        assert!(matches!(healthy, Err(QuoteError::Refused(EngineError::NotLiquidatable { .. }))), "{healthy:?}");
    }
}

#[test]
fn no_price_liquidates_an_account_without_a_position_or_with_all_its_value_paid() {
    assert_eq!(liquidation_price(&snapshot(), &account(1_000), 0), Ok(None));
    // $3000 pay for 10 SOL whole: at a price of nothing $3000 − $2500 are left.
    let rich = preview_trade(&snapshot(), &account(3_000), 0, &order(10)).unwrap();
    assert_eq!(rich.liquidation_price, Ok(None));
}

#[test]
fn a_liquidatable_account_is_so_at_the_present_price() {
    let (_, preview) = alice_after(10);
    let mut fallen = preview.market;
    // $125 per SOL.
    fallen.price.price = Price::new(PRICE / 2);
    let snapshot = snapshot().with_market(fallen);
    assert_eq!(liquidation_price(&snapshot, &preview.account, 0), Ok(Some(Price::new(PRICE / 2))));
}

#[test]
fn a_refusal_says_by_how_much() {
    let error = preview_trade(&snapshot(), &account(1_000), 0, &order(1_000)).unwrap_err();
    // 1000 SOL · $250 · 5 % = $12 500. Equity: 1000 − 4 bps of $250 000 − impact
    // (1000 SOL)² / (2 · 20 000 000 SOL) · $250 = 1000 − 100 − 6.25
    let expected =
        EngineError::InitialMargin { equity: SignedAtoms::new(893_750_000), required: Atoms::new(12_500 * USDC) };
    assert_eq!(error, QuoteError::Refused(expected));
    let text = error.to_string();
    assert!(text.contains("893750000") && text.ends_with("Deposit more, or trade or withdraw less."), "{text}");
}

#[test]
fn a_withdrawal_leaves_the_initial_margin() {
    let (snapshot, preview) = alice_after(10);
    // 998.999375 − 5 % · $2500
    let most = Atoms::new(873_999_375);
    assert_eq!(preview_withdrawal(&snapshot, &preview.account, most).unwrap().balance, Atoms::new(125_000_625));
    let more = preview_withdrawal(&snapshot, &preview.account, Atoms::new(873_999_376));
    assert!(matches!(more, Err(QuoteError::Refused(EngineError::InitialMargin { .. }))), "{more:?}");
    // Without a position no market is asked.
    let empty = Snapshot::new(&Exchange::zeroed(), clock(0));
    assert_eq!(preview_withdrawal(&empty, &account(1_000), Atoms::new(USDC)).unwrap().balance, Atoms::new(999 * USDC));
}

#[test]
fn other_legs_must_be_in_the_snapshot_and_fresh() {
    let (_, preview) = alice_after(10);
    let mut account = preview.account;
    account.positions[1] = Position { size: Base::new(1), ..Position::opened(7) };
    let snapshot = snapshot().with_market(preview.market);
    assert_eq!(health(&snapshot, &account), Err(QuoteError::MarketMissing { market: 7 }));

    let mut stale = market(7);
    stale.price.published = Timestamp::new(NOW - 16);
    stale.price.newest_published = stale.price.published;
    let leg_stale = EngineError::LegStale { market: 7, age: 16, allowed: 15 };
    assert_eq!(health(&snapshot.clone().with_market(stale), &account), Err(leg_stale.into()));

    let reading = OracleReading { price: 25_000_000_000, confidence: 0, exponent: -8, publish_time: NOW - 2 };
    let mut fresh = snapshot.with_market(stale);
    fresh.take_price(7, &reading).unwrap();
    assert!(health(&fresh, &account).is_ok());
}

#[test]
fn a_trade_is_previewed_at_the_price_it_will_be_handed() {
    // $260 is published; the cached price of 6 seconds ago is too old to trade at.
    let later = Snapshot::new(&Exchange::zeroed(), clock(6)).with_market(market(0));
    let stale = preview_trade(&later, &account(1_000), 0, &order(10)).unwrap_err();
    assert_eq!(stale, EngineError::PriceStale { age: 6, allowed: 5 }.into());
    let reading = OracleReading { price: 26_000_000_000, confidence: 0, exponent: -8, publish_time: NOW + 6 };
    let mut later = later;
    later.take_price(0, &reading).unwrap();
    let preview = preview_trade(&later, &account(1_000), 0, &order(10)).unwrap();
    // 10 SOL · $260, rounded down by less than an atom.
    assert_eq!(preview.plan.fill.index_notional.amount_ceil(), Ok(Atoms::new(2_600 * USDC)));
}

#[test]
fn the_pool_is_worth_its_cash_and_what_flat_markets_hold() {
    let pool = Pool { cash: Atoms::new(5), ..Pool::zeroed() };
    let value = Atoms::new(1_000_000 * USDC + 5);
    assert_eq!(pool_value(&snapshot(), &pool, 1), Ok(PoolValue { lower: value, upper: Ok(value) }));
    assert_eq!(pool_value(&snapshot(), &pool, 2), Err(QuoteError::MarketMissing { market: 1 }));
}

#[test]
fn a_bankruptcy_is_paid_by_claims_elsewhere_and_then_by_insurance() {
    // $100 owed to market 0, a claim of $30 on market 1, $20 of insurance in market 0, none shared: $50 are written off.
    let dollars = |amount: u64| Atoms::new(amount * USDC);
    let (mut owed, mut owing) = (market(0), market(1));
    (owed.books.debts, owed.books.insurance) = (dollars(100), dollars(20));
    owing.books.claims = dollars(30);
    let mut account = Account::zeroed();
    account.positions[0] = Position { debt: dollars(100), ..Position::opened(0) };
    account.positions[1] =
        Position { claim: dollars(30), claim_factor: owing.books.claim_factor, ..Position::opened(1) };
    let snapshot = Snapshot::new(&Exchange::zeroed(), clock(0)).with_market(owed).with_market(owing);

    let preview = preview_bankruptcy(&snapshot, &Pool::zeroed(), &account, 0).unwrap();
    let BankruptcyPlan { paid_by_claims, paid_by_insurance, written_off, .. } = preview.plan;
    assert_eq!([paid_by_claims, paid_by_insurance, written_off], [dollars(30), dollars(20), dollars(50)]);
    assert!(preview.account.is_empty());
    let [owing, owed] = preview.markets[..] else { panic!("{:?}", preview.markets) };
    assert_eq!((owing.index, owing.books.claims), (1, Atoms::ZERO));
    assert_eq!((owed.index, owed.books.debts, owed.books.insurance), (0, Atoms::ZERO, Atoms::ZERO));

    let healthy = preview_bankruptcy(&snapshot, &Pool::zeroed(), &Account::zeroed(), 0).unwrap_err();
    assert_eq!(healthy, QuoteError::Refused(EngineError::NotBankrupt { equity: SignedAtoms::ZERO }));
}

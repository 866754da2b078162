use super::*;
use crate::fixtures::{at, base, publish, session, set_side, sol_market, usdc, PRICE, SOL, USDC};
use crate::state::{Market, Position, Status};
use crate::units::{Price, Side, SignedAtoms};
use bytemuck::Zeroable;

/// `balance` dollars and 100 SOL bought for `entry` dollars, worth $25 000.
fn long(balance: u64, entry: u64) -> (Account, Market) {
    let mut market = sol_market();
    set_side(&mut market, Side::Long, 100 * SOL, entry * USDC);
    let mut account = Account { balance: usdc(balance), ..Account::zeroed() };
    let entry_notional = market.ledger.side(Side::Long).entry_notional;
    account.positions[0] = Position { size: base(100_000_000_000), entry_notional, ..Position::empty_in(0) };
    (account, market)
}

fn withdraw(account: &Account, markets: &[&Market], amount: Atoms) -> Result<WithdrawalPlan, EngineError> {
    let portfolio = Portfolio::new(account, None, markets.iter().copied(), at(0)).unwrap();
    plan_margined_withdrawal(&portfolio, amount, &session(Status::Active, at(0)))
}

#[test]
fn an_account_without_positions_takes_all_it_has() {
    let account = Account { balance: usdc(10), ..Account::zeroed() };
    assert_eq!(plan_withdrawal(&account, usdc(10), at(0).now).unwrap().balance, Atoms::ZERO);
    let too_much = plan_withdrawal(&account, Atoms::new(10 * USDC + 1), at(0).now);
    assert_eq!(too_much, Err(EngineError::InsufficientBalance { balance: usdc(10) }));
    assert_eq!(plan_withdrawal(&account, Atoms::ZERO, at(0).now), Err(EngineError::AmountZero));
    assert!(!account.has_open_position());
}

#[test]
fn a_withdrawal_that_is_stored_lowers_the_balance_and_is_counted() {
    let mut account = Account { balance: usdc(10), ..Account::zeroed() };
    plan_withdrawal(&account, usdc(3), at(0).now).unwrap().apply(&mut account);
    plan_withdrawal(&account, usdc(4), at(0).now).unwrap().apply(&mut account);
    assert_eq!((account.balance, account.counters.withdrawn), (usdc(3), usdc(7)));
}

#[test]
fn a_debt_must_be_paid_first_and_a_claim_does_not_matter() {
    let mut account = Account { balance: usdc(10), ..Account::zeroed() };
    account.positions[3] = Position { claim: usdc(5), ..Position::empty_in(7) };
    assert!(!account.has_open_position());
    assert!(plan_withdrawal(&account, usdc(10), at(0).now).is_ok());
    account.positions[3] = Position { debt: usdc(5), ..Position::empty_in(7) };
    let refused = Err(EngineError::DebtOutstanding { market: 7, debt: usdc(5) });
    assert_eq!(plan_withdrawal(&account, usdc(1), at(0).now), refused);
}

#[test]
fn attack_withdrawing_everything_by_leaving_the_markets_out() {
    let (account, market) = long(2_000, 25_000);
    assert!(account.has_open_position());
    assert_eq!(plan_withdrawal(&account, usdc(2_000), at(0).now), Err(EngineError::PositionsOpen));
    let none = Portfolio::new(&account, None, [], at(0));
    assert_eq!(none.unwrap_err(), EngineError::MarketMissing { expected: 0 });
    assert!(withdraw(&account, &[&market], usdc(2_000)).is_err());
}

#[test]
fn what_stays_covers_the_initial_margin_at_adverse_prices() {
    // 5 % of $25 000 is $1250; one second of drift on 100 SOL costs 7 120 459.4 atoms. Of $2000 that leaves
    // 2 000 000 000 − 1 250 000 000 − 7 120 460 atoms.
    let (account, market) = long(2_000, 25_000);
    let free = 2_000_000_000 - 1_250_000_000 - 7_120_460;
    let plan = withdraw(&account, &[&market], Atoms::new(free)).unwrap();
    let after = plan.after.unwrap();
    assert_eq!((after.equity, after.margin), (SignedAtoms::new(1_250_000_000), usdc(1_250)));
    let refused = withdraw(&account, &[&market], Atoms::new(free + 1));
    let equity = SignedAtoms::new(1_249_999_999);
    assert_eq!(refused, Err(EngineError::InitialMargin { equity, required: usdc(1_250) }));
}

#[test]
fn attack_withdrawing_a_profit_that_is_not_settled() {
    // $5000 of profit in a market with plenty of backing is worth nothing here: $1251 may not fall below $1250.
    let (account, mut market) = long(1_251, 20_000);
    market.ledger.backing = usdc(1_000_000);
    assert!(withdraw(&account, &[&market], usdc(1)).is_ok());
    assert!(withdraw(&account, &[&market], usdc(2)).is_err());
}

#[test]
fn an_old_price_stops_no_withdrawal_but_counts_at_the_worse_end_of_its_range() {
    // 15 s after $250 the price is that still, worse by four seconds' root of drift: 4 · $7.12 on 100 SOL, $28.48. From 16 s on it
    // is any from $212.50 to $287.50: the long has lost $3750.00000004 at 2^38 − ⌈15 % · 2^38⌉ and needs 5 % of what it is worth at
    // the other end, ⌈$28 750.00000004⌉ in atoms, which is $1437.500001: of $6000 that leaves $812.499998. After an hour the drift
    // alone would be 60 · 284.8 ppm = 1.7 %, less than 15 %.
    let (account, market) = long(6_000, 25_000);
    let withdraw_at = |amount, seconds| {
        let portfolio = Portfolio::new(&account, None, [&market], at(seconds)).unwrap();
        plan_margined_withdrawal(&portfolio, Atoms::new(amount), &session(Status::Active, at(seconds)))
    };
    let fresh = 6_000_000_000 - 1_250_000_000 - 28_481_838;
    assert!(withdraw_at(fresh, 15).is_ok());
    assert!(matches!(withdraw_at(fresh + 1, 15), Err(EngineError::InitialMargin { .. })));
    for seconds in [16, 60, 3_600] {
        let after = withdraw_at(812_499_998, seconds).unwrap().after.unwrap();
        assert_eq!((after.equity, after.margin), (SignedAtoms::new(1_437_500_001), Atoms::new(1_437_500_001)));
        let equity = SignedAtoms::new(1_437_500_000);
        let refused = EngineError::InitialMargin { equity, required: Atoms::new(1_437_500_001) };
        assert_eq!(withdraw_at(812_499_999, seconds), Err(refused));
    }
}

#[test]
fn attack_withdrawing_what_the_feed_has_taken_while_nobody_posts_it() {
    // $10 000 and 100 SOL bought at $250. For a minute nobody posts while the feed falls by 10 % to $225: at that price the loss
    // is $2500, the margin 5 % of $22 500 = $1125 and the spread 100 · $0.06408…, $6.41: at most $6368.59 may leave. Without
    // the price it is what the range leaves: $10 000 − $3750 − 5 % of $28 750 = $4812.50.
    let (account, market) = long(10_000, 25_000);
    let withdraw_at = |market: &Market, amount: u64, seconds| {
        let portfolio = Portfolio::new(&account, None, [market], at(seconds)).unwrap();
        plan_margined_withdrawal(&portfolio, Atoms::new(amount), &session(Status::Active, at(seconds))).map(|_| ())
    };
    let mut posted = market;
    publish(&mut posted, PRICE / 10 * 9, 60);
    assert!(withdraw_at(&posted, 6_351 * USDC, 60).is_ok());
    assert!(withdraw_at(&posted, 6_369 * USDC, 60).is_err());
    for seconds in 16..=60 {
        assert!(withdraw_at(&market, 6_351 * USDC, seconds).is_err(), "{seconds} s");
        assert!(withdraw_at(&market, 4_812_499_998, seconds).is_ok(), "{seconds} s");
        assert!(withdraw_at(&market, 4_812_499_999, seconds).is_err(), "{seconds} s");
    }
}

#[test]
fn attack_withdrawing_at_a_price_that_another_market_has_left_behind() {
    // 100 SOL at $250 and as many of the same feed in another market. Both updated at $250; six seconds later the feed says $240
    // and only one market is told: the other counts at $250 still, its newest, and the first at the lower of what it had from
    // then on. It is told $260 as well, where it demands more: $5000 − $1000 − 5 % of ($26 000 + $25 000) and drift: below $1450;
    // told $240 in both it is below $600.
    let (mut account, mut market) = long(5_000, 25_000);
    let other = Market { index: 1, ..market };
    account.positions[1] = Position { market: 1, ..account.positions[0] };
    let withdraw_at = |market: &Market, other: &Market, dollars: u64| {
        let portfolio = Portfolio::new(&account, None, [market, other], at(6)).unwrap();
        plan_margined_withdrawal(&portfolio, usdc(dollars), &session(Status::Active, at(6))).map(|_| ())
    };
    // Told that the price was higher for a moment after, the range keeps the lower one.
    for price in [PRICE / 25 * 24, PRICE / 25 * 26] {
        market.recent.record(Price::new(price), at(6).now);
    }
    market.price.price = Price::new(PRICE / 25 * 26);
    (market.price.published, market.price.newest_published) = (at(6).now, at(6).now);
    assert!(withdraw_at(&market, &other, 1_400).is_ok());
    assert!(withdraw_at(&market, &other, 1_450).is_err());
}

#[test]
fn prices_count_only_where_there_is_a_position() {
    let (mut account, mut market) = long(6_000, 25_000);
    let withdraw_at = |account: &Account, markets: &[&Market], seconds| {
        let portfolio = Portfolio::new(account, None, markets.iter().copied(), at(seconds)).unwrap();
        plan_margined_withdrawal(&portfolio, usdc(1), &session(Status::Active, at(seconds))).map(|_| ())
    };
    // A claim on a market that was last priced long ago.
    let mut dead = Market { index: 5, ..sol_market() };
    publish(&mut dead, PRICE, -50_000);
    account.positions[1] = Position { claim: usdc(40), ..Position::empty_in(5) };
    assert_eq!(withdraw_at(&account, &[&market, &dead], 60), Ok(()));

    // A reading too wide to be a price, a reported outage and one that is five minutes old stop nothing either.
    market.price.newest_published = at(50).now;
    market.price.outage_since = at(16).now;
    assert_eq!(withdraw_at(&account, &[&market, &dead], 60), Ok(()));
    assert_eq!(withdraw_at(&account, &[&market, &dead], 400), Ok(()));
}

#[test]
fn a_pause_of_the_exchange_stops_only_withdrawals_of_accounts_with_positions() {
    let (mut account, market) = long(5_000, 25_000);
    let portfolio = Portfolio::new(&account, None, [&market], at(0)).unwrap();
    let paused = plan_margined_withdrawal(&portfolio, usdc(1), &session(Status::Paused, at(0)));
    assert_eq!(paused, Err(EngineError::Paused));
    assert!(plan_margined_withdrawal(&portfolio, usdc(1), &session(Status::ReduceOnly, at(0))).is_ok());
    account.positions[0] = Position::default();
    assert!(plan_withdrawal(&account, usdc(5_000), at(0).now).is_ok());
}

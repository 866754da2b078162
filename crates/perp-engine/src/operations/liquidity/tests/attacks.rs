//! What somebody would take from those who stay, and does not.

use super::*;
use crate::fixtures::{usdc, SOL, USDC};
use crate::market::range::PriceRange;
use crate::operations::position::{plan_trade, Order};
use crate::risk::portfolio::Portfolio;
use crate::state::{Account, MarketLedger};
use crate::units::{
    Clock, FundingIndex, QuoteX40, SignedSize, Size, MAX_ATOMS, MAX_OPEN_INTEREST, MAX_OPEN_NOTIONAL, MAX_PRICE,
};
use bytemuck::Zeroable;
use proptest::prelude::*;

const ANY: PriceLimit = PriceLimit::None;

/// A pool whose last boundary was an hour before this one.
fn an_hour_later(mut pool: Pool) -> Pool {
    pool.last.boundary = at(BOUNDARY - 3_600).now;
    pool
}

#[test]
fn attack_inflating_the_share_price_before_somebody_deposits() {
    // The attacker owns the smallest first deposit, makes the pool richer by $1 000 000 (losing trades on purpose), and
    // hopes that the victim's $1 000 buys a share less than it is worth.
    let (first, victims, richer) = (10 * USDC, 1_000 * USDC, 1_000_000 * USDC);
    let opened = close(&valued(free_pool(0, 0), 0, 0, requests(&[(ANY, first)], &[])));
    let mine = opened.closed.issued.get();
    assert_eq!(mine, 9_990_000);
    let pool = an_hour_later(Pool { cash: atoms(first + richer), ..opened.pool });
    // Whoever named any limit gets his tokens back: the price has risen a hundred thousand times.
    let refused = close(&valued(pool, 0, 0, requests(&[(PriceLimit::TenPercent, victims)], &[])));
    let back = plan_pay_request(
        &refused.pool,
        &refused.closed,
        &request(PriceLimit::TenPercent, victims),
        RequestKind::Deposit,
    );
    assert_eq!(back.unwrap().tokens, atoms(victims));

    let bought = close(&valued(pool, 0, 0, requests(&[(ANY, victims)], &[])));
    let theirs = bought.closed.issued.get();
    let sold = close(&valued(an_hour_later(bought.pool), 0, 0, requests(&[], &[(ANY, theirs), (ANY, mine)])));
    let paid = |shares| {
        let request = request(ANY, shares);
        plan_pay_request(&sold.pool, &sold.closed, &request, RequestKind::Withdrawal).unwrap().tokens.get()
    };
    // One share is worth $0.10 by now: that is all the victim can lose, and the dead shares take $1000 of the attacker.
    assert!(victims - paid(theirs) <= 100_001, "{}", paid(theirs));
    assert!(paid(mine) + 1_000 * USDC <= first + richer + 100_001, "{}", paid(mine));
}

#[test]
fn attack_ten_thousand_dust_requests_change_nobodys_price() {
    // Ten thousand withdrawals of a share each beside one of a billion; two atoms a share.
    let paid = |cash: u64, dust: u64| {
        let mut waiting = requests(&[], &[(ANY, 1_000_000_000)]);
        waiting.withdrawals.amounts[0] = atoms(1_000_000_000 + dust);
        waiting.withdrawals.requests[0] += u32::try_from(dust).unwrap();
        waiting.lamports += 5_000 * dust;
        let in_market = 4_000_000_000 - cash;
        let plan = close(&valued(free_pool(cash, 2_000_000_000), in_market, in_market, waiting));
        // The close is one sum for all of them, and each gets back what it paid.
        assert_eq!((plan.closed.lamports_each, plan.lamports), (5_000, 20_000));
        let mine = request(ANY, 1_000_000_000);
        let paid = plan_pay_request(&plan.pool, &plan.closed, &mine, RequestKind::Withdrawal).unwrap();
        (paid.tokens.get(), paid.request_left.map_or(0, |left| left.amount.get()))
    };
    // Where there is cash for all of them the large one gets what it gets alone.
    assert_eq!((paid(3_000_000_000, 0), paid(3_000_000_000, 10_000)), ((2_000_000_000, 0), (2_000_000_000, 0)));
    // Of a billion in cash the others have their part, ten thousand of a billion and ten thousand, and no more; what is redeemed is at
    // two atoms a share.
    assert_eq!(paid(1_000_000_000, 0), (1_000_000_000, 500_000_000));
    assert_eq!(paid(1_000_000_000, 10_000), (999_990_000, 500_004_999));
}

#[test]
fn attack_a_market_of_losers_that_nobody_can_collect_costs_an_entrant_nothing() {
    // 60 000 shares of 50 000 in cash and 10 000 in a market whose longs seem to owe up to 10 000 more, which none of them has. The upper
    // value is the 60 000, and a share an atom. 0.5 % are 300: once more is owed nobody enters, and until then each pays for cash alone.
    for lost in (0..10_000).step_by(100) {
        let mut toxic = market([(1_280, 1_280 + lost), (0, 0)]);
        toxic.ledger.backing = atoms(10_000);
        let value = MarketValue::of(&toxic.ledger, atoms(MAX_ATOMS), PriceRange::point(Price::new(ONE))).unwrap();
        let of_cash = |unsettled| MarketValue { lower: atoms(10_000), upper: atoms(10_000), unsettled };
        // A tenth of 10 000 at most.
        assert_eq!(value, of_cash(atoms(lost.min(1_000))));
        let mut pool = valued(free_pool(50_000, 60_000), 10_000, 10_000, requests(&[(ANY, 10_000)], &[]));
        pool.epoch.unsettled = value.unsettled;
        let issued = close(&pool).closed.issued;
        assert_eq!(issued, atoms(if lost <= 300 { 10_000 } else { 0 }), "{lost}");
    }
}

prop_compose! {
    /// Whatever a market's books may hold: sides that entered for anything, claims, debts, insurance, funding to the ends of their ranges.
    fn any_ledger()(
        sides in prop::array::uniform2((0..=MAX_OPEN_INTEREST, -MAX_OPEN_NOTIONAL_X40..=MAX_OPEN_NOTIONAL_X40, any::<i64>(), any::<i64>())),
        claims in any_sum(), funded in 0u64..=100, debts in any_sum(), rest in any_sum(),
    ) -> MarketLedger {
        let mut ledger = market(FLAT).ledger;
        for (side, (size, entry, index, checkpoint)) in ledger.sides.iter_mut().zip(sides) {
            side.open_interest = Size::new(size);
            side.entry_notional = QuoteX40::new(entry).into();
            side.funding_index = FundingIndex::new(index);
            side.funding_checkpoint = QuoteX40::new(i128::from(checkpoint) << 40).into();
        }
        (ledger.claims, ledger.debts, ledger.insurance) = (atoms(claims), atoms(debts), atoms(rest));
        ledger.claims_reserve = atoms(claims / 100 * funded);
        ledger
    }
}

const MAX_OPEN_NOTIONAL_X40: i128 = (MAX_OPEN_NOTIONAL as i128) << 40;

/// Any sum there can be, the largest and small ones often.
fn any_sum() -> impl Strategy<Value = u64> {
    prop_oneof![Just(0), Just(MAX_ATOMS), MAX_ATOMS - 1_000..=MAX_ATOMS, 0u64..100_000, 0..=MAX_ATOMS]
}

fn any_range() -> impl Strategy<Value = PriceRange> {
    (0..=MAX_PRICE, 0..=MAX_PRICE)
        .prop_map(|(one, other)| PriceRange::between(Price::new(one.min(other)), Price::new(one.max(other))))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn attack_nothing_but_backing_changes_the_upper_value(
        ledger in any_ledger(), range in any_range(), backing in any_sum(),
    ) {
        let backing = atoms(backing);
        let value = MarketValue::of(&MarketLedger { backing, ..ledger }, atoms(MAX_ATOMS), range).unwrap();
        prop_assert_eq!(value.upper, backing);
        prop_assert!(value.lower <= backing && value.unsettled.get() <= backing.get() / 10, "{:?}", value);
    }

    #[test]
    fn attack_a_market_with_a_fortieth_of_the_cash_keeps_nobody_out_whatever_its_books_hold(
        ledger in any_ledger(), price in 1..=MAX_PRICE, backing in 1u64..1 << 40, more in 0u64..1 << 40, without: bool,
    ) {
        // R / 10 ≤ (cash + R) · 0.5 % where cash ≥ 39 · R.
        let mut pool = free_pool(39 * backing + more, 1 << 40);
        let mut toxic = market(FLAT);
        toxic.price.price = Price::new(price);
        keep(&mut pool, &mut toxic, 0);
        let (backing_there, funding_time) = (atoms(backing), at(BOUNDARY).now);
        toxic.at_boundary.ledger =
            MarketLedger { backing: backing_there, net_principal: backing_there, funding_time, ..ledger };
        // By a reading of one, or by none at the range about whatever price it had.
        let reading = reading_from(0, -1);
        let (reading, seconds) = if without { (None, 1_801) } else { (Some(&reading), 1) };
        let valuation = value_market(&mut pool, &mut toxic, reading, &awaiting(BOUNDARY + seconds));
        prop_assert!(matches!(valuation, Ok(Valuation::Valued { .. })), "{:?}", valuation);
        pool.epoch.waiting = requests(&[(ANY, 1_000)], &[]);
        pool.escrow = atoms(1_000);
        let closed = close(&pool).closed;
        prop_assert_eq!(closed.deposited, atoms(1_000));
        // 1000 buy ⌊1000 · shares / cash⌋, the cash being all of it, wherever it lies.
        let cash = u128::from(40 * backing + more);
        prop_assert_eq!(u128::from(closed.issued.get()), 1_000 * (1 << 40) / cash);
    }
}

#[test]
fn attack_a_new_position_before_the_boundary_does_not_guarantee_a_loss_for_whoever_leaves() {
    // 1280 longs lost all but nothing of 2560 in a gap, 1280 shorts won as much: 1000 of backing are owed and more. Were the longs of
    // 100 000 more, entered at the present price, good for a part of that loss, 600 of 6000 shares would leave with 100 too much.
    let leave = |sides| {
        let (mut pool, mut market) = (free_pool(5_000, 6_000), market(sides));
        keep(&mut pool, &mut market, 0);
        let reading = reading_from(0, -1);
        value_market(&mut pool, &mut market, Some(&reading), &awaiting(BOUNDARY + 1)).unwrap();
        pool.epoch.waiting = requests(&[], &[(ANY, 600)]);
        close(&pool).closed.paid
    };
    assert_eq!(leave([(1_280, 2_560), (1_280, 2_560)]), atoms(500));
    assert_eq!(leave([(101_280, 102_560), (1_280, 2_560)]), atoms(500));
}

/// A market at $250 ± 0.1 % with a million dollars of backing.
fn uncertain() -> Market {
    let mut market = sol_market();
    market.ledger.backing = usdc(1_000_000);
    market.price.confidence = Price::new(market.price.price.get() / 1_000);
    market
}

/// An account with a million dollars trades so many SOL a slot later than the last trade.
fn trade(account: &mut Account, market: &mut Market, size: i64, slot: u64) {
    let clock = Clock { slot, ..at(0) };
    let mut ready = market.refresh(None, &session(Status::Active, clock)).unwrap();
    let portfolio = Portfolio::new(account, Some(&*ready), [], clock).unwrap();
    let order = Order::at_any_price(SignedSize::new(size * SOL as i64));
    plan_trade(&portfolio, &ready, &order).unwrap().apply(account, &mut ready);
}

#[test]
fn attack_a_book_matched_by_one_coalition_before_the_boundary_gains_it_nothing() {
    // Of ten million shares, worth $1 each, a coalition has nine. It opens a long and a short of 1000 SOL each before the boundary: were
    // one of them owed something at an end of the price's confidence, whoever leaves would be paid the less, and whoever stays keep it.
    // But both paid the confidence when they were opened, and a fee.
    let mut market = uncertain();
    let mut accounts = [Account { balance: usdc(1_000_000), ..Account::zeroed() }; 2];
    trade(&mut accounts[0], &mut market, 1_000, 1);
    trade(&mut accounts[1], &mut market, -1_000, 2);
    let ledger = MarketLedger { net_principal: market.ledger.backing, ..market.ledger };
    let value = MarketValue::now(&Market { ledger, ..market }, &Pool::zeroed(), at(0).now).unwrap();
    // $250 000 at 0.04 % and as much at 0.02 % are $150, of which a tenth is the protocol's. What both positions have lost besides is
    // not settled, and no value of anybody's.
    let backing = market.ledger.backing;
    assert!((usdc(1_000_134)..usdc(1_000_137)).contains(&backing), "{backing:?}");
    assert!(value.lower == backing && value.upper == backing && !value.unsettled.is_zero(), "{value:?} of {backing:?}");

    // A million shares of somebody else leave, or five of its own: it has less than the $11 000 000 it began with.
    for (leaving, own) in [(1_000_000, false), (5_000_000, true)] {
        let (lower, upper) = (value.lower.get(), value.upper.get());
        let waiting = requests(&[], &[(ANY, leaving * USDC)]);
        let plan = close(&valued(free_pool(9_000_000 * USDC, 10_000_000 * USDC), lower, upper, waiting));
        let paid = plan.closed.paid.get();
        assert!(paid > leaving * USDC, "{paid}");
        let (mut accounts, mut market) = (accounts, market);
        trade(&mut accounts[0], &mut market, -1_000, 3);
        trade(&mut accounts[1], &mut market, 1_000, 4);
        let traded: u64 = accounts.iter().map(|account| account.balance.get()).sum();
        let pool = plan.pool.cash.get() + market.ledger.backing.get();
        // Nine of the nine million that are left, or four of five.
        let has = if own { paid + pool / 5 * 4 } else { pool };
        assert!(has + traded < 11_000_000 * USDC, "{has} and {traded}");
    }
}

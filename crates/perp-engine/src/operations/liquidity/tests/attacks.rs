//! What somebody would take from those who stay, and does not.

use super::*;
use crate::fixtures::{usdc, SOL, USDC};
use crate::market::range::PriceRange;
use crate::operations::position::{plan_trade, Order};
use crate::risk::portfolio::Portfolio;
use crate::state::{Account, LastEpoch};
use crate::units::{Clock, SignedSize};
use bytemuck::Zeroable;

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
fn attack_a_market_of_losers_that_nobody_can_collect_costs_an_entrant_at_most_his_limit() {
    // Shares were worth an atom each at the epoch before, and still are: but a market's longs seem to owe up to 2000 more, which none of
    // them has. Whoever enters pays for it no more than he named.
    let last = LastEpoch { lower: atoms(60_000), upper: atoms(60_000), shares: atoms(60_000), ..LastEpoch::default() };
    for limit in [PriceLimit::OnePercent, PriceLimit::TwoPercent, PriceLimit::FivePercent, PriceLimit::TenPercent] {
        let mut refused = 0;
        for lost in (0..10_000).step_by(100) {
            let mut toxic = market([(1_280, 1_280 + lost), (0, 0)]);
            toxic.ledger.backing = atoms(10_000);
            let point = PriceRange::point(Price::new(ONE));
            let MarketValue { lower, upper } = MarketValue::of(&toxic.ledger, &toxic.parameters, point).unwrap();
            assert_eq!((lower, upper), (atoms(10_000), atoms(10_000 + lost)));
            let pool = Pool { last, ..free_pool(50_000, 60_000) };
            let closed = close(&valued(pool, lower.get(), upper.get(), requests(&[(limit, 10_000)], &[]))).closed;
            if closed.deposited.is_zero() {
                refused += 1;
                continue;
            }
            // What he got is worth an atom a share, if all of the loss is lost.
            let most =
                10_000 * u64::from(limit.part().unwrap().get()) / (1_000_000 + u64::from(limit.part().unwrap().get()));
            assert!(10_000 - closed.issued.get() <= most + 1, "{} for {limit:?}", closed.issued.get());
        }
        // At 1 % it is 600 atoms of 60 000: seven of the hundred are accepted; at 10 %, 61.
        let accepted = [7, 13, 31, 61][limit.index() - 1];
        assert_eq!(100 - refused, accepted, "{limit:?}");
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
    let value = MarketValue::now(&market, at(0).now).unwrap();
    // $250 000 at 0.04 % and as much at 0.02 % are $150, of which a tenth is the protocol's. What both positions have lost, the upper
    // value counts besides.
    let backing = market.ledger.backing;
    assert!((usdc(1_000_134)..usdc(1_000_137)).contains(&backing), "{backing:?}");
    assert!(value.lower == backing && value.upper > backing, "{value:?} of {backing:?}");

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

//! What holds between any two operations, and what one operation may not do.

use super::*;
use perp_engine::units::Side;

/// What an operation may write at most.
struct Frame {
    accounts: usize,
    markets: usize,
    pool: bool,
    exchange: bool,
    /// Accounts of orders.
    orders: usize,
    /// Providers, requests and what is closed of them.
    liquidity: bool,
}

fn frame(kind: Kind) -> Frame {
    let nothing = Frame { accounts: 0, markets: 0, pool: false, exchange: false, orders: 0, liquidity: false };
    match kind {
        Kind::Donate => nothing,
        Kind::CloseAccount | Kind::Deposit | Kind::Withdraw => Frame { accounts: 1, ..nothing },
        Kind::Open | Kind::Increase | Kind::Reduce | Kind::Close | Kind::Flip => {
            Frame { accounts: 1, markets: 1, ..nothing }
        }
        Kind::SettleFunding | Kind::SettleProfit | Kind::SettleLoss | Kind::RedeemClaim | Kind::WaiveClaim => {
            Frame { accounts: 1, markets: 1, ..nothing }
        }
        Kind::OpenOrders | Kind::CloseOrders | Kind::SweepOrder => Frame { accounts: 1, orders: 1, ..nothing },
        Kind::PlaceOrders
        | Kind::CancelOrders
        | Kind::TrailPrice
        | Kind::ArmOrder
        | Kind::FillOrder
        | Kind::FillProtection
        | Kind::DisarmOrder
        | Kind::ForfeitOrder => Frame { accounts: 1, markets: 1, orders: 1, ..nothing },
        Kind::LiquidatePart | Kind::LiquidateWhole | Kind::LiquidateSettling | Kind::CloseSettled => {
            Frame { accounts: 2, markets: 1, ..nothing }
        }
        Kind::ResolveBankruptcy => Frame { accounts: 1, markets: 1, pool: true, ..nothing },
        Kind::UpdatePrice
        | Kind::UndoSettlement
        | Kind::ProveSilence
        | Kind::ProveClockBehind
        | Kind::DelistMarket
        | Kind::BeginSettlement
        | Kind::ReportOracleOutage
        | Kind::UpdateFunding
        | Kind::FundClaims => Frame { markets: 1, ..nothing },
        Kind::SetBackingTarget
        | Kind::FundInsurance
        | Kind::WithdrawProtocolFees
        | Kind::SetMarketStatus
        | Kind::TightenMarket => Frame { markets: 1, ..nothing },
        Kind::PlaceBacking | Kind::TakeBackBacking => Frame { markets: 1, pool: true, ..nothing },
        Kind::SettleForPay => Frame { accounts: 2, markets: 1, pool: true, ..nothing },
        Kind::RequestDeposit | Kind::RequestWithdrawal => {
            Frame { pool: true, exchange: true, liquidity: true, ..nothing }
        }
        Kind::ValueMarket | Kind::NoteReading => Frame { markets: 1, pool: true, ..nothing },
        Kind::CloseEpoch | Kind::CloseInPart => Frame { pool: true, exchange: true, ..nothing },
        Kind::PayDeposit | Kind::ReturnDeposit | Kind::PayWithdrawal | Kind::PayPart | Kind::ReturnShares => {
            Frame { pool: true, liquidity: true, ..nothing }
        }
        Kind::FundSharedInsurance => Frame { pool: true, ..nothing },
        Kind::SetExchangeStatus | Kind::TightenExchange => Frame { exchange: true, ..nothing },
    }
}

/// Whatever an operation does not say it wrote is what it was, to the byte; what it wrote counts one event more.
pub fn check_frame(before: &Exchange, after: &Exchange, kind: Kind) {
    let (changes, frame) = (after.changes(), frame(kind));
    assert!(changes.accounts.len() <= frame.accounts, "{kind:?} wrote {changes:?}");
    assert!(changes.markets.len() <= frame.markets, "{kind:?} wrote {changes:?}");
    assert!(frame.pool || !changes.pool, "{kind:?} wrote the pool");
    assert!(frame.exchange || !changes.exchange, "{kind:?} wrote the exchange");

    let events = |written: bool, was: u64, is: u64| assert_eq!(is, was + u64::from(written), "{kind:?}: {changes:?}");
    for (number, (was, is)) in before.accounts().iter().zip(after.accounts()).enumerate() {
        let written = changes.accounts.contains(&number);
        assert!(written || is == was, "{kind:?} changed account {number}");
        if after.account(number).is_ok() {
            events(written, was.sequence, is.sequence);
        }
    }
    for (was, is) in before.markets().iter().zip(after.markets()) {
        let written = changes.markets.contains(&is.index);
        assert!(written || is == was, "{kind:?} changed market {}", is.index);
        events(written, was.sequence, is.sequence);
    }
    assert!(changes.orders.len() <= frame.orders, "{kind:?} wrote {changes:?}");
    for account in 0..after.accounts().len() {
        let same = before.orders().get(&account) == after.orders().get(&account);
        assert!(same || changes.orders.contains(&account), "{kind:?} changed orders of account {account}");
    }
    assert!(frame.orders > 0 || after.order_lamports == before.order_lamports, "{kind:?} moved lamports of orders");
    assert!(changes.pool || after.pool == before.pool, "{kind:?} changed the pool");
    events(changes.pool, before.pool.sequence, after.pool.sequence);
    assert!(changes.exchange || after.state == before.state, "{kind:?} changed the exchange");
    // That another boundary is waited for is told by the pool's event.
    let own_event = changes.exchange && before.state.boundary == after.state.boundary;
    events(own_event, before.state.sequence, after.state.sequence);
    let kept = changes.pool || (after.queue == before.queue && after.epochs() == before.epochs());
    assert!(kept && (changes.pool || after.share_escrow == before.share_escrow), "{kind:?} changed requests");

    let providers = before.providers().iter().zip(after.providers()).filter(|(was, is)| was != is).count();
    let numbers =
        before.requests().keys().chain(after.requests().keys().filter(|it| !before.requests().contains_key(it)));
    let requests = numbers.filter(|number| before.requests().get(number) != after.requests().get(number)).count();
    let most = usize::from(frame.liquidity);
    assert!(providers <= most && requests <= most, "{kind:?} changed {providers} providers and {requests} requests");
    assert_eq!(after.clock, before.clock);
}

/// What holds between any two operations, and what one operation may not do.
pub fn check_step(before: &Exchange, after: &Exchange, kind: Kind) {
    if let Err(violation) = after.check() {
        panic!("{kind:?} broke {violation:?}");
    }

    // Insurance falls only in a bankruptcy, a market's own also for a bounty that no penalty pays; a price and its time never run
    // backwards.
    if kind != Kind::ResolveBankruptcy {
        assert!(after.pool.insurance >= before.pool.insurance);
    }
    let draw = after.pool.shared_draw;
    let share = u64::from(after.pool.parameters.shared_draw_share.get());
    assert!(draw.drawn.get() <= draw.insurance_at_start.get() * share / PPM, "{draw:?}");
    for (now, then) in after.markets().iter().zip(before.markets()) {
        if !matches!(kind, Kind::ResolveBankruptcy | Kind::LiquidateWhole | Kind::LiquidatePart | Kind::CloseSettled) {
            assert!(now.ledger.insurance >= then.ledger.insurance);
        }
        assert!(now.ledger.shared_drawn >= then.ledger.shared_drawn);
        assert!(now.ledger.shared_drawn <= now.parameters.shared_draw_limit);
        assert!(now.price.published >= then.price.published);
        assert!(now.price.newest_published >= then.price.newest_published);
        if now.price.published == then.price.published && kind != Kind::BeginSettlement {
            assert_eq!(now.price.price, then.price.price, "one time has one price");
        }
        check_accrual(then, now);
        check_surge(then, now, kind);
    }
}

/// Where a market only accrues no atom leaves it: the surge of the carry goes from its backing to its insurance, and is no more than
/// the carry.
fn check_surge(then: &Market, now: &Market, kind: Kind) {
    if !matches!(kind, Kind::UpdatePrice | Kind::UpdateFunding | Kind::ProveSilence) {
        return;
    }
    let surge = now.ledger.insurance.get() - then.ledger.insurance.get();
    assert_eq!(then.ledger.backing.get() - now.ledger.backing.get(), surge);
    let [was, is] = [then, now].map(|market| market.ledger.counters.carry.get().get());
    assert!(i128::from(surge) * X40_PER_ATOM <= is - was, "{surge} atoms of a carry of {}", is - was);
}

/// What both sides owe more than before by an accrual is what the market counts as funding kept and carry, exactly.
fn check_accrual(then: &Market, now: &Market) {
    let owed = |side: Side| {
        let (was, is) = (then.ledger.side(side), now.ledger.side(side));
        i128::from(was.open_interest.get()) * i128::from(is.funding_index.get() - was.funding_index.get())
    };
    let [was, is] = [then, now].map(|market| market.ledger.counters);
    let kept = is.funding.get().get() - was.funding.get().get();
    let carry = is.carry.get().get() - was.carry.get().get();
    assert!(kept >= 0 && carry >= 0, "an accrual paid out {kept} and {carry}");
    assert_eq!(kept + carry, owed(Side::Long) + owed(Side::Short));
}

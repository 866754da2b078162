//! Random steps of several people, the oracles and time, weighted so that every operation has work to do.

use perp_engine::state::{PriceLimit, Status};
use proptest::prelude::*;

/// Accounts of a random exchange: the first four trade across markets, the fifth is bound to the thin one, the last
/// liquidates and trades a little.
pub const ACCOUNTS: usize = 6;
pub const ISOLATED: usize = 4;
pub const LIQUIDATOR: usize = 5;
pub const PROVIDERS: usize = 2;
pub const MARKETS: u16 = 3;

/// One thing that happens. Numbers called `pick` choose among what is there at the time.
#[derive(Clone, Debug)]
pub enum Step {
    Wait {
        seconds: u32,
    },
    /// Parts per million of the price, and of the new price for the confidence.
    Move {
        market: u16,
        ppm: i64,
        confidence: u64,
    },
    /// Moves the market of a position to where its account's equity is this many percent of the maintenance margin.
    Squeeze {
        pick: usize,
        percent: i128,
    },
    Deposit {
        account: usize,
        dollars: u64,
    },
    Withdraw {
        account: usize,
        percent: u64,
    },
    /// Thousandths of the account's balance as notional: −25 000 is a sale of 25 times the balance.
    Trade {
        account: usize,
        market: u16,
        thousandths: i64,
        reduce_only: bool,
    },
    /// A few base units.
    TradeDust {
        account: usize,
        market: u16,
        size: i64,
    },
    /// Part of a position, or all of it.
    Reduce {
        pick: usize,
        percent: u64,
    },
    Liquidate {
        pick: usize,
        percent: u64,
    },
    /// Everything that anybody can liquidate and resolve, as a keeper would.
    Keep,
    UpdatePrice {
        market: u16,
    },
    ReportOracleOutage {
        market: u16,
    },
    UpdateFunding {
        market: u16,
    },
    /// The oracle says nothing for so long, speaks and says that it had not.
    Silence {
        market: u16,
        seconds: u32,
        ppm: i64,
    },
    /// The oracle's time is ahead of the clock.
    Ahead {
        market: u16,
        seconds: i64,
    },
    /// The admin delists a market or, where `outage`, somebody reports that its oracle says nothing; where `waits`, everybody waits
    /// until it may end.
    AnnounceEnd {
        market: u16,
        outage: bool,
        waits: bool,
    },
    BeginSettlement {
        market: u16,
    },
    /// What the oracle of a market that has ended said before it did is handed in.
    Undo {
        market: u16,
    },
    /// A position in a market that has ended, where `waits` once anybody may.
    CloseSettled {
        pick: usize,
        waits: bool,
    },
    SettleFunding {
        pick: usize,
    },
    SettlePnl {
        pick: usize,
    },
    FundClaims {
        market: u16,
    },
    RedeemClaim {
        pick: usize,
    },
    WaiveClaim {
        pick: usize,
    },
    ResolveBankruptcy {
        pick: usize,
    },
    Allocate {
        market: u16,
        target_percent: u64,
    },
    RequestDeposit {
        provider: usize,
        dollars: u64,
        limit: PriceLimit,
    },
    RequestWithdrawal {
        provider: usize,
        percent: u64,
        limit: PriceLimit,
    },
    /// Until so many seconds before the boundary that is waited for, or after it where negative.
    ReachBoundary {
        seconds: i64,
    },
    /// Everybody settles one after the other for what the queue pays just before a boundary.
    SettleForPay {
        pick: usize,
        seconds: i64,
    },
    /// The reading published so long after the boundary, after so long a silence, is handed in: the price moved by so much.
    Value {
        market: u16,
        published: i64,
        silence: i64,
        ppm: i64,
    },
    ValueWithoutReading {
        market: u16,
    },
    CloseEpoch,
    Pay {
        pick: usize,
    },
    /// A boundary is reached, every market valued, where `late` without readings, closed, and so many requests are paid.
    Serve {
        late: bool,
        payments: usize,
    },
    FundInsurance {
        market: u16,
        dollars: u64,
    },
    FundSharedInsurance {
        dollars: u64,
    },
    WithdrawProtocolFees {
        market: u16,
    },
    Donate {
        amount: u64,
    },
    /// Without a market, of the exchange.
    SetStatus {
        market: Option<u16>,
        status: Status,
        seconds: u32,
    },
    /// An order or two are placed: 0 and 1 at once, 2 later, 3 in slices, 4 above, 5 below, 6 and 7 trailing. Thousandths of the
    /// balance, or of the position where it only reduces; parts per million from the price.
    Rest {
        account: usize,
        market: u16,
        kind: u8,
        thousandths: i64,
        reduces: bool,
        ppm: i64,
        children: bool,
        group: u8,
    },
    /// The price comes to where an order is met, and so far beyond.
    Arm {
        pick: usize,
        ppm: i64,
    },
    /// So many seconds after an order's moment, at a price that moved by so much; where `broke`, the market has gone
    /// on by half of its price, against it.
    Fill {
        pick: usize,
        late: u32,
        ppm: i64,
        broke: bool,
    },
    CancelOrder {
        pick: usize,
    },
    SweepOrder {
        pick: usize,
    },
    CloseOrders {
        account: usize,
    },
    /// By the guardian.
    Tighten {
        market: Option<u16>,
        status: Status,
        seconds: u32,
    },
    /// Until so long after a status in force has ended, if there is one.
    OutwaitStatus {
        pick: usize,
        seconds: u32,
    },
}

pub fn steps(count: impl Into<proptest::collection::SizeRange>) -> impl Strategy<Value = Vec<Step>> {
    proptest::collection::vec(step(), count)
}

fn step() -> impl Strategy<Value = Step> {
    let (account, market, provider, pick) = (0..ACCOUNTS, 0..MARKETS, 0..PROVIDERS, any::<usize>());
    let wait = prop_oneof![6 => 0u32..6, 4 => 6u32..120, 2 => 120u32..7_200, 1 => 7_200u32..100_000];
    let ppm = prop_oneof![
        6 => -10_000i64..10_000,
        4 => -60_000i64..60_000,
        2 => -500_000i64..700_000,
    ];
    let confidence = prop_oneof![6 => 0u64..4_000, 2 => 4_000u64..15_000, 1 => 15_000u64..2_000_000];
    let percent = prop_oneof![3 => 1u64..100, 2 => Just(100u64)];
    let thousandths = prop_oneof![1 => -30_000i64..30_000, 2 => -12_000i64..12_000];
    let status = prop_oneof![8 => Just(Status::Active), 1 => Just(Status::ReduceOnly), 1 => Just(Status::Paused)];
    let stricter = prop_oneof![2 => Just(Status::ReduceOnly), 1 => Just(Status::Paused)];
    let length = prop_oneof![1 => Just(0u32), 8 => 1u32..120, 4 => 120u32..3_000, 1 => 3_000u32..40_000];
    let limit = proptest::sample::select(&PriceLimit::ALL[..]);
    let place = proptest::option::weighted(0.6, market.clone());
    let often = prop_oneof![
        12 => wait.prop_map(|seconds| Step::Wait { seconds }),
        14 => (market.clone(), ppm, confidence)
            .prop_map(|(market, ppm, confidence)| Step::Move { market, ppm, confidence }),
        10 => (pick, prop_oneof![4 => 60i128..120, 2 => -50i128..100, 1 => -900i128..0])
            .prop_map(|(pick, percent)| Step::Squeeze { pick, percent }),
        16 => (account.clone(), market.clone(), thousandths, proptest::bool::weighted(0.1)).prop_map(
            |(account, market, thousandths, reduce_only)| Step::Trade { account, market, thousandths, reduce_only }
        ),
        6 => (pick, percent.clone()).prop_map(|(pick, percent)| Step::Reduce { pick, percent }),
        6 => (pick, prop_oneof![6 => percent.clone(), 1 => Just(0)])
            .prop_map(|(pick, percent)| Step::Liquidate { pick, percent }),
        8 => (account.clone(), market.clone(), 0u8..8, -9_000i64..9_000, any::<bool>(), -20_000i64..20_000, any::<(bool, u8)>())
            .prop_map(|(account, market, kind, thousandths, reduces, ppm, (children, group))| Step::Rest {
                account, market, kind, thousandths, reduces, ppm, children, group: group % 3
            }),
        8 => (pick, -500i64..6_000).prop_map(|(pick, ppm)| Step::Arm { pick, ppm }),
        8 => (pick, prop_oneof![8 => 0u32..6, 1 => 0u32..18], -8_000i64..8_000, proptest::bool::weighted(0.15))
            .prop_map(|(pick, late, ppm, broke)| Step::Fill { pick, late, ppm, broke }),
        3 => Just(Step::Keep),
        4 => pick.prop_map(|pick| Step::SettlePnl { pick }),
        3 => pick.prop_map(|pick| Step::ResolveBankruptcy { pick }),
    ];
    let seldom = prop_oneof![
        4 => (account.clone(), 10u64..20_000).prop_map(|(account, dollars)| Step::Deposit { account, dollars }),
        3 => (account.clone(), percent.clone()).prop_map(|(account, percent)| Step::Withdraw { account, percent }),
        2 => (account, market.clone(), -400i64..400)
            .prop_map(|(account, market, size)| Step::TradeDust { account, market, size }),
        2 => market.clone().prop_map(|market| Step::UpdatePrice { market }),
        2 => pick.prop_map(|pick| Step::CancelOrder { pick }),
        4 => pick.prop_map(|pick| Step::SweepOrder { pick }),
        1 => (0..ACCOUNTS).prop_map(|account| Step::CloseOrders { account }),
        1 => market.clone().prop_map(|market| Step::ReportOracleOutage { market }),
        2 => market.clone().prop_map(|market| Step::UpdateFunding { market }),
        2 => (market.clone(), 50u32..300, -60_000i64..60_000)
            .prop_map(|(market, seconds, ppm)| Step::Silence { market, seconds, ppm }),
        2 => (market.clone(), 1i64..20).prop_map(|(market, seconds)| Step::Ahead { market, seconds }),
        1 => (market.clone(), any::<bool>(), proptest::bool::weighted(0.7))
            .prop_map(|(market, outage, waits)| Step::AnnounceEnd { market, outage, waits }),
        2 => market.clone().prop_map(|market| Step::BeginSettlement { market }),
        1 => market.clone().prop_map(|market| Step::Undo { market }),
        2 => (pick, proptest::bool::weighted(0.8)).prop_map(|(pick, waits)| Step::CloseSettled { pick, waits }),
        2 => pick.prop_map(|pick| Step::SettleFunding { pick }),
        3 => market.clone().prop_map(|market| Step::FundClaims { market }),
        3 => pick.prop_map(|pick| Step::RedeemClaim { pick }),
        1 => pick.prop_map(|pick| Step::WaiveClaim { pick }),
        3 => (market.clone(), 0u64..200)
            .prop_map(|(market, target_percent)| Step::Allocate { market, target_percent }),
        4 => (provider.clone(), prop_oneof![3 => 1u64..50_000, 1 => 50_000u64..3_000_000], limit.clone())
            .prop_map(|(provider, dollars, limit)| Step::RequestDeposit { provider, dollars, limit }),
        3 => (provider, percent, limit)
            .prop_map(|(provider, percent, limit)| Step::RequestWithdrawal { provider, percent, limit }),
        3 => prop_oneof![2 => -2_000i64..100, 1 => -2i64..2].prop_map(|seconds| Step::ReachBoundary { seconds }),
        2 => (pick, 0i64..9).prop_map(|(pick, seconds)| Step::SettleForPay { pick, seconds }),
        9 => (market.clone(), prop_oneof![1 => 0i64..3, 1 => -1i64..13], prop_oneof![3 => 1i64..4, 2 => 0i64..12], -20_000i64..20_000)
            .prop_map(|(market, published, silence, ppm)| Step::Value { market, published, silence, ppm }),
        3 => market.clone().prop_map(|market| Step::ValueWithoutReading { market }),
        3 => Just(Step::CloseEpoch),
        3 => pick.prop_map(|pick| Step::Pay { pick }),
        6 => (proptest::bool::weighted(0.2), 0usize..4)
            .prop_map(|(late, payments)| Step::Serve { late, payments }),
        1 => (market.clone(), 0u64..200).prop_map(|(market, dollars)| Step::FundInsurance { market, dollars }),
        1 => (0u64..2_000).prop_map(|dollars| Step::FundSharedInsurance { dollars }),
        1 => (1u64..1_000_000).prop_map(|amount| Step::Donate { amount }),
        1 => market.clone().prop_map(|market| Step::WithdrawProtocolFees { market }),
        8 => (place.clone(), status, length.clone())
            .prop_map(|(market, status, seconds)| Step::SetStatus { market, status, seconds }),
        2 => (place, stricter, length)
            .prop_map(|(market, status, seconds)| Step::Tighten { market, status, seconds }),
        2 => (pick, 0u32..200).prop_map(|(pick, seconds)| Step::OutwaitStatus { pick, seconds }),
    ];
    prop_oneof![7 => often, 3 => seldom]
}

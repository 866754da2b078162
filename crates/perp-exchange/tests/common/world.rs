//! An exchange and the oracles that feed it. Every step is a method of [`Exchange`]: it is counted, and then everything that
//! must hold between two operations is checked, and what this one may not do.

mod boundary;
mod checks;
mod collateral;
mod epochs;
mod liquidity;
mod orders;
mod prices;
mod questions;
mod settlement;
mod statuses;
mod tally;
mod trading;

use super::markets::TestMarket;
use super::reference;
use epochs::Epochs;
use perp_engine::fixtures::{at, pool_parameters, NOW, USDC};
use perp_engine::ledger::Ledger;
use perp_engine::operations::exchange::{StatusAuthority, StatusOrder};
use perp_engine::operations::position::{
    BankruptcyPlan, FundingSettlementPlan, LiquidationOrder, LiquidationPlan, Order, PnlSettlementPlan, RedemptionPlan,
    TradePlan, WaiverPlan,
};
use perp_engine::oracle::OracleReading;
use perp_engine::state::{Account, Market, Position, RequestKind, Status};
use perp_engine::units::{Atoms, SignedAtoms, SignedSize, Size, PPM, X40_PER_ATOM};
use perp_engine::EngineError;
use perp_exchange::chain::EPOCH_RENT;
use perp_exchange::{Exchange, Refusal};
use std::collections::BTreeMap;
use tally::Tally;

/// What an operation came to; what happens to a position has one for each way it can go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    CloseAccount,
    Deposit,
    Withdraw,
    Open,
    Increase,
    Reduce,
    Close,
    Flip,
    OpenOrders,
    PlaceOrders,
    CancelOrders,
    /// The trigger of an order that trails moves.
    TrailPrice,
    ArmOrder,
    FillOrder,
    /// An order that only reduces.
    FillProtection,
    /// A fill would have been worse than was acceptable.
    DisarmOrder,
    ForfeitOrder,
    SweepOrder,
    CloseOrders,
    LiquidatePart,
    LiquidateWhole,
    /// A liquidation that closes nothing.
    LiquidateSettling,
    /// One in a market that has ended.
    CloseSettled,
    UpdatePrice,
    /// A price that shows that the feed lived while it was held for dead.
    UndoSettlement,
    /// A price after which a grace begins.
    ProveSilence,
    /// A reading too far ahead of the clock.
    ProveClockBehind,
    DelistMarket,
    BeginSettlement,
    ReportOracleOutage,
    UpdateFunding,
    SettleFunding,
    SettleProfit,
    SettleLoss,
    /// One just before a boundary, which the queue pays for.
    SettleForPay,
    FundClaims,
    RedeemClaim,
    WaiveClaim,
    ResolveBankruptcy,
    SetBackingTarget,
    PlaceBacking,
    TakeBackBacking,
    RequestDeposit,
    RequestWithdrawal,
    ValueMarket,
    /// A reading near the boundary is kept.
    NoteReading,
    CloseEpoch,
    /// A close that the pool's cash does not reach for.
    CloseInPart,
    PayDeposit,
    /// A deposit comes back that its limit refused.
    ReturnDeposit,
    PayWithdrawal,
    PayPart,
    ReturnShares,
    FundInsurance,
    FundSharedInsurance,
    WithdrawProtocolFees,
    Donate,
    SetMarketStatus,
    SetExchangeStatus,
    TightenMarket,
    TightenExchange,
}

pub const KINDS: [Kind; 61] = [
    Kind::CloseAccount,
    Kind::Deposit,
    Kind::Withdraw,
    Kind::Open,
    Kind::Increase,
    Kind::Reduce,
    Kind::Close,
    Kind::Flip,
    Kind::OpenOrders,
    Kind::PlaceOrders,
    Kind::CancelOrders,
    Kind::TrailPrice,
    Kind::ArmOrder,
    Kind::FillOrder,
    Kind::FillProtection,
    Kind::DisarmOrder,
    Kind::ForfeitOrder,
    Kind::SweepOrder,
    Kind::CloseOrders,
    Kind::LiquidatePart,
    Kind::LiquidateWhole,
    Kind::LiquidateSettling,
    Kind::CloseSettled,
    Kind::UpdatePrice,
    Kind::UndoSettlement,
    Kind::ProveSilence,
    Kind::ProveClockBehind,
    Kind::DelistMarket,
    Kind::BeginSettlement,
    Kind::ReportOracleOutage,
    Kind::UpdateFunding,
    Kind::SettleFunding,
    Kind::SettleProfit,
    Kind::SettleLoss,
    Kind::SettleForPay,
    Kind::FundClaims,
    Kind::RedeemClaim,
    Kind::WaiveClaim,
    Kind::ResolveBankruptcy,
    Kind::SetBackingTarget,
    Kind::PlaceBacking,
    Kind::TakeBackBacking,
    Kind::RequestDeposit,
    Kind::RequestWithdrawal,
    Kind::ValueMarket,
    Kind::NoteReading,
    Kind::CloseEpoch,
    Kind::CloseInPart,
    Kind::PayDeposit,
    Kind::ReturnDeposit,
    Kind::PayWithdrawal,
    Kind::PayPart,
    Kind::ReturnShares,
    Kind::FundInsurance,
    Kind::FundSharedInsurance,
    Kind::WithdrawProtocolFees,
    Kind::Donate,
    Kind::SetMarketStatus,
    Kind::SetExchangeStatus,
    Kind::TightenMarket,
    Kind::TightenExchange,
];

/// What a market's oracle says; exponent -8.
#[derive(Clone, Copy, Debug)]
pub struct Feed {
    pub price: i64,
    pub confidence: u64,
    pub publish_time: i64,
    /// When it spoke before that; its own time where it does not say.
    pub previous: i64,
    /// Its first price.
    pub first: i64,
}

#[derive(Clone, Debug)]
pub struct World {
    pub exchange: Exchange,
    /// In the order of the markets.
    pub feeds: Vec<Feed>,
    /// How often each operation went through.
    pub done: BTreeMap<Kind, u32>,
    /// How often each rule refused one, by name.
    pub refused: BTreeMap<&'static str, u32>,
    tally: Tally,
    epochs: Epochs,
    /// The reading that the operation under way has taken in, by its market.
    handed: Option<(u16, i64)>,
}

/// One million dollars.
pub const MILLION: u64 = 1_000_000 * USDC;

pub fn atoms(amount: u64) -> Atoms {
    Atoms::new(amount)
}

impl World {
    /// An exchange with these markets, `accounts` empty cross accounts and `providers` of liquidity.
    pub fn new(markets: &[TestMarket], accounts: usize, providers: usize) -> Self {
        let mut exchange = Exchange::new(pool_parameters(), 6, at(0)).unwrap();
        exchange.epoch_rent = EPOCH_RENT;
        for market in markets {
            exchange.list(&market.listing).unwrap();
        }
        for _ in 0..accounts {
            exchange.open_account(None).unwrap();
        }
        for _ in 0..providers {
            exchange.add_provider();
        }
        let feed = |market: &TestMarket| {
            let (price, first) = (market.price, market.price);
            Feed { price, confidence: 0, publish_time: NOW, previous: NOW, first }
        };
        Self {
            exchange,
            feeds: markets.iter().map(feed).collect(),
            done: BTreeMap::new(),
            refused: BTreeMap::new(),
            tally: Tally::default(),
            epochs: Epochs::default(),
            handed: None,
        }
    }

    /// The same with `liquidity` that the first provider has put in and every market's backing at its target.
    pub fn with_liquidity(markets: &[TestMarket], accounts: usize, providers: usize, liquidity: u64) -> Self {
        let mut world = Self::new(markets, accounts, providers);
        world.provide_net(0, liquidity).unwrap();
        assert_eq!(world.exchange.pool.cash, atoms(liquidity));
        for market in 0..world.exchange.market_count {
            world.allocate_backing(market).unwrap();
        }
        world
    }

    /// One operation: what it came to and the exchange before it, or the rule that refused it, and then nothing has changed.
    fn attempt<T>(
        &mut self,
        operation: impl FnOnce(&mut Exchange) -> Result<T, Refusal>,
    ) -> Result<(Exchange, T), EngineError> {
        let before = self.exchange.clone();
        match operation(&mut self.exchange) {
            Ok(outcome) => Ok((before, outcome)),
            Err(Refusal::Rule(rule)) => {
                assert!(self.exchange == before, "{rule} has changed something");
                *self.refused.entry(rule.name()).or_default() += 1;
                Err(rule)
            }
            Err(misuse) => panic!("{misuse}"),
        }
    }

    /// The same of one that hands in a reading.
    fn attempt_with<T>(
        &mut self,
        market: u16,
        reading: &OracleReading,
        operation: impl FnOnce(&mut Exchange) -> Result<T, Refusal>,
    ) -> Result<(Exchange, T), EngineError> {
        let done = self.attempt(operation)?;
        self.handed = Some((market, reading.publish_time()));
        Ok(done)
    }

    /// Counts an operation that took place, and checks everything that holds between any two.
    fn finish(&mut self, before: &Exchange, kind: Kind) {
        *self.done.entry(kind).or_default() += 1;
        self.tally.forget_freed_slots(&self.exchange);
        checks::check_frame(before, &self.exchange, kind);
        checks::check_step(before, &self.exchange, kind);
        self.tally.check(&self.exchange);
        let handed = self.handed.take();
        self.epochs.look(before, handed);
        self.epochs.check(before, &self.exchange, kind);
    }
}

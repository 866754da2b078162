//! The exchange as the program runs it: every verb brings its market up to date, plans, applies what was planned, and
//! then everything that must hold between two instructions is checked.

mod collateral;
mod liquidity;
mod prices;
mod questions;
mod settlement;
mod statuses;
mod trading;

use super::fixtures::{pool_parameters, NOW, USDC};
use super::markets::Listing;
use super::reference;
use bytemuck::Zeroable;
use perp_engine::bankruptcy::{begin_bankruptcy, BankruptcyPlan};
use perp_engine::claims::FULL_CLAIM_FACTOR;
use perp_engine::deposit::plan_deposit;
use perp_engine::fees::plan_withdraw_protocol_fees;
use perp_engine::funding::{accrue_if_possible, plan_funding};
use perp_engine::insurance::{plan_fund_market_insurance, plan_fund_shared_insurance};
use perp_engine::invariants::{check_invariants, ExchangeView};
use perp_engine::ledger::Ledger;
use perp_engine::liquidation::{plan_liquidation, LiquidationOrder, LiquidationPlan};
use perp_engine::liquidity::{
    plan_allocate_backing, plan_execute_deposit, plan_execute_withdrawal, plan_request_deposit,
    plan_request_withdrawal, plan_return_lapsed, Executor,
};
use perp_engine::oracle::OracleReading;
use perp_engine::portfolio::Portfolio;
use perp_engine::price::{plan_mark_dark, plan_price};
use perp_engine::settlement::{
    plan_fund_claims, plan_redeem_claim, plan_settle_funding, plan_settle_pnl, SettlementPlan,
};
use perp_engine::state::{Account, AccountKind, Market, Pool, Request, RequestKind};
use perp_engine::status::{Status, StoredStatus};
use perp_engine::trade::{plan_trade, Order, TradePlan};
use perp_engine::units::{Atoms, Base, Clock, Ppm, Price, SignedAtoms, Size, Timestamp, PPM};
use perp_engine::withdrawal::{needs_markets, plan_margined_withdrawal, plan_withdrawal};
use perp_engine::EngineError;
use std::collections::BTreeMap;

/// Every instruction that moves money, prices or statuses; what happens to a position has a verb for each way it can go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verb {
    Deposit,
    Withdraw,
    Open,
    Increase,
    Reduce,
    Close,
    Flip,
    LiquidatePart,
    LiquidateWhole,
    UpdatePrice,
    MarkDark,
    UpdateFunding,
    SettleFunding,
    SettleProfit,
    SettleLoss,
    FundClaims,
    RedeemClaim,
    ResolveBankruptcy,
    PlaceBacking,
    TakeBackBacking,
    RequestDeposit,
    ExecuteDeposit,
    RequestWithdrawal,
    ExecuteWithdrawal,
    ReturnLapsed,
    FundInsurance,
    FundSharedInsurance,
    WithdrawProtocolFees,
    Donate,
    SetMarketStatus,
    SetExchangeStatus,
    Tighten,
}

pub const VERBS: [Verb; 32] = [
    Verb::Deposit,
    Verb::Withdraw,
    Verb::Open,
    Verb::Increase,
    Verb::Reduce,
    Verb::Close,
    Verb::Flip,
    Verb::LiquidatePart,
    Verb::LiquidateWhole,
    Verb::UpdatePrice,
    Verb::MarkDark,
    Verb::UpdateFunding,
    Verb::SettleFunding,
    Verb::SettleProfit,
    Verb::SettleLoss,
    Verb::FundClaims,
    Verb::RedeemClaim,
    Verb::ResolveBankruptcy,
    Verb::PlaceBacking,
    Verb::TakeBackBacking,
    Verb::RequestDeposit,
    Verb::ExecuteDeposit,
    Verb::RequestWithdrawal,
    Verb::ExecuteWithdrawal,
    Verb::ReturnLapsed,
    Verb::FundInsurance,
    Verb::FundSharedInsurance,
    Verb::WithdrawProtocolFees,
    Verb::Donate,
    Verb::SetMarketStatus,
    Verb::SetExchangeStatus,
    Verb::Tighten,
];

/// What a verb may change at most: margin accounts, markets, and whether the pool.
fn frame(verb: Verb, markets: usize) -> (usize, usize, bool) {
    match verb {
        Verb::Deposit | Verb::Withdraw => (1, 0, false),
        Verb::Open | Verb::Increase | Verb::Reduce | Verb::Close | Verb::Flip => (1, 1, false),
        Verb::LiquidatePart | Verb::LiquidateWhole => (2, 1, false),
        Verb::UpdatePrice | Verb::MarkDark | Verb::UpdateFunding | Verb::FundClaims => (0, 1, false),
        Verb::SettleFunding | Verb::SettleProfit | Verb::SettleLoss | Verb::RedeemClaim => (1, 1, false),
        Verb::ResolveBankruptcy => (1, markets, true),
        Verb::PlaceBacking | Verb::TakeBackBacking => (0, 1, true),
        Verb::RequestDeposit | Verb::RequestWithdrawal | Verb::ReturnLapsed | Verb::FundSharedInsurance => (0, 0, true),
        // Executors bring all markets up to date before.
        Verb::ExecuteDeposit | Verb::ExecuteWithdrawal => (0, markets, true),
        Verb::FundInsurance | Verb::WithdrawProtocolFees | Verb::SetMarketStatus | Verb::Tighten => (0, 1, false),
        Verb::Donate | Verb::SetExchangeStatus => (0, 0, false),
    }
}

/// What a market's oracle says; exponent -8.
#[derive(Clone, Copy, Debug)]
pub struct Feed {
    pub price: i64,
    pub confidence: u64,
    pub publish_time: i64,
    /// Its first price.
    pub first: i64,
}

/// A liquidity request and whose it is.
#[derive(Clone, Copy, Debug)]
pub struct OpenRequest {
    pub holder: usize,
    pub kind: RequestKind,
    pub request: Request,
}

#[derive(Clone, Debug)]
pub struct World {
    pub accounts: Vec<Account>,
    pub markets: Vec<Market>,
    pub feeds: Vec<Feed>,
    pub pool: Pool,
    /// Shares each liquidity provider holds, those in escrow apart.
    pub shares: Vec<Atoms>,
    /// Tokens each liquidity provider was paid.
    pub paid_out: Vec<Atoms>,
    pub requests: Vec<OpenRequest>,
    pub vault: Atoms,
    pub donated: Atoms,
    pub clock: Clock,
    pub exchange_status: StoredStatus,
    /// When somebody lifted the exchange's last pause.
    pub lifted_at: Timestamp,
    /// How often each verb went through.
    pub done: BTreeMap<Verb, u32>,
    /// How often each error was the answer, by name.
    pub refused: BTreeMap<String, u32>,
}

pub fn atoms(amount: u64) -> Atoms {
    Atoms::new(amount)
}

impl World {
    /// An exchange with these markets, `accounts` empty cross accounts and `holders` liquidity providers.
    pub fn new(listings: &[Listing], accounts: usize, holders: usize) -> Self {
        let market = |(index, listing): (usize, &Listing)| {
            listing.parameters.validate().unwrap();
            let mut market = Market {
                parameters: listing.parameters,
                base_decimals: listing.base_decimals,
                quote_decimals: 6,
                index: u16::try_from(index).unwrap(),
                target_backing: atoms(listing.target_backing),
                ..Market::zeroed()
            };
            market.books.claim_factor = FULL_CLAIM_FACTOR;
            market
        };
        let feed =
            |listing: &Listing| Feed { price: listing.price, confidence: 0, publish_time: NOW, first: listing.price };
        Self {
            accounts: vec![Account::zeroed(); accounts],
            markets: listings.iter().enumerate().map(market).collect(),
            feeds: listings.iter().map(feed).collect(),
            pool: Pool { parameters: pool_parameters(), ..Pool::zeroed() },
            shares: vec![Atoms::ZERO; holders],
            paid_out: vec![Atoms::ZERO; holders],
            requests: Vec::new(),
            vault: Atoms::ZERO,
            donated: Atoms::ZERO,
            clock: Clock { now: Timestamp::new(NOW), slot: 1_000 },
            exchange_status: StoredStatus::lasting(Status::Active),
            lifted_at: Timestamp::NEVER,
            done: BTreeMap::new(),
            refused: BTreeMap::new(),
        }
    }

    /// The same with `liquidity` deposited by the first provider and every market's backing at its target.
    pub fn with_liquidity(listings: &[Listing], accounts: usize, holders: usize, liquidity: u64) -> Self {
        let mut world = Self::new(listings, accounts, holders);
        world.provide(0, liquidity).unwrap();
        for market in 0..world.markets.len() {
            world.allocate_backing(market).unwrap();
        }
        world
    }

    /// One instruction: all of it or nothing, counted, and checked.
    fn instruction<T>(
        &mut self,
        body: impl FnOnce(&mut Self) -> Result<(Verb, T), EngineError>,
    ) -> Result<T, EngineError> {
        let before = self.clone();
        match body(self) {
            Ok((verb, value)) => {
                *self.done.entry(verb).or_default() += 1;
                self.check_step(&before, verb);
                Ok(value)
            }
            Err(error) => {
                *self = before;
                let debug = format!("{error:?}");
                let name = debug.split([' ', '{']).next().unwrap_or_default().to_owned();
                *self.refused.entry(name).or_default() += 1;
                Err(error)
            }
        }
    }

    pub fn view(&self) -> ExchangeView<'_> {
        ExchangeView {
            accounts: &self.accounts,
            markets: &self.markets,
            pool: &self.pool,
            vault: self.vault,
            donated: self.donated,
        }
    }

    /// The exchange's status in force.
    pub fn status(&self) -> Status {
        self.exchange_status.in_force(self.clock.now)
    }

    /// End of the exchange's last pause, whether it was lifted or ended by itself.
    pub fn resumed_at(&self) -> Timestamp {
        self.lifted_at.max(self.exchange_status.pause_ended_at(self.clock.now))
    }

    /// Whoever a verb is not about is what they were, to the byte.
    fn check_frame(&self, before: &Self, verb: Verb) {
        let (accounts, markets, pool) = frame(verb, self.markets.len());
        let changed = self.accounts.iter().zip(&before.accounts).filter(|(is, was)| is != was).count();
        assert!(changed <= accounts, "{verb:?} changed {changed} accounts");
        let changed = self.markets.iter().zip(&before.markets).filter(|(is, was)| is != was).count();
        assert!(changed <= markets, "{verb:?} changed {changed} markets");
        assert!(pool || self.pool == before.pool, "{verb:?} changed the pool");
    }

    /// What holds between any two instructions, and what one instruction may not do.
    fn check_step(&self, before: &Self, verb: Verb) {
        self.check_frame(before, verb);
        if let Err(violation) = check_invariants(&self.view()) {
            panic!("{verb:?} broke {violation:?}");
        }
        let held: u64 = self.shares.iter().map(|shares| shares.get()).sum();
        let in_requests = self.requests.iter().map(|open| open.request.amount.get());
        let in_escrow = |kind| {
            self.requests
                .iter()
                .zip(in_requests.clone())
                .filter(|(open, _)| open.kind == kind)
                .map(|(_, sum)| sum)
                .sum()
        };
        let (shares_in_escrow, tokens_in_escrow): (u64, u64) =
            (in_escrow(RequestKind::Withdrawal), in_escrow(RequestKind::Deposit));
        assert_eq!(tokens_in_escrow, self.pool.escrow.get());
        let dead = self.pool.shares.get() - held - shares_in_escrow;
        assert!(dead == 0 || dead == perp_engine::state::DEAD_SHARES, "{dead} shares belong to nobody");

        // Insurance falls only in a bankruptcy; a price and its time never run backwards.
        if verb != Verb::ResolveBankruptcy {
            assert!(self.pool.insurance >= before.pool.insurance);
        }
        for (now, then) in self.markets.iter().zip(&before.markets) {
            if verb != Verb::ResolveBankruptcy {
                assert!(now.books.insurance >= then.books.insurance);
            }
            assert!(now.price.published >= then.price.published);
            assert!(now.price.newest_published >= then.price.newest_published);
            if now.price.published == then.price.published {
                assert_eq!(now.price.price, then.price.price, "one time has one price");
            }
        }
    }
}

/// Whether `value / shares ≥ before / shares before`; any value is worth more than a share of nothing.
fn ratio_not_below(value: i128, shares: i128, value_before: i128, shares_before: i128) -> bool {
    if shares == 0 || shares_before == 0 {
        return true;
    }
    let (whole, whole_before) = (value / shares, value_before / shares_before);
    let (rest, rest_before) = (value % shares, value_before % shares_before);
    whole > whole_before || (whole == whole_before && rest * shares_before >= rest_before * shares)
}

/// A market whose numbers a test can do in its head: no spread, impact, fee, funding or carry.
pub fn frictionless(listing: Listing) -> Listing {
    let mut parameters = listing.parameters;
    parameters.impact_limit = Ppm::ZERO;
    parameters.taker_fee = Ppm::ZERO;
    parameters.taker_fee_reducing = Ppm::ZERO;
    parameters.volatility = Ppm::ZERO;
    parameters.funding_velocity = 0;
    parameters.carry_rate = 0;
    Listing { parameters, ..listing }
}

/// One million dollars.
pub const MILLION: u64 = 1_000_000 * USDC;

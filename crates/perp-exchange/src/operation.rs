use crate::error::Refusal;
use crate::exchange::Exchange;
use crate::operations::{Change, OrderExecution};
use alloc::vec::Vec;
use perp_engine::market::price::PriceOutcome;
use perp_engine::operations::account::{DepositPlan, WithdrawalPlan};
use perp_engine::operations::exchange::StatusOrder;
use perp_engine::operations::governance::Tightening;
use perp_engine::operations::liquidity::{AllocationPlan, EpochPlan, PaymentPlan, Valuation};
use perp_engine::operations::market::SettlementPlan;
use perp_engine::operations::orders::{ArmingPlan, NewOrder, PlacementPlan};
use perp_engine::operations::position::{
    BankruptcyPlan, FundingSettlementPlan, LiquidationOrder, LiquidationPlan, Order, PnlSettlementPlan, RedemptionPlan,
    TradePlan, WaiverPlan,
};
use perp_engine::oracle::OracleReading;
use perp_engine::state::{Canceller, DelegateLimits, PriceLimit, ProposalKind};
use perp_engine::units::Atoms;

/// Everything that can be done on an exchange, named as the program's instructions. `reading` is what the oracle account
/// says that is passed along; without one the cached price counts.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, clippy::large_enum_variant)] // the fields are the arguments of the methods of the same names
pub enum Operation {
    /// [`Exchange::set_exchange_status`].
    SetExchangeStatus { order: StatusOrder },
    /// [`Exchange::donate`].
    Donate { amount: Atoms },
    /// [`Exchange::update_price`].
    UpdatePrice { market: u16, reading: OracleReading },
    /// [`Exchange::update_second_price`].
    UpdateSecondPrice { market: u16, reading: OracleReading },
    /// [`Exchange::report_oracle_outage`].
    ReportOracleOutage { market: u16 },
    /// [`Exchange::update_funding`].
    UpdateFunding { market: u16, reading: Option<OracleReading> },
    /// [`Exchange::delist_market`].
    DelistMarket { market: u16 },
    /// [`Exchange::begin_settlement`].
    BeginSettlement { market: u16 },
    /// [`Exchange::fund_claims`].
    FundClaims { market: u16 },
    /// [`Exchange::fund_insurance`].
    FundInsurance { market: Option<u16>, amount: Atoms },
    /// [`Exchange::withdraw_protocol_fees`].
    WithdrawProtocolFees { market: u16 },
    /// [`Exchange::set_backing_target`].
    SetBackingTarget { market: u16, target: Atoms },
    /// [`Exchange::set_market_status`].
    SetMarketStatus { market: u16, order: StatusOrder },
    /// [`Exchange::open_account`].
    OpenAccount { isolated_market: Option<u16> },
    /// [`Exchange::close_account`].
    CloseAccount { account: usize },
    /// [`Exchange::deposit`].
    Deposit { account: usize, amount: Atoms },
    /// [`Exchange::withdraw`].
    Withdraw { account: usize, amount: Atoms },
    /// [`Exchange::trade`].
    Trade { account: usize, market: u16, order: Order, reading: Option<OracleReading> },
    /// [`Exchange::open_orders`].
    OpenOrders { account: usize },
    /// [`Exchange::place_orders`].
    PlaceOrders { account: usize, market: u16, cancel: Vec<u8>, orders: Vec<NewOrder>, reading: Option<OracleReading> },
    /// [`Exchange::arm_order`].
    ArmOrder { account: usize, slot: usize, market: u16, reading: Option<OracleReading> },
    /// [`Exchange::execute_order`].
    ExecuteOrder { account: usize, slot: usize, market: u16, reading: OracleReading },
    /// [`Exchange::sweep_order`].
    SweepOrder { account: usize, slot: usize, market: Option<u16> },
    /// [`Exchange::close_orders`].
    CloseOrders { account: usize },
    /// [`Exchange::liquidate`].
    Liquidate {
        liquidator: usize,
        account: usize,
        market: u16,
        order: LiquidationOrder,
        reading: Option<OracleReading>,
    },
    /// [`Exchange::settle_funding`].
    SettleFunding { account: usize, market: u16 },
    /// [`Exchange::settle_pnl`].
    SettlePnl { account: usize, market: u16, reading: Option<OracleReading>, keeper: Option<usize> },
    /// [`Exchange::redeem_claim`].
    RedeemClaim { account: usize, market: u16 },
    /// [`Exchange::waive_claim`].
    WaiveClaim { account: usize, market: u16 },
    /// [`Exchange::resolve_bankruptcy`].
    ResolveBankruptcy { account: usize, market: u16 },
    /// [`Exchange::request_liquidity_deposit`].
    RequestLiquidityDeposit { provider: usize, amount: Atoms, limit: PriceLimit },
    /// [`Exchange::request_liquidity_withdrawal`].
    RequestLiquidityWithdrawal { provider: usize, shares: Atoms, limit: PriceLimit },
    /// [`Exchange::value_market`].
    ValueMarket { market: u16, reading: Option<OracleReading> },
    /// [`Exchange::close_epoch`].
    CloseEpoch,
    /// [`Exchange::pay_liquidity_request`].
    PayLiquidityRequest { request: u64 },
    /// [`Exchange::propose`].
    Propose { change: Change },
    /// [`Exchange::apply_proposal`].
    ApplyProposal { kind: ProposalKind, subject: u16, reading: Option<OracleReading> },
    /// [`Exchange::cancel_proposal`].
    CancelProposal { kind: ProposalKind, subject: u16, canceller: Canceller },
    /// [`Exchange::tighten_market`].
    TightenMarket { market: u16, to: Tightening },
    /// [`Exchange::set_delegate_limits`].
    SetDelegateLimits { account: usize, limits: DelegateLimits },
    /// [`Exchange::trade_as_delegate`].
    TradeAsDelegate { account: usize, market: u16, order: Order, reading: Option<OracleReading> },
    /// [`Exchange::allocate_backing`].
    AllocateBacking { market: u16, reading: Option<OracleReading> },
}

/// What an operation came to, with every number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::large_enum_variant)] // handed over once and never stored; boxed it could not be copied
pub enum Outcome {
    /// It is done, and there is nothing to tell.
    Done,
    /// An account was opened or a request made under this number.
    Number(u64),
    /// An amount moved: claims funded, fees withdrawn; lamports of an order gone home; or seconds accrued.
    Amount(u64),
    /// What became of a price.
    Price(PriceOutcome),
    /// A market moved to settlement.
    Settlement(SettlementPlan),
    /// A deposit.
    Deposit(DepositPlan),
    /// A withdrawal.
    Withdrawal(WithdrawalPlan),
    /// A trade.
    Trade(TradePlan),
    /// Orders placed and cancelled.
    Placement(PlacementPlan),
    /// An order armed, or the trigger of one that trails moved.
    Arming(ArmingPlan),
    /// What became of an armed order.
    Execution(OrderExecution),
    /// A liquidation.
    Liquidation(LiquidationPlan),
    /// Funding settled.
    FundingSettlement(FundingSettlementPlan),
    /// Profit or loss settled.
    PnlSettlement(PnlSettlementPlan),
    /// A claim redeemed.
    Redemption(RedemptionPlan),
    /// A claim waived.
    Waiver(WaiverPlan),
    /// A bankruptcy.
    Bankruptcy(BankruptcyPlan),
    /// A market was valued for a boundary.
    Valuation(Valuation),
    /// A boundary was closed.
    Epoch(EpochPlan),
    /// A liquidity request was paid out.
    Payment(PaymentPlan),
    /// Backing moved.
    Allocation(AllocationPlan),
}

impl Exchange {
    /// Does one operation: all of it or nothing. [`Exchange::changes`] then says what it wrote.
    ///
    /// # Errors
    /// Why it did not take place; nothing has changed.
    pub fn execute(&mut self, operation: &Operation) -> Result<Outcome, Refusal> {
        Ok(match *operation {
            Operation::SetExchangeStatus { order } => self.set_exchange_status(&order).map(|()| Outcome::Done)?,
            Operation::Donate { amount } => self.donate(amount).map(|()| Outcome::Done)?,
            Operation::UpdatePrice { market, reading } => Outcome::Price(self.update_price(market, &reading)?),
            Operation::UpdateSecondPrice { market, reading } => {
                Outcome::Price(self.update_second_price(market, &reading)?)
            }
            Operation::ReportOracleOutage { market } => self.report_oracle_outage(market).map(|()| Outcome::Done)?,
            Operation::UpdateFunding { market, reading } => {
                Outcome::Amount(self.update_funding(market, reading.as_ref())?)
            }
            Operation::DelistMarket { market } => self.delist_market(market).map(|()| Outcome::Done)?,
            Operation::BeginSettlement { market } => Outcome::Settlement(self.begin_settlement(market)?),
            Operation::FundClaims { market } => Outcome::Amount(self.fund_claims(market)?.get()),
            Operation::FundInsurance { market, amount } => {
                self.fund_insurance(market, amount).map(|()| Outcome::Done)?
            }
            Operation::WithdrawProtocolFees { market } => Outcome::Amount(self.withdraw_protocol_fees(market)?.get()),
            Operation::SetBackingTarget { market, target } => {
                self.set_backing_target(market, target).map(|()| Outcome::Done)?
            }
            Operation::SetMarketStatus { market, order } => {
                self.set_market_status(market, &order).map(|()| Outcome::Done)?
            }
            Operation::OpenAccount { isolated_market } => Outcome::Number(self.open_account(isolated_market)? as u64),
            Operation::CloseAccount { account } => self.close_account(account).map(|()| Outcome::Done)?,
            Operation::Deposit { account, amount } => Outcome::Deposit(self.deposit(account, amount)?),
            Operation::Withdraw { account, amount } => Outcome::Withdrawal(self.withdraw(account, amount)?),
            Operation::Trade { account, market, order, reading } => {
                Outcome::Trade(self.trade(account, market, &order, reading.as_ref())?)
            }
            Operation::OpenOrders { account } => self.open_orders(account).map(|()| Outcome::Done)?,
            Operation::PlaceOrders { account, market, ref cancel, ref orders, reading } => {
                Outcome::Placement(self.place_orders(account, market, cancel, orders, reading.as_ref())?)
            }
            Operation::ArmOrder { account, slot, market, reading } => {
                Outcome::Arming(self.arm_order(account, slot, market, reading.as_ref())?)
            }
            Operation::ExecuteOrder { account, slot, market, reading } => {
                Outcome::Execution(self.execute_order(account, slot, market, &reading)?)
            }
            Operation::SweepOrder { account, slot, market } => {
                Outcome::Amount(self.sweep_order(account, slot, market)?)
            }
            Operation::CloseOrders { account } => self.close_orders(account).map(|()| Outcome::Done)?,
            Operation::Liquidate { liquidator, account, market, order, reading } => {
                Outcome::Liquidation(self.liquidate(liquidator, account, market, &order, reading.as_ref())?)
            }
            Operation::SettleFunding { account, market } => {
                Outcome::FundingSettlement(self.settle_funding(account, market)?)
            }
            Operation::SettlePnl { account, market, reading, keeper } => {
                Outcome::PnlSettlement(self.settle_pnl(account, market, reading.as_ref(), keeper)?)
            }
            Operation::RedeemClaim { account, market } => Outcome::Redemption(self.redeem_claim(account, market)?),
            Operation::WaiveClaim { account, market } => Outcome::Waiver(self.waive_claim(account, market)?),
            Operation::ResolveBankruptcy { account, market } => {
                Outcome::Bankruptcy(self.resolve_bankruptcy(account, market)?)
            }
            Operation::RequestLiquidityDeposit { provider, amount, limit } => {
                Outcome::Number(self.request_liquidity_deposit(provider, amount, limit)?)
            }
            Operation::RequestLiquidityWithdrawal { provider, shares, limit } => {
                Outcome::Number(self.request_liquidity_withdrawal(provider, shares, limit)?)
            }
            Operation::ValueMarket { market, reading } => {
                Outcome::Valuation(self.value_market(market, reading.as_ref())?)
            }
            Operation::CloseEpoch => Outcome::Epoch(self.close_epoch()?),
            Operation::PayLiquidityRequest { request } => Outcome::Payment(self.pay_liquidity_request(request)?),
            Operation::Propose { ref change } => self.propose(change).map(|()| Outcome::Done)?,
            Operation::ApplyProposal { kind, subject, reading } => {
                let listed = self.apply_proposal(kind, subject, reading.as_ref())?;
                listed.map_or(Outcome::Done, |index| Outcome::Number(u64::from(index)))
            }
            Operation::CancelProposal { kind, subject, canceller } => {
                self.cancel_proposal(kind, subject, canceller).map(|()| Outcome::Done)?
            }
            Operation::TightenMarket { market, to } => self.tighten_market(market, &to).map(|()| Outcome::Done)?,
            Operation::SetDelegateLimits { account, limits } => {
                self.set_delegate_limits(account, &limits).map(|()| Outcome::Done)?
            }
            Operation::TradeAsDelegate { account, market, order, reading } => {
                Outcome::Trade(self.trade_as_delegate(account, market, &order, reading.as_ref())?)
            }
            Operation::AllocateBacking { market, reading } => {
                Outcome::Allocation(self.allocate_backing(market, reading.as_ref())?)
            }
        })
    }
}

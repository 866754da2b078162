//! One line of a transcript: an operation, what became of it, and what it wrote.

use super::description::{market_parameters, pool_parameters};
use super::state::epochs::{ClosedRecord, RequestRecord, WaitingRecord};
use super::state::orders::BookRecord;
use super::state::{AccountRecord, ExchangeRecord, MarketRecord, PoolRecord};
use perp_engine::operations::exchange::{StatusAuthority, StatusOrder};
use perp_engine::operations::liquidity::Valuation;
use perp_engine::operations::orders::{NewOrder, OrderOutcome};
use perp_engine::oracle::{OracleReading, ReadingError};
use perp_engine::state::{Canceller, Parameters, PoolParameters, PriceLimit, ProposalKind};
use perp_exchange::{Change, Exchange, Operation, Outcome, Refusal};
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;
use std::io;

/// What an oracle account says, also where it is no reading.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Reading {
    pub price: i64,
    pub confidence: u64,
    pub exponent: i32,
    pub publish_time: i64,
    pub previous_publish_time: i64,
}

impl Reading {
    pub fn checked(&self) -> Result<OracleReading, ReadingError> {
        let reading = OracleReading::new(self.price, self.confidence, self.exponent, self.publish_time)?;
        Ok(reading.with_previous(self.previous_publish_time))
    }

    fn of(reading: &OracleReading) -> Self {
        Self {
            price: i64::try_from(reading.price()).expect("a reading's price is an i64"),
            confidence: reading.confidence(),
            exponent: reading.exponent(),
            publish_time: reading.publish_time(),
            previous_publish_time: reading.previous_publish_time(),
        }
    }
}

/// The name of the program's error for what is no reading.
pub fn reading_error(error: ReadingError) -> &'static str {
    match error {
        ReadingError::ExponentOutOfRange => "OracleExponentOutOfRange",
        ReadingError::PriceNotPositive => "OraclePriceNotPositive",
        ReadingError::ConfidenceOutOfRange => "OracleConfidenceOutOfRange",
        ReadingError::PublishTimeNotPositive => "OraclePublishTimeNotPositive",
    }
}

/// The name of the rule that refused.
pub fn refusal_name(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::Rule(rule) => rule.name(),
        Refusal::SelfLiquidation => "SelfLiquidation",
        Refusal::OrdersNotEmpty { .. } => "OrdersNotEmpty",
        Refusal::ProposalOpen { .. } => "ProposalOpen",
        missing => panic!("the crowd asked for something that is not there: {missing}"),
    }
}

/// The arguments of any operation; what it does not take is left out.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Arguments<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    liquidator: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    market: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    isolated_market: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    acceptable_price: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reduce_only: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_size: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    min_bounty: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    amount: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    holder: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    keeper: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seconds: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cancel: Option<&'a [u8]>,
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "write_orders")]
    orders: Option<&'a [NewOrder]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reading: Option<Reading>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parameters: Option<ParameterSet<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    second_max_deviation: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    second_max_age: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    open_interest_cap: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    open_interest_low: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_confidence_to_increase: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<u16>,
    /// The proposal that the operation is about.
    #[serde(skip)]
    proposal: Option<(ProposalKind, u16)>,
}

#[derive(Serialize)]
struct NewOrderRecord {
    size: i64,
    trigger: u8,
    trigger_price: u64,
    trailing: u32,
    acceptable_price: u64,
    reduce_only: bool,
    active_from: i64,
    expires: i64,
    slices: u16,
    seconds_between: u32,
    group: u8,
    parent: Option<u8>,
    lamports: u64,
}

fn write_orders<S: Serializer>(orders: &Option<&[NewOrder]>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(orders.unwrap_or_default().iter().map(|order| NewOrderRecord {
        size: order.size.get(),
        trigger: order.trigger as u8,
        trigger_price: order.trigger_price.get(),
        trailing: order.trailing.get(),
        acceptable_price: order.acceptable_price.get(),
        reduce_only: order.reduce_only,
        active_from: order.active_from.get(),
        expires: order.expires.get(),
        slices: order.slices,
        seconds_between: order.seconds_between,
        group: order.group,
        parent: order.parent,
        lamports: order.lamports,
    }))
}

impl Arguments<'_> {
    /// Those of a price update that may be no reading.
    pub fn of_reading(market: u16, reading: Reading) -> Self {
        Self { market: Some(market), reading: Some(reading), ..Self::default() }
    }
}

/// The operation's name and arguments. `exchange` is the one before it; requests are numbered by `next_request` on.
pub fn describe<'a>(operation: &'a Operation, exchange: &Exchange, next_request: u64) -> (&'static str, Arguments<'a>) {
    let none = Arguments::default();
    let of = |account: usize, market: u16| Arguments { account: Some(account), market: Some(market), ..none };
    let market_of = |market: u16| Arguments { market: Some(market), ..none };
    let holding = |account: usize| Arguments { account: Some(account), ..none };
    let with = |reading: &Option<OracleReading>| reading.as_ref().map(Reading::of);
    let status = |order: &StatusOrder| {
        let role = match order.authority {
            StatusAuthority::RiskAdmin => "risk_admin",
            StatusAuthority::Guardian => "guardian",
        };
        Arguments { status: Some(order.status as u8), seconds: Some(order.seconds), role: Some(role), ..none }
    };
    let requested = |holder: usize, amount: u64, limit: &PriceLimit| Arguments {
        holder: Some(holder),
        nonce: Some(next_request),
        amount: Some(amount),
        limit: Some(*limit as u8),
        ..none
    };
    match operation {
        Operation::SetExchangeStatus { order } => ("set_exchange_status", status(order)),
        Operation::Donate { .. } => unreachable!("nobody donates here"),
        Operation::UpdatePrice { market, reading } => {
            ("update_prices", Arguments { reading: Some(Reading::of(reading)), ..market_of(*market) })
        }
        Operation::UpdateSecondPrice { market, reading } => {
            ("update_second_price", Arguments { reading: Some(Reading::of(reading)), ..market_of(*market) })
        }
        Operation::ReportOracleOutage { market } => ("report_oracle_outage", market_of(*market)),
        Operation::UpdateFunding { market, reading } => {
            ("update_funding", Arguments { reading: with(reading), ..market_of(*market) })
        }
        Operation::FundClaims { market } => ("fund_claims", market_of(*market)),
        Operation::FundInsurance { market, amount } => {
            ("fund_insurance", Arguments { market: *market, amount: Some(amount.get()), ..none })
        }
        Operation::WithdrawProtocolFees { market } => ("withdraw_protocol_fees", market_of(*market)),
        Operation::SetBackingTarget { market, target } => {
            ("set_backing_target", Arguments { target: Some(target.get()), ..market_of(*market) })
        }
        Operation::SetMarketStatus { market, order } => {
            ("set_market_status", Arguments { market: Some(*market), ..status(order) })
        }
        Operation::DelistMarket { market } => ("delist_market", market_of(*market)),
        Operation::BeginSettlement { market } => ("begin_settlement", market_of(*market)),
        Operation::OpenAccount { isolated_market } => {
            ("open_account", Arguments { isolated_market: *isolated_market, ..holding(exchange.accounts().len()) })
        }
        Operation::CloseAccount { account } => ("close_account", holding(*account)),
        Operation::Deposit { account, amount } => {
            ("deposit", Arguments { amount: Some(amount.get()), ..holding(*account) })
        }
        Operation::Withdraw { account, amount } => {
            ("withdraw", Arguments { amount: Some(amount.get()), ..holding(*account) })
        }
        Operation::Trade { account, market, order, reading } => (
            "trade",
            Arguments {
                size: Some(order.size.get()),
                acceptable_price: Some(order.acceptable_price.get()),
                reduce_only: Some(order.reduce_only),
                reading: with(reading),
                ..of(*account, *market)
            },
        ),
        Operation::OpenOrders { account } => ("open_orders", holding(*account)),
        Operation::PlaceOrders { account, market, cancel, orders, reading } => (
            "place_orders",
            Arguments { cancel: Some(cancel), orders: Some(orders), reading: with(reading), ..of(*account, *market) },
        ),
        Operation::ArmOrder { account, slot, market, reading } => {
            ("arm_order", Arguments { place: Some(*slot), reading: with(reading), ..of(*account, *market) })
        }
        Operation::ExecuteOrder { account, slot, market, reading } => {
            let reading = Some(Reading::of(reading));
            ("execute_order", Arguments { place: Some(*slot), reading, ..of(*account, *market) })
        }
        Operation::SweepOrder { account, slot, market } => {
            ("sweep_order", Arguments { place: Some(*slot), market: *market, ..holding(*account) })
        }
        Operation::CloseOrders { account } => ("close_orders", holding(*account)),
        Operation::Liquidate { liquidator, account, market, order, reading } => (
            "liquidate",
            Arguments {
                liquidator: Some(*liquidator),
                max_size: Some(order.max_size.get()),
                min_bounty: Some(order.min_bounty.get()),
                reading: with(reading),
                ..of(*account, *market)
            },
        ),
        Operation::SettleFunding { account, market } => ("settle_funding", of(*account, *market)),
        Operation::SettlePnl { account, market, reading, keeper } => {
            ("settle_pnl", Arguments { reading: with(reading), keeper: *keeper, ..of(*account, *market) })
        }
        Operation::RedeemClaim { account, market } => ("redeem_claim", of(*account, *market)),
        Operation::WaiveClaim { account, market } => ("waive_claim", of(*account, *market)),
        Operation::ResolveBankruptcy { account, market } => ("resolve_bankruptcy", of(*account, *market)),
        Operation::RequestLiquidityDeposit { provider, amount, limit } => {
            ("request_liquidity_deposit", requested(*provider, amount.get(), limit))
        }
        Operation::RequestLiquidityWithdrawal { provider, shares, limit } => {
            ("request_liquidity_withdrawal", requested(*provider, shares.get(), limit))
        }
        Operation::ValueMarket { market, reading } => {
            ("value_market", Arguments { reading: with(reading), ..market_of(*market) })
        }
        Operation::CloseEpoch => ("close_epoch", none),
        Operation::PayLiquidityRequest { request } => {
            let holder = exchange.request(*request).expect("an open request").provider;
            ("pay_liquidity_request", Arguments { holder: Some(holder), nonce: Some(*request), ..none })
        }
        Operation::AllocateBacking { market, reading } => {
            ("allocate_backing", Arguments { reading: with(reading), ..market_of(*market) })
        }
        Operation::Propose { change } => describe_change(change),
        Operation::ApplyProposal { kind, subject, reading } => {
            let about_market = matches!(kind, ProposalKind::Parameters | ProposalKind::Oracle);
            let arguments = Arguments {
                market: about_market.then_some(*subject),
                reading: with(reading),
                proposal: Some((*kind, *subject)),
                ..none
            };
            let name = match kind {
                ProposalKind::Parameters => "apply_parameters",
                ProposalKind::Oracle => "apply_oracle",
                ProposalKind::PoolParameters => "apply_pool_parameters",
                ProposalKind::Insurance => "apply_insurance",
                ProposalKind::Listing | ProposalKind::Role => unreachable!("nobody proposes it here"),
            };
            (name, arguments)
        }
        Operation::CancelProposal { kind, subject, canceller } => {
            let role = match canceller {
                Canceller::Proposer => Some("risk_admin"),
                Canceller::Guardian => Some("guardian"),
                Canceller::Anybody => None,
            };
            let proposal = Some((*kind, *subject));
            (
                "cancel_proposal",
                Arguments { kind: Some(kind_name(*kind)), subject: Some(*subject), role, proposal, ..none },
            )
        }
        Operation::TightenMarket { market, to } => (
            "tighten_market",
            Arguments {
                open_interest_cap: Some(to.open_interest_cap.get()),
                open_interest_low: Some(to.open_interest_low.get()),
                max_confidence_to_increase: Some(to.max_confidence_to_increase.get()),
                ..market_of(*market)
            },
        ),
        Operation::SetDelegateLimits { .. } | Operation::TradeAsDelegate { .. } => {
            unreachable!("everybody acts for himself here")
        }
    }
}

fn describe_change(change: &Change) -> (&'static str, Arguments<'_>) {
    let none = Arguments::default();
    match change {
        Change::Parameters { market, parameters } => (
            "propose_parameters",
            Arguments {
                market: Some(*market),
                parameters: Some(ParameterSet::Market(parameters)),
                proposal: Some((ProposalKind::Parameters, *market)),
                ..none
            },
        ),
        Change::Oracle { market, second_max_deviation, second_max_age } => (
            "propose_oracle",
            Arguments {
                market: Some(*market),
                second_max_deviation: Some(second_max_deviation.get()),
                second_max_age: Some(*second_max_age),
                proposal: Some((ProposalKind::Oracle, *market)),
                ..none
            },
        ),
        Change::PoolParameters(parameters) => (
            "propose_pool_parameters",
            Arguments {
                parameters: Some(ParameterSet::Pool(parameters)),
                proposal: Some((ProposalKind::PoolParameters, 0)),
                ..none
            },
        ),
        Change::Insurance { amount } => (
            "propose_insurance",
            Arguments { amount: Some(amount.get()), proposal: Some((ProposalKind::Insurance, 0)), ..none },
        ),
        Change::Listing(_) | Change::Role { .. } => unreachable!("nobody proposes it here"),
    }
}

/// A set of parameters by their names.
#[derive(Clone, Copy, Debug)]
enum ParameterSet<'a> {
    Market(&'a Parameters),
    Pool(&'a PoolParameters),
}

impl Serialize for ParameterSet<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Market(parameters) => market_parameters(parameters).serialize(serializer),
            Self::Pool(parameters) => pool_parameters(parameters).serialize(serializer),
        }
    }
}

fn kind_name(kind: ProposalKind) -> &'static str {
    match kind {
        ProposalKind::Parameters => "parameters",
        ProposalKind::Oracle => "oracle",
        ProposalKind::PoolParameters => "pool_parameters",
        ProposalKind::Insurance => "insurance",
        ProposalKind::Listing => "listing",
        ProposalKind::Role => "role",
    }
}

/// What is left of a proposal; nothing once it is gone.
#[derive(Serialize)]
struct ProposalRecord {
    kind: &'static str,
    subject: u16,
    left: Option<LeftRecord>,
}

#[derive(Serialize)]
struct LeftRecord {
    proposed_at: i64,
    ripe_from: i64,
    replaces: u64,
    steps: u32,
}

impl ProposalRecord {
    fn of((kind, subject): (ProposalKind, u16), exchange: &Exchange) -> Self {
        let left = exchange.proposal(kind, subject).ok().map(|open| LeftRecord {
            proposed_at: open.proposal.proposed_at.get(),
            ripe_from: open.proposal.ripe_from.get(),
            replaces: open.proposal.replaces,
            steps: open.proposal.steps,
        });
        Self { kind: kind_name(kind), subject, left }
    }
}

/// What an operation paid out to whoever called it and to the owner of a request or an order, what it kept for owners, and what an
/// order paid that could not be filled.
#[derive(Default, Serialize)]
struct Paid {
    lamports: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    lamports_kept: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lamports_returned: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    forfeited: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tokens: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    shares: Option<u64>,
}

impl Paid {
    fn of(operation: &str, outcome: &Outcome) -> Option<Self> {
        let none = Self::default();
        let home = |lamports: u64| Self { lamports_returned: Some(lamports), ..Self::default() };
        Some(match outcome {
            Outcome::Valuation(Valuation::Valued { lamports, .. }) => Self { lamports: *lamports, ..none },
            Outcome::Epoch(plan) => Self { lamports: plan.lamports, lamports_kept: Some(plan.lamports_kept), ..none },
            Outcome::Payment(plan) => {
                let (tokens, shares) = (Some(plan.tokens.get()), Some(plan.shares.get()));
                Self { lamports: plan.lamports, tokens, shares, ..none }
            }
            Outcome::Placement(plan) => home(plan.returned),
            Outcome::Execution(done) => {
                let forfeited = match done.plan.outcome {
                    OrderOutcome::Forfeited { paid } => paid.get(),
                    OrderOutcome::Filled(_) | OrderOutcome::Disarmed => 0,
                };
                let forfeited = Some(forfeited);
                Self { lamports: done.lamports.tip, forfeited, ..home(done.lamports.returned) }
            }
            Outcome::Amount(lamports) if operation == "sweep_order" => home(*lamports),
            _ => return None,
        })
    }
}

/// Everything that an operation wrote.
#[derive(Serialize)]
struct After {
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    accounts: BTreeMap<usize, Option<AccountRecord>>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    markets: BTreeMap<u16, MarketRecord>,
    /// Nothing once their account is closed.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    orders: BTreeMap<usize, Option<BookRecord>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    order_lamports: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pool: Option<PoolRecord>,
    /// With the pool, in whose account it lies.
    #[serde(skip_serializing_if = "Option::is_none")]
    queue: Option<Vec<WaitingRecord>>,
    /// What waits for whatever boundary is kept next.
    #[serde(skip_serializing_if = "Option::is_none")]
    rest: Option<WaitingRecord>,
    /// The one that was closed or paid from, by its boundary; nothing once it is paid out.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    epochs: BTreeMap<i64, Option<ClosedRecord>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    share_escrow: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exchange: Option<ExchangeRecord>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    holders: BTreeMap<usize, u64>,
    /// Nothing once the request is gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    request: Option<Option<RequestRecord>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    paid: Option<Paid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    proposal: Option<ProposalRecord>,
}

impl After {
    fn of(operation: &str, exchange: &Exchange, arguments: &Arguments<'_>, outcome: &Outcome) -> Self {
        let changes = exchange.changes();
        let epoch = match outcome {
            Outcome::Epoch(plan) => Some(plan.closed.boundary),
            Outcome::Payment(plan) => Some(plan.closed.boundary),
            _ => None,
        };
        let account = |number: &usize| (*number, exchange.account(*number).ok().map(AccountRecord::of));
        let market = |index: &u16| (*index, MarketRecord::of(exchange.market(*index).expect("a listed market")));
        let book = |number: &usize| (*number, exchange.orders_of(*number).ok().map(BookRecord::of));
        let holders = arguments.holder.map(|holder| (holder, exchange.providers()[holder].shares.get()));
        let request = |nonce| exchange.request(nonce).ok().map(|open| RequestRecord::of(&open.request));
        Self {
            accounts: changes.accounts.iter().map(account).collect(),
            markets: changes.markets.iter().map(market).collect(),
            orders: changes.orders.iter().map(book).collect(),
            order_lamports: (!changes.orders.is_empty()).then_some(exchange.order_lamports),
            pool: changes.pool.then(|| PoolRecord::of(&exchange.pool)),
            queue: changes.pool.then(|| WaitingRecord::all(&exchange.queue)),
            rest: changes.pool.then(|| WaitingRecord::of(&exchange.queue.rest)),
            epochs: epoch
                .into_iter()
                .map(|boundary| (boundary.get(), exchange.epochs().get(&boundary).map(ClosedRecord::of)))
                .collect(),
            share_escrow: changes.pool.then(|| exchange.share_escrow.get()),
            exchange: changes.exchange.then(|| ExchangeRecord::of(&exchange.state)),
            holders: holders.into_iter().collect(),
            request: arguments.nonce.map(request),
            paid: Paid::of(operation, outcome),
            proposal: arguments.proposal.map(|proposal| ProposalRecord::of(proposal, exchange)),
        }
    }
}

#[derive(Serialize)]
struct Line<'a> {
    now: i64,
    slot: u64,
    op: &'static str,
    #[serde(flatten)]
    arguments: &'a Arguments<'a>,
    result: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<After>,
}

/// Writes the line of an operation; `exchange` is the one after it.
pub fn write_line(
    output: &mut impl io::Write,
    op: &'static str,
    arguments: &Arguments<'_>,
    outcome: Result<&Outcome, &'static str>,
    exchange: &Exchange,
) -> io::Result<()> {
    let (result, after) = match outcome {
        Ok(outcome) => ("ok", Some(After::of(op, exchange, arguments, outcome))),
        Err(refusal) => (refusal, None),
    };
    let (now, slot) = (exchange.clock.now.get(), exchange.clock.slot);
    serde_json::to_writer(&mut *output, &Line { now, slot, op, arguments, result, after })?;
    writeln!(output)
}

//! On-chain perpetual swap exchange: margin accounts and markets as PDAs, Pyth prices, funding, permissionless
//! liquidation. Every formula is in `perp-engine`; this program checks accounts, plans with the engine, applies the
//! plan, emits an event and moves tokens.

#![deny(clippy::arithmetic_side_effects, unsafe_code)]
// Anchor's macros expand to code these lints object to.
#![allow(unexpected_cfgs, clippy::diverging_sub_expression)]

pub mod access;
pub mod arguments;
pub mod constants;
pub mod context;
mod data;
mod due;
pub mod errors;
pub mod events;
pub mod instructions;
pub mod lamports;
pub mod token;

/// The program's accounts.
pub mod state {
    pub use perp_accounts::{
        EpochRecord, Exchange, LiquidityRequest, MarginAccount, Market, Orders, Pool, Proposal, VERSION,
    };
}

#[cfg(target_arch = "bpf")]
extern crate sbf_builtins as _;

use anchor_lang::event::EVENT_IX_TAG_LE;
use anchor_lang::prelude::*;
use anchor_lang::solana_program::entrypoint::ProgramResult;
use arguments::{LiquidityParameters, MarketParameters, OracleSource, OrderTerms};
use data::check_length;
use instructions::*;
use perp_engine::state::{Role, Status};

#[cfg(all(feature = "entrypoint", not(feature = "oracle")))]
compile_error!("the program reads oracle accounts: build it with the feature `oracle`");
#[cfg(not(feature = "no-entrypoint"))]
compile_error!(
    "Anchor's entrypoint lets trailing data pass: use the feature `entrypoint`, or `no-entrypoint` for a library"
);

perp_accounts::program_id!(declare_id);

// A program that calls this one has an entrypoint of its own.
#[cfg(any(test, all(feature = "entrypoint", not(feature = "cpi"), target_os = "solana")))]
#[allow(unsafe_code)]
mod entrypoint;

/// Runs one instruction: what the entrypoint calls, on chain and in tests.
///
/// # Errors
/// Any of [`ExchangeError`](errors::ExchangeError), of Anchor's own codes and of the programs it calls.
pub fn process<'info>(
    program_id: &'info Pubkey,
    accounts: &'info [AccountInfo<'info>],
    data: &'info [u8],
) -> ProgramResult {
    if is_own_event(accounts, data) {
        return Ok(());
    }
    check_length(data).inspect_err(|error| error.log())?;
    entry(program_id, accounts, data)
}

/// Whether the program calls itself to record an event, which nothing reads: it alone can sign for the authority. Anchor
/// would ask whether it is any of the instructions first, and refuses what only looks like it.
fn is_own_event(accounts: &[AccountInfo<'_>], data: &[u8]) -> bool {
    data.starts_with(EVENT_IX_TAG_LE)
        && accounts.first().is_some_and(|authority| authority.is_signer && *authority.key == EVENT_AUTHORITY_AND_BUMP.0)
}

/// The program's instructions. Anchor looks for the one it was sent in this order, so what is sent most stands first.
#[program]
pub mod perp_swap {
    use super::*;

    /// Fills a market order at once against the market's backing, after the market's price account, where passed, is
    /// read and funding accrued.
    ///
    /// Authority: the margin account's owner or its delegate.
    ///
    /// Remaining accounts: the markets of the margin account's other positions, read-only, in any order;
    /// markets of the exchange in which it holds nothing are passed over.
    ///
    /// Arguments:
    /// - `size`: base units; positive buys, negative sells.
    /// - `acceptable_price`: worst average price, in 2^-40 atoms per base unit; for any price `ANY_PRICE_BUY` or
    ///   `ANY_PRICE_SELL`. Zero is refused.
    /// - `reduce_only`: shrinks the order to the position and never opens one.
    ///
    /// Errors: `PriceBoundExceeded`, `InitialMargin`, `MarketCapacity`, `OpenInterestCap`, `BelowMinimumPosition`,
    /// `SameSlotReduction`, `PriceStale`, `ClockBehind`, `PriceTooUncertain`, `MarketSettled`, `SettlementDue`, `Paused`,
    /// `ReduceOnly`.
    #[access_control(ctx.accounts.validate())]
    pub fn trade<'info>(
        ctx: Context<'info, Trade<'info>>,
        size: i64,
        acceptable_price: u64,
        reduce_only: bool,
    ) -> Result<()> {
        instructions::trade(ctx, size, acceptable_price, reduce_only)
    }

    /// Closes part or all of a position at the index where its margin account's equity is below the maintenance margin.
    /// The bounty is credited to the liquidator's margin account.
    ///
    /// Authority: owner or delegate of the margin account that receives the bounty; of the liquidated one nobody signs.
    ///
    /// Remaining accounts: the markets of the margin account's other positions, read-only, in any order;
    /// markets of the exchange in which it holds nothing are passed over.
    ///
    /// Arguments:
    /// - `max_size`: largest size to close, in base units; what would leave less than the minimum position closes
    ///   whole.
    /// - `min_bounty`: least bounty, in atoms; zero for any.
    ///
    /// Errors: `NotLiquidatable`, `SelfLiquidation`, `BountyTooSmall`, `LiquidationWorsensHealth`, `PriceStale`,
    /// `ClockBehind`, `SettlementNotice`, `Paused`.
    #[access_control(ctx.accounts.validate())]
    pub fn liquidate<'info>(ctx: Context<'info, Liquidate<'info>>, max_size: u64, min_bounty: u64) -> Result<()> {
        instructions::liquidate(ctx.accounts, ctx.remaining_accounts, max_size, min_bounty)
    }

    /// `liquidate` where it is due: where a rule refuses it, and where the margin account is gone, nothing happens, and the
    /// transaction's other instructions go on. The log names the rule.
    ///
    /// Authority: as for `liquidate`.
    ///
    /// Remaining accounts: as for `liquidate`.
    ///
    /// Arguments:
    /// - `max_size`: as for `liquidate`.
    /// - `min_bounty`: as for `liquidate`.
    ///
    /// Errors: `SelfLiquidation`, `ExchangeMismatch`, `NotAuthorized`.
    pub fn liquidate_if_due<'info>(
        ctx: Context<'info, LiquidateIfDue<'info>>,
        max_size: u64,
        min_bounty: u64,
    ) -> Result<()> {
        instructions::liquidate_if_due(ctx.accounts, ctx.remaining_accounts, max_size, min_bounty)
    }

    /// Settles a position's funding up to now, redeems what is funded of its claim and, once the position is closed, pays its
    /// debt as far as the balance goes.
    ///
    /// Authority: anybody.
    ///
    /// Errors: `NoPosition`, `Paused`.
    #[access_control(ctx.accounts.validate())]
    pub fn settle_funding(ctx: Context<SettleFunding>) -> Result<()> {
        instructions::settle_funding(ctx)
    }

    /// Turns a position's unrealized profit, as far as the market can pay it, or its loss into cash, after the market's
    /// price account, where passed, is read. Equity does not fall. In the last 6 s before a boundary that the exchange waits
    /// for, a basis point of what moved is paid to the margin account passed for it, out of what requests have paid for that,
    /// once in 600 s for a position.
    ///
    /// Authority: anybody.
    ///
    /// Errors: `NoPosition`, `RewardToItself`, `Paused`.
    #[access_control(ctx.accounts.validate())]
    pub fn settle_pnl(ctx: Context<SettlePnl>) -> Result<()> {
        instructions::settle_pnl(ctx)
    }

    /// Pays out what is funded of a margin account's claim. Works in every status.
    ///
    /// Authority: anybody.
    ///
    /// Errors: `NoPosition`, `NothingToRedeem`.
    #[access_control(ctx.accounts.validate())]
    pub fn redeem_claim(ctx: Context<RedeemClaim>) -> Result<()> {
        instructions::redeem_claim(ctx)
    }

    /// Redeems what is funded of a margin account's claim and gives up the rest, so that the account can be closed.
    /// Works in every status.
    ///
    /// Authority: the owner.
    ///
    /// Errors: `NotTheOwner`, `NoPosition`, `NoClaim`, `PositionsOpen`, `DebtOutstanding`.
    #[access_control(ctx.accounts.validate())]
    pub fn waive_claim(ctx: Context<WaiveClaim>) -> Result<()> {
        instructions::waive_claim(ctx)
    }

    /// Settles what a bankrupt margin account without open positions owes a market: out of its balance, the market's insurance
    /// and the shared one up to its limits; the rest is written off. Up to its claims without cash it owes what others paid to
    /// the market's insurance.
    ///
    /// Authority: anybody.
    ///
    /// Remaining accounts: the markets of the margin account's other slots, read-only, in any order;
    /// markets of the exchange in which it holds nothing are passed over.
    ///
    /// Errors: `NotBankrupt`, `PositionsOpen`, `NoDebt`, `ClaimNotRedeemed`, `MarketMissing`, `Paused`.
    #[access_control(ctx.accounts.validate())]
    pub fn resolve_bankruptcy<'info>(ctx: Context<'info, ResolveBankruptcy<'info>>) -> Result<()> {
        instructions::resolve_bankruptcy(ctx)
    }

    /// Reads price accounts into the caches of their markets and accrues funding at what they say. A price that is not newer
    /// than the cached one is no error: a good one enters the second it was published in. Works in every status.
    ///
    /// Authority: anybody.
    ///
    /// Remaining accounts: one or more pairs of a market of the exchange, writable, and its price account, read-only.
    ///
    /// Errors: `PricePairs`, `MarketNotWritable`, `ExchangeMismatch`, `PriceOutOfRange`, and
    /// those about oracles.
    #[access_control(ctx.accounts.validate())]
    pub fn update_prices<'info>(ctx: Context<'info, UpdatePrices<'info>>) -> Result<()> {
        instructions::update_prices(ctx)
    }

    /// Keeps the newest price of a market's second oracle, out of whose bound no price of the first is taken in. One that is
    /// not newer, too wide or ahead of the clock is no error. Works in every status and changes nothing else.
    ///
    /// Authority: anybody.
    ///
    /// Errors: `NoSecondOracle`, `PriceOutOfRange`, and those about oracles.
    #[access_control(ctx.accounts.validate())]
    pub fn update_second_price(ctx: Context<UpdateSecondPrice>) -> Result<()> {
        instructions::update_second_price(ctx)
    }

    /// Accrues a market's funding and carry up to now, after its price account, where passed, is read. Works in every
    /// status.
    ///
    /// Authority: anybody.
    ///
    /// Errors: `PriceStale`, `FundingIndexFull`, and those about oracles.
    #[access_control(ctx.accounts.validate())]
    pub fn update_funding(ctx: Context<UpdateFunding>) -> Result<()> {
        instructions::update_funding(ctx)
    }

    /// Arms a resting order that is met, so that it fills at the one reading of a moment a few seconds later; or moves the trigger
    /// of one that trails. An order by price is met by the reading that is passed, from any account of the market's oracle
    /// program. One that may increase is armed only where it could be filled now. Until it fills its margin account withdraws
    /// nothing.
    ///
    /// Authority: anybody.
    ///
    /// Remaining accounts: the markets of the margin account's other positions, read-only, in any order;
    /// markets of the exchange in which it holds nothing are passed over.
    ///
    /// Arguments:
    /// - `slot`: the order's place, 0 to 15.
    ///
    /// Errors: `NoOrder`, `OrderNotMet`, `OrderArmed`, `OrderAsleep`, `OrderDead`, `InitialMargin`,
    /// `ClockBehind`, `MarketSettled`, `Paused`, and those about oracles.
    #[access_control(ctx.accounts.validate())]
    pub fn arm_order<'info>(ctx: Context<'info, ArmOrder<'info>>, slot: u8) -> Result<()> {
        instructions::arm_order(ctx.accounts, ctx.remaining_accounts, slot)
    }

    /// `arm_order` where it is due: where a rule refuses it, and where the orders' account is gone, nothing happens, and the
    /// transaction's other instructions go on. The log names the rule.
    ///
    /// Authority: anybody.
    ///
    /// Remaining accounts: as for `arm_order`.
    ///
    /// Arguments:
    /// - `slot`: as for `arm_order`.
    ///
    /// Errors: `ExchangeMismatch`, `WrongOrders`.
    pub fn arm_order_if_due<'info>(ctx: Context<'info, ArmOrderIfDue<'info>>, slot: u8) -> Result<()> {
        instructions::arm_order_if_due(ctx.accounts, ctx.remaining_accounts, slot)
    }

    /// Fills an armed order at the one reading with `prev_publish_time < fills_from <= publish_time <= fills_from + 10`, from any
    /// account of the market's oracle program. Worse than its acceptable price it waits on; one that may increase and that its
    /// account or its market cannot bear is over and costs its owner what it has lost by the market's newest price. The order pays
    /// the caller; what is left of one that is over goes to the owner.
    ///
    /// Authority: anybody.
    ///
    /// Remaining accounts: the markets of the margin account's other positions, read-only, in any order;
    /// markets of the exchange in which it holds nothing are passed over.
    ///
    /// Arguments:
    /// - `slot`: the order's place, 0 to 15.
    ///
    /// Errors: `NoOrder`, `OrderNotArmed`, `OrderDead`, `NoFillReading`, `ClockBehind`, `PriceTooUncertain`, `MarketSettled`,
    /// `Paused`, `ReduceOnly`, and those about oracles.
    #[access_control(ctx.accounts.validate())]
    pub fn execute_order<'info>(ctx: Context<'info, ExecuteOrder<'info>>, slot: u8) -> Result<()> {
        instructions::execute_order(ctx.accounts, ctx.remaining_accounts, slot)
    }

    /// `execute_order` where it is due: where a rule refuses it, and where the orders' account is gone, nothing happens, and the
    /// transaction's other instructions go on. The log names the rule.
    ///
    /// Authority: anybody.
    ///
    /// Remaining accounts: as for `execute_order`.
    ///
    /// Arguments:
    /// - `slot`: as for `execute_order`.
    ///
    /// Errors: `ExchangeMismatch`, `WrongReceiver`, `WrongOrders`.
    pub fn execute_order_if_due<'info>(ctx: Context<'info, ExecuteOrderIfDue<'info>>, slot: u8) -> Result<()> {
        instructions::execute_order_if_due(ctx.accounts, ctx.remaining_accounts, slot)
    }

    /// Cancels resting orders and places new ones, all of them or none, in one market. What new orders hold is paid by whoever
    /// signs; what cancelled ones held goes to the owner. An order by time that is due is armed at once.
    ///
    /// Authority: the margin account's owner or its delegate.
    ///
    /// Remaining accounts: the markets of the margin account's other positions, read-only, in any order;
    /// markets of the exchange in which it holds nothing are passed over.
    ///
    /// Arguments:
    /// - `cancel`: places of orders to cancel, 0 to 15, a byte each; with an order those go that sleep until its fill.
    /// - `orders`: the new orders; each takes the first free place.
    ///
    /// Errors: `NotAuthorized`, `NoOrder`, `OrderArmed`, `NoFreeOrder`, `OrderTerms`, `OrderTipTooSmall`, `SizeOutOfRange`,
    /// `AcceptablePriceZero`, `NoPosition`, `ReduceOnlyViolated`, `MarketSettled`.
    #[access_control(ctx.accounts.validate())]
    pub fn place_orders<'info>(
        ctx: Context<'info, PlaceOrders<'info>>,
        cancel: Vec<u8>,
        orders: Vec<OrderTerms>,
    ) -> Result<()> {
        instructions::place_orders(ctx, cancel, orders)
    }

    /// Takes a dead order out, and those that sleep until its fill: one that has expired or is void, one whose position is gone,
    /// and one whose market has ended, where that is passed. What they held goes to the owner. Works in every status.
    ///
    /// Authority: anybody.
    ///
    /// Arguments:
    /// - `slot`: the order's place, 0 to 15.
    ///
    /// Errors: `NoOrder`, `OrderAlive`, `MarketMissing`.
    #[access_control(ctx.accounts.validate())]
    pub fn sweep_order(ctx: Context<SweepOrder>, slot: u8) -> Result<()> {
        instructions::sweep_order(ctx, slot)
    }

    /// Opens the account of a margin account's resting orders.
    ///
    /// Authority: the margin account's owner; whoever pays its rent signs.
    ///
    /// Errors: `NotTheOwner`.
    #[access_control(ctx.accounts.validate())]
    pub fn open_orders(ctx: Context<OpenOrders>) -> Result<()> {
        instructions::open_orders(ctx)
    }

    /// Closes the account of a margin account's resting orders, in which no order is left; its rent goes to the owner.
    ///
    /// Authority: the margin account's owner.
    ///
    /// Errors: `NotTheOwner`, `OrdersNotEmpty`.
    #[access_control(ctx.accounts.validate())]
    pub fn close_orders(ctx: Context<CloseOrders>) -> Result<()> {
        instructions::close_orders(ctx)
    }

    /// Lists a market.
    ///
    /// Authority: the admin.
    ///
    /// Arguments:
    /// - `index`: the exchange's next index: its market count.
    /// - `symbol`: symbol of the asset: UTF-8, zero-padded, not empty.
    /// - `base_decimals`: one base unit is 10^-`base_decimals` of the asset; 0 to 18.
    /// - `oracle`: where the price comes from.
    /// - `second_oracle`: where the price comes from that bounds it; none for no bound.
    /// - `parameters`: the market's parameters.
    /// - `target_backing`: what `allocate_backing` moves the backing to, in atoms.
    ///
    /// Errors: `MissingRole`, `WrongMarketIndex`, `TooManyMarkets`, `DecimalsOutOfRange`, `NameNotText`,
    /// `MarketParameters`, `SecondOracleParameters`, and those of the oracles' bindings.
    #[allow(clippy::too_many_arguments)] // a listing has as many
    #[access_control(ctx.accounts.validate(index, &symbol, base_decimals))]
    pub fn create_market(
        ctx: Context<CreateMarket>,
        index: u16,
        symbol: [u8; 16],
        base_decimals: u8,
        oracle: OracleSource,
        second_oracle: Option<OracleSource>,
        parameters: MarketParameters,
        target_backing: u64,
    ) -> Result<()> {
        instructions::create_market(
            ctx,
            index,
            symbol,
            base_decimals,
            oracle,
            second_oracle,
            parameters,
            target_backing,
        )
    }

    /// Sets a market's own status for a number of seconds, after funding has accrued; the stricter of it and the
    /// exchange's applies. Reduce-only is charged to the market's allowance: of 36 000 s, of which 6 600 s come back in
    /// 72 hours, all roles together, the guardian within the upper half. Active lifts it and returns the seconds that it
    /// did not last. The guardian only tightens, and nobody pauses a single market.
    ///
    /// Authority: admin, risk admin or guardian.
    ///
    /// Arguments:
    /// - `status`: active or reduce only.
    /// - `seconds`: how long, from now on; of active nothing.
    ///
    /// Errors: `MissingRole`, `MarketsDoNotPause`, `GuardianOnlyTightens`, `StatusAllowance`.
    #[access_control(ctx.accounts.validate())]
    pub fn set_market_status(ctx: Context<SetMarketStatus>, status: Status, seconds: u32) -> Result<()> {
        instructions::set_market_status(ctx, status, seconds)
    }

    /// Sets what `allocate_backing` moves a market's backing to.
    ///
    /// Authority: admin or risk admin.
    ///
    /// Arguments:
    /// - `target`: the target, in atoms.
    ///
    /// Errors: `MissingRole`, `Overflow` above 2^62 atoms.
    #[access_control(ctx.accounts.validate())]
    pub fn set_backing_target(ctx: Context<SetBackingTarget>, target: u64) -> Result<()> {
        instructions::set_backing_target(ctx, target)
    }

    /// Takes all of the protocol's part of a market's fees out.
    ///
    /// Authority: the admin.
    ///
    /// Errors: `MissingRole`, `NoProtocolFees`.
    #[access_control(ctx.accounts.validate())]
    pub fn withdraw_protocol_fees(ctx: Context<WithdrawProtocolFees>) -> Result<()> {
        instructions::withdraw_protocol_fees(ctx)
    }

    /// Announces the end of a market: from now on positions in it can only be reduced, after 48 hours nothing is traded, and an
    /// hour later anybody may move it to settlement. It cannot be taken back.
    ///
    /// Authority: admin.
    ///
    /// Errors: `MissingRole`, `AlreadyDelisted`.
    #[access_control(ctx.accounts.validate())]
    pub fn delist_market(ctx: Context<DelistMarket>) -> Result<()> {
        instructions::delist_market(ctx)
    }

    /// Moves a market to settlement at one final price, the average of its last good ones, once the outage of its oracle was
    /// reported `settle_after` ago or its delisting is due. After a day anybody may close its positions with `liquidate`; until
    /// then a good reading published during the outage undoes an end by one.
    ///
    /// Authority: anybody.
    ///
    /// Errors: `SettlementNotDue`, `MarketSettled`.
    #[access_control(ctx.accounts.validate())]
    pub fn begin_settlement(ctx: Context<BeginSettlement>) -> Result<()> {
        instructions::begin_settlement(ctx)
    }

    /// Notes that no valid price of a market arrives. One that is fresh when it is taken in takes the note away; without one the
    /// oracle is held for dead after the market's `outage_delay`, and after its `settle_after` the market may end.
    ///
    /// Authority: anybody.
    ///
    /// Errors: `MarketSettled`, `NoPriceYet`, `PriceStillFresh`, `OutageAlreadyReported`.
    #[access_control(ctx.accounts.validate())]
    pub fn report_oracle_outage(ctx: Context<ReportOracleOutage>) -> Result<()> {
        instructions::report_oracle_outage(ctx)
    }

    /// Sets backing of a market aside for its claims, pro rata. Works in every status.
    ///
    /// Authority: anybody.
    ///
    /// Errors: `NothingToFund`.
    #[access_control(ctx.accounts.validate())]
    pub fn fund_claims(ctx: Context<FundClaims>) -> Result<()> {
        instructions::fund_claims(ctx)
    }

    /// Gives tokens to a market's insurance, or to the shared one where no market is passed. They do not come back to
    /// the giver.
    ///
    /// Authority: anybody.
    ///
    /// Arguments:
    /// - `amount`: atoms.
    ///
    /// Errors: `AmountZero`, `TransferToItself`.
    #[access_control(ctx.accounts.validate())]
    pub fn fund_insurance(ctx: Context<FundInsurance>, amount: u64) -> Result<()> {
        instructions::fund_insurance(ctx, amount)
    }

    /// Opens a margin account.
    ///
    /// Authority: its owner; anybody else may pay for it.
    ///
    /// Arguments:
    /// - `sub_account`: number of the account among its owner's; part of its address.
    /// - `isolated_market`: index of the only market of an isolated account; none for a cross account.
    ///
    /// Errors: `NoSuchMarket`.
    #[access_control(ctx.accounts.validate(isolated_market))]
    pub fn open_account(ctx: Context<OpenAccount>, sub_account: u16, isolated_market: Option<u16>) -> Result<()> {
        instructions::open_account(ctx, sub_account, isolated_market)
    }

    /// Closes a margin account that holds nothing and owes nothing; its rent goes to the owner.
    ///
    /// Authority: the owner.
    ///
    /// Errors: `NotTheOwner`, `AccountNotEmpty`.
    #[access_control(ctx.accounts.validate())]
    pub fn close_account(ctx: Context<CloseAccount>) -> Result<()> {
        instructions::close_account(ctx)
    }

    /// Names who may trade for a margin account, and receive bounties in it, but not withdraw.
    ///
    /// Authority: the owner.
    ///
    /// Arguments:
    /// - `delegate`: the default key names nobody.
    ///
    /// Errors: `NotTheOwner`.
    #[access_control(ctx.accounts.validate())]
    pub fn set_delegate(ctx: Context<SetDelegate>, delegate: Pubkey) -> Result<()> {
        instructions::set_delegate(ctx, delegate)
    }

    /// Puts collateral into a margin account. Works in every status.
    ///
    /// Authority: the owner.
    ///
    /// Arguments:
    /// - `amount`: atoms.
    ///
    /// Errors: `AmountZero`, `NotTheOwner`, `TransferToItself`.
    #[access_control(ctx.accounts.validate())]
    pub fn deposit(ctx: Context<Deposit>, amount: u64) -> Result<()> {
        instructions::deposit(ctx, amount)
    }

    /// Takes collateral out of a margin account. Without open positions and debts it always works once no order that may
    /// increase is armed, within seconds; with positions, what stays must cover the initial margin.
    ///
    /// Authority: the owner.
    ///
    /// Remaining accounts: where the margin account has open positions, the markets of all its slots, read-only, in any
    /// order; markets of the exchange in which it holds nothing are passed over.
    ///
    /// Arguments:
    /// - `amount`: atoms.
    ///
    /// Errors: `NotTheOwner`, `AmountZero`, `OrderArmed`, `InsufficientBalance`, `DebtOutstanding`, `InitialMargin`,
    /// `MarketMissing`, `Paused`.
    #[access_control(ctx.accounts.validate())]
    pub fn withdraw<'info>(ctx: Context<'info, Withdraw<'info>>, amount: u64) -> Result<()> {
        instructions::withdraw(ctx, amount)
    }

    /// Escrows tokens that are to enter the pool. The request cannot be called back: it is served at the first boundary that the
    /// exchange waits for at least the pool's notice later, at what the pool was worth then.
    ///
    /// Authority: the owner of the tokens.
    ///
    /// Arguments:
    /// - `nonce`: any number with which the owner has no open request; part of the request's address.
    /// - `amount`: tokens, in atoms.
    /// - `limit`: how far the share price may have risen since the epoch closed before, or the tokens are returned: 0 for any
    ///   price; 1, 2, 3, 4 for one, two, five, ten percent.
    ///
    /// Errors: `RequestTooSmall`, `UnknownPriceLimit`.
    #[access_control(ctx.accounts.validate())]
    pub fn request_liquidity_deposit(
        ctx: Context<RequestLiquidityDeposit>,
        nonce: u64,
        amount: u64,
        limit: u8,
    ) -> Result<()> {
        instructions::request_liquidity_deposit(ctx, nonce, amount, limit)
    }

    /// Escrows shares that are to leave the pool. The request cannot be called back: it is served at the first boundary that the
    /// exchange waits for at least the pool's notice later, at what the pool was worth then.
    ///
    /// Authority: the owner of the shares.
    ///
    /// Arguments:
    /// - `nonce`: any number with which the owner has no open request; part of the request's address.
    /// - `amount`: shares.
    /// - `limit`: how far the share price may have fallen since the epoch closed before, or the shares are returned: 0 for any
    ///   price; 1, 2, 3, 4 for one, two, five, ten percent.
    ///
    /// Errors: `RequestTooSmall`, `InsufficientBalance`, `AmountZero`, `UnknownPriceLimit`.
    #[access_control(ctx.accounts.validate())]
    pub fn request_liquidity_withdrawal(
        ctx: Context<RequestLiquidityWithdrawal>,
        nonce: u64,
        amount: u64,
        limit: u8,
    ) -> Result<()> {
        instructions::request_liquidity_withdrawal(ctx, nonce, amount, limit)
    }

    /// Values a market as it stood at the boundary that the exchange waits for, once it has come: at the one reading of that
    /// moment, with `prev_publish_time < boundary <= publish_time`, from any account of the market's oracle program. One
    /// published within 10 s of it is kept and counts after 1800 s, or else the range in which the price may have been; then,
    /// and for a market without positions or with a final price, no reading is needed. The requests pay the caller. Works in
    /// every status.
    ///
    /// Authority: anybody.
    ///
    /// Errors: `NoBoundary`, `BoundaryAhead`, `MarketValued`, `NoBoundaryReading`, `PriceOutOfRange`, and those about oracles.
    #[access_control(ctx.accounts.validate())]
    pub fn value_market(ctx: Context<ValueMarket>) -> Result<()> {
        instructions::value_market(ctx)
    }

    /// Serves every request of the boundary that the exchange waits for, once all its markets are valued: withdrawals at what
    /// was left once winners are paid, deposits at the cash there was. Makes the epoch's record, from which each request is paid, and names the
    /// next boundary. The requests pay the closer, the rent of the record included. Works in every status.
    ///
    /// Authority: anybody.
    ///
    /// Arguments:
    /// - `boundary`: the boundary that the exchange waits for, in Unix seconds; part of the record's address.
    ///
    /// Errors: `WrongBoundary`, `NoBoundary`, `BoundaryAhead`, `MarketsNotValued`.
    #[access_control(ctx.accounts.validate(boundary))]
    pub fn close_epoch(ctx: Context<CloseEpoch>, boundary: i64) -> Result<()> {
        instructions::close_epoch(ctx, boundary)
    }

    /// Pays a request of a closed epoch into its owner's associated token account: a deposit its shares, a withdrawal its tokens,
    /// and what its limit refused as it came. What of a withdrawal was left for want of cash waits for the next boundary that another request
    /// names. The owner gets the request's rent and its part of the lamports not spent; with the last request the record is closed and
    /// its rent waits for the next epoch. Works in every status.
    ///
    /// Authority: anybody.
    ///
    /// Errors: `WrongEpoch`, `NotTheAssociatedAccount`, `NotTheRequester`.
    #[access_control(ctx.accounts.validate())]
    pub fn pay_liquidity_request(ctx: Context<PayLiquidityRequest>) -> Result<()> {
        instructions::pay_liquidity_request(ctx)
    }

    /// Moves cash between the pool and a market's backing toward the market's target, after the market's price account,
    /// where passed, is read and funding accrued. It rests in the last minute before a boundary that the exchange waits for.
    ///
    /// Authority: anybody.
    ///
    /// Errors: `BoundaryNear`, `WithinHysteresis`, `NothingToMove`, `MarketCapacity`, `PriceStale`, `Paused`,
    /// `ReduceOnly`.
    #[access_control(ctx.accounts.validate())]
    pub fn allocate_backing(ctx: Context<AllocateBacking>) -> Result<()> {
        instructions::allocate_backing(ctx)
    }

    /// Creates an exchange with its pool, vault, share mint and share escrow. Its address follows from its creator and
    /// its name, so that nobody can create it first; the creator becomes its admin.
    ///
    /// Authority: anybody.
    ///
    /// Arguments:
    /// - `name`: UTF-8, zero-padded, not empty; part of the exchange's address.
    /// - `risk_admin`: sets statuses and backing targets besides the admin.
    /// - `guardian`: can make a status stricter, within half of what may be spent on it.
    /// - `parameters`: the liquidity providers' delays and limits.
    ///
    /// Errors: `NameNotText`, `MintHasRefusedExtension`, `MintNotSupported`, `PoolParameters`.
    #[access_control(ctx.accounts.validate(&name))]
    pub fn create_exchange(
        ctx: Context<CreateExchange>,
        name: [u8; 32],
        risk_admin: Pubkey,
        guardian: Pubkey,
        parameters: LiquidityParameters,
    ) -> Result<()> {
        instructions::create_exchange(ctx, name, risk_admin, guardian, parameters)
    }

    /// First of two steps to another admin: names a successor, who must accept.
    ///
    /// Authority: the admin.
    ///
    /// Arguments:
    /// - `successor`: becomes admin by accepting; the default key for nobody.
    ///
    /// Errors: `MissingRole`.
    #[access_control(ctx.accounts.validate())]
    pub fn propose_admin(ctx: Context<ProposeAdmin>, successor: Pubkey) -> Result<()> {
        instructions::propose_admin(ctx, successor)
    }

    /// Second of two steps to another admin: the successor becomes admin.
    ///
    /// Authority: the proposed admin.
    ///
    /// Errors: `NotThePendingAdmin`.
    #[access_control(ctx.accounts.validate())]
    pub fn accept_admin(ctx: Context<AcceptAdmin>) -> Result<()> {
        instructions::accept_admin(ctx)
    }

    /// Names risk admin and guardian.
    ///
    /// Authority: the admin.
    ///
    /// Arguments:
    /// - `risk_admin`: sets statuses and backing targets besides the admin.
    /// - `guardian`: can make a status stricter, within half of what may be spent on it.
    ///
    /// Errors: `MissingRole`.
    #[access_control(ctx.accounts.validate())]
    pub fn set_roles(ctx: Context<SetRoles>, risk_admin: Pubkey, guardian: Pubkey) -> Result<()> {
        instructions::set_roles(ctx, risk_admin, guardian)
    }

    /// Sets the exchange's own status for a number of seconds; the stricter of it and a market's applies. For 120 s after
    /// a pause positions can only be reduced. A pause is charged its length and those 120 s to an allowance of 480 s, of
    /// which 120 s come back in 72 hours, reduce-only to one of 36 000 s, of which 6 600 s do: all roles together, the
    /// guardian within the upper half of each. Active lifts both, and reduce-only a pause; the seconds that they did not
    /// last are returned. The guardian only tightens.
    ///
    /// Authority: admin, risk admin or guardian.
    ///
    /// Arguments:
    /// - `status`: active, reduce only or paused.
    /// - `seconds`: how long, from now on; of active nothing.
    ///
    /// Errors: `MissingRole`, `GuardianOnlyTightens`, `StatusAllowance`.
    #[access_control(ctx.accounts.validate())]
    pub fn set_exchange_status(ctx: Context<SetExchangeStatus>, status: Status, seconds: u32) -> Result<()> {
        instructions::set_exchange_status(ctx, status, seconds)
    }

    /// Sets what a margin account's delegate may do at most, until another is named. What only reduces is bound by time and market alone;
    /// a delegate with limits places only orders that reduce.
    ///
    /// Authority: the owner.
    ///
    /// Arguments:
    /// - `expires`: the delegate acts before this time, in Unix seconds.
    /// - `markets`: bit `i` for the market of index `i`; those from 64 on are never among them.
    /// - `largest_notional`: of a position that it increases, in atoms.
    /// - `equity_floor`: adverse equity that an increase must leave, in atoms.
    /// - `reduce_only`: it increases nothing.
    ///
    /// Errors: `NotTheOwner`, `Overflow` above 2^62 atoms.
    #[access_control(ctx.accounts.validate())]
    pub fn limit_delegate(
        ctx: Context<LimitDelegate>,
        expires: i64,
        markets: u64,
        largest_notional: u64,
        equity_floor: u64,
        reduce_only: bool,
    ) -> Result<()> {
        instructions::limit_delegate(ctx, expires, markets, largest_notional, equity_floor, reduce_only)
    }

    /// Proposes another set of a market's parameters. It waits for a day; then anybody applies it step by step.
    ///
    /// Authority: admin or risk admin.
    ///
    /// Arguments:
    /// - `market_index`: the market's index; part of the proposal's address.
    /// - `parameters`: all of them in the end; those of the second source stay what they are.
    ///
    /// Errors: `MissingRole`, `WrongMarketIndex`, `AlreadyDelisted`, `NothingToChange`, `MarketParameters`, `MarketChange`.
    #[access_control(ctx.accounts.validate(market_index))]
    pub fn propose_parameters(
        ctx: Context<ProposeParameters>,
        market_index: u16,
        parameters: MarketParameters,
    ) -> Result<()> {
        instructions::propose_parameters(ctx, parameters)
    }

    /// Takes the next step of a ripe change of a market's parameters, after the market's price account, where passed, is read and funding
    /// accrued. Steps are an hour apart at least; each costs an open position at most 0.032 % of its notional.
    ///
    /// Authority: anybody.
    ///
    /// Errors: `ProposalNotRipe`, `ProposalLapsed`, `ProposalOutdated`, `BoundaryOpen`, `AlreadyDelisted`, `GraceInForce`, `PriceStale`,
    /// `PriceTooUncertain`, `MarketParameters`, `MarketChange`, `WrongProposal`, `NotTheProposer`.
    #[access_control(ctx.accounts.validate())]
    pub fn apply_parameters(ctx: Context<ApplyParameters>) -> Result<()> {
        instructions::apply_parameters(ctx)
    }

    /// Proposes to read a market's price from other accounts of the same feed, or to bound it by another second source. It waits for two
    /// days.
    ///
    /// Authority: admin or risk admin.
    ///
    /// Arguments:
    /// - `market_index`: the market's index; part of the proposal's address.
    /// - `oracle`: where the price comes from; of the market's feed.
    /// - `second_oracle`: where the price comes from that bounds it, or none.
    /// - `second_max_deviation`, `second_max_age`: the second source's parameters; zeros for none.
    ///
    /// Errors: `MissingRole`, `WrongMarketIndex`, `AlreadyDelisted`, `SecondOracleParameters`, `MarketParameters`, and those about
    /// oracles.
    #[access_control(ctx.accounts.validate(market_index))]
    pub fn propose_oracle(
        ctx: Context<ProposeOracle>,
        market_index: u16,
        oracle: OracleSource,
        second_oracle: Option<OracleSource>,
        second_max_deviation: u32,
        second_max_age: u32,
    ) -> Result<()> {
        instructions::propose_oracle(ctx, oracle, second_oracle, second_max_deviation, second_max_age)
    }

    /// Binds a market to the oracle that was proposed, once that says a price near the market's.
    ///
    /// Authority: anybody.
    ///
    /// Errors: `ProposalNotRipe`, `ProposalLapsed`, `BoundaryOpen`, `AlreadyDelisted`, `GraceInForce`, `PriceStale`, `PriceOutOfRange`,
    /// `OraclePriceDiffers`, `MarketParameters`, `WrongProposal`, `NotTheProposer`, and those about oracles.
    #[access_control(ctx.accounts.validate())]
    pub fn apply_oracle(ctx: Context<ApplyOracle>) -> Result<()> {
        instructions::apply_oracle(ctx)
    }

    /// Proposes another set of the pool's parameters. It waits for a day.
    ///
    /// Authority: the admin.
    ///
    /// Arguments:
    /// - `parameters`: all of them.
    ///
    /// Errors: `MissingRole`, `PoolParameters`, `PoolChange`, `NothingToChange`.
    #[access_control(ctx.accounts.validate())]
    pub fn propose_pool_parameters(ctx: Context<ProposePoolParameters>, parameters: LiquidityParameters) -> Result<()> {
        instructions::propose_pool_parameters(ctx, parameters)
    }

    /// Puts the pool's proposed parameters in force.
    ///
    /// Authority: anybody.
    ///
    /// Errors: `ProposalNotRipe`, `ProposalLapsed`, `BoundaryOpen`, `PoolParameters`, `PoolChange`, `NothingToChange`, `WrongProposal`,
    /// `NotTheProposer`.
    #[access_control(ctx.accounts.validate())]
    pub fn apply_pool_parameters(ctx: Context<ApplyPoolParameters>) -> Result<()> {
        instructions::apply_pool_parameters(ctx)
    }

    /// Proposes to list a market, with caps that start small. It waits for two days.
    ///
    /// Authority: the admin.
    ///
    /// Arguments:
    /// - `index`: the exchange's market count; part of the proposal's address.
    /// - `symbol`: UTF-8, zero-padded, not empty.
    /// - `base_decimals`: one base unit is 10^-`base_decimals` of the asset; at most 18.
    /// - `oracle`: where its price comes from.
    /// - `second_oracle`: where the price comes from that bounds it, or none.
    /// - `parameters`: what it begins with.
    /// - `target_backing`: what `allocate_backing` moves its backing to, in atoms.
    ///
    /// Errors: `MissingRole`, `WrongMarketIndex`, `DecimalsOutOfRange`, `NameNotText`, `MarketParameters`, `MarketChange`,
    /// `SecondOracleParameters`, and those about oracles.
    #[access_control(ctx.accounts.validate(index, &symbol, base_decimals))]
    #[allow(clippy::too_many_arguments)] // a listing has as many
    pub fn propose_listing(
        ctx: Context<ProposeListing>,
        index: u16,
        symbol: [u8; 16],
        base_decimals: u8,
        oracle: OracleSource,
        second_oracle: Option<OracleSource>,
        parameters: MarketParameters,
        target_backing: u64,
    ) -> Result<()> {
        instructions::propose_listing(
            ctx,
            index,
            symbol,
            base_decimals,
            oracle,
            second_oracle,
            parameters,
            target_backing,
        )
    }

    /// Lists the market that was proposed.
    ///
    /// Authority: anybody; pays for the market's account.
    ///
    /// Arguments:
    /// - `index`: the exchange's market count; part of the market's address.
    ///
    /// Errors: `ProposalNotRipe`, `ProposalLapsed`, `WrongMarketIndex`, `TooManyMarkets`, `MarketParameters`, `MarketChange`,
    /// `WrongProposal`, `NotTheProposer`.
    #[access_control(ctx.accounts.validate(index))]
    pub fn apply_listing(ctx: Context<ApplyListing>, index: u16) -> Result<()> {
        instructions::apply_listing(ctx, index)
    }

    /// Proposes that another holds a role. It waits for a day; then whoever is named takes the role over.
    ///
    /// Authority: the admin.
    ///
    /// Arguments:
    /// - `role`: admin, risk admin or guardian.
    /// - `holder`: who is named; the default key for nobody, but not of the admin's role.
    ///
    /// Errors: `MissingRole`, `AdminWithoutHolder`.
    #[access_control(ctx.accounts.validate(role, &holder))]
    pub fn propose_role(ctx: Context<ProposeRole>, role: Role, holder: Pubkey) -> Result<()> {
        instructions::propose_role(ctx, role, holder)
    }

    /// Takes a role over.
    ///
    /// Authority: who is named; anybody where nobody is.
    ///
    /// Errors: `NotTheNamedHolder`, `ProposalNotRipe`, `ProposalLapsed`, `WrongProposal`, `NotTheProposer`.
    #[access_control(ctx.accounts.validate())]
    pub fn apply_role(ctx: Context<ApplyRole>) -> Result<()> {
        instructions::apply_role(ctx)
    }

    /// Proposes to make some of the shared insurance the pool's cash. It waits for a day.
    ///
    /// Authority: the admin.
    ///
    /// Arguments:
    /// - `amount`: atoms.
    ///
    /// Errors: `MissingRole`, `AmountZero`, `InsuranceFloor`.
    #[access_control(ctx.accounts.validate())]
    pub fn propose_insurance(ctx: Context<ProposeInsurance>, amount: u64) -> Result<()> {
        instructions::propose_insurance(ctx, amount)
    }

    /// Makes the proposed part of the shared insurance the pool's cash.
    ///
    /// Authority: anybody.
    ///
    /// Errors: `ProposalNotRipe`, `ProposalLapsed`, `InsuranceFloor`, `WrongProposal`, `NotTheProposer`.
    #[access_control(ctx.accounts.validate())]
    pub fn apply_insurance(ctx: Context<ApplyInsurance>) -> Result<()> {
        instructions::apply_insurance(ctx)
    }

    /// Cancels a proposal; the rent of its account goes back to whoever paid it.
    ///
    /// Authority: a role that may propose the same; the guardian, but for what replaces the guardian; anybody once it has lapsed, or its
    /// market's parameters have changed otherwise.
    ///
    /// Errors: `ProposalStands`, `GuardianIsReplaced`, `NotTheProposer`.
    #[access_control(ctx.accounts.validate())]
    pub fn cancel_proposal(ctx: Context<CancelProposal>) -> Result<()> {
        instructions::cancel_proposal(ctx)
    }

    /// Makes it harder to increase in a market, at once. Each number is at most what it replaces.
    ///
    /// Authority: admin or risk admin.
    ///
    /// Arguments:
    /// - `open_interest_cap`: largest open interest of a side, in base units.
    /// - `open_interest_low`: open interest at which the initial margin starts to rise, in base units.
    /// - `max_confidence_to_increase`: widest confidence at which positions may increase, in ppm of the price.
    ///
    /// Errors: `MissingRole`, `NotATightening`, `NothingToChange`, `MarketParameters`.
    #[access_control(ctx.accounts.validate())]
    pub fn tighten_market(
        ctx: Context<TightenMarket>,
        open_interest_cap: u64,
        open_interest_low: u64,
        max_confidence_to_increase: u32,
    ) -> Result<()> {
        instructions::tighten_market(ctx, open_interest_cap, open_interest_low, max_confidence_to_increase)
    }
}

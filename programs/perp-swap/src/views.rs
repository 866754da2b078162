//! What views answer: plain integers, which a program that calls finds in the return data, and whoever simulates a transaction in its
//! result.
//!
//! Amounts are atoms of the quote token, sizes base units; prices are in 2^-40 atoms per base unit, and what ends in `_x40` is in 2^-40
//! atoms, exactly as the engine sums it up.

use crate::errors::refused;
use anchor_lang::prelude::*;
use perp_engine::market::forecast::Ahead;
use perp_engine::market::measured_margin::measured_margin_ceil;
use perp_engine::market::price::{age, is_dead, is_fresh_in, reference_time, spread_ceil};
use perp_engine::market::solvency::{solvency, Coverage};
use perp_engine::market::Ready;
use perp_engine::operations::position::TradePlan;
use perp_engine::operations::views::Attestation;
use perp_engine::risk::portfolio::Portfolio;
use perp_engine::risk::terms::LegTerms;
use perp_engine::state::Status;
use perp_engine::units::{Clock, Side};

/// How a margin account stands.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct HealthView {
    /// Its cash.
    pub balance: u64,
    /// Equity as a liquidation counts it, rounded down.
    pub equity: i64,
    /// What it is liquidated below.
    pub maintenance_margin: u64,
    /// Equity while nothing of what the markets could pay is cash.
    pub equity_on_cash: i64,
    /// What equity is compared with then: below it somebody may be paid for settling its profits.
    pub margin_on_cash: u64,
    /// Equity at adverse prices.
    pub initial_equity: i64,
    /// What an increase and a withdrawal must leave.
    pub initial_margin: u64,
    /// What of its profits would not be paid if each market shared now what it has among all that it owes.
    pub shortage: u64,
    /// Slots in use.
    pub positions: u8,
}

impl HealthView {
    /// # Errors
    /// The engine's.
    pub fn of(portfolio: &Portfolio<'_>) -> Result<Self> {
        let maintenance = portfolio.maintenance_health().map_err(refused)?;
        let on_cash = portfolio.health_on_cash().map_err(refused)?;
        let initial = portfolio.initial_health().map_err(refused)?;
        Ok(Self {
            balance: portfolio.account.balance.get(),
            equity: maintenance.equity.get(),
            maintenance_margin: maintenance.margin.get(),
            equity_on_cash: on_cash.equity.get(),
            margin_on_cash: on_cash.margin.get(),
            initial_equity: initial.equity.get(),
            initial_margin: initial.margin.get(),
            shortage: portfolio.shortage_ceil().map_err(refused)?.get(),
            positions: u8::try_from(portfolio.legs().count()).unwrap_or(u8::MAX),
        })
    }
}

/// What one position comes to, and its part in its account's health, every term by itself.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct PositionView {
    /// Its slot.
    pub slot: u8,
    /// Signed size.
    pub size: i64,
    /// What it was bought or sold for.
    pub entry_notional_x40: i128,
    /// The market's last good price.
    pub price: u64,
    /// Lower end of the range in which the account counts the price; zero without a size.
    pub price_low: u64,
    /// Upper end.
    pub price_high: u64,
    /// Notional at the last good price, rounded up.
    pub notional: u64,
    /// Unrealized profit at that price.
    pub profit_x40: i128,
    /// Funding owed and not settled; negative where it is owed to the position.
    pub funding_owed_x40: i128,
    /// What the market owes of profits that it could not pay.
    pub claim: u64,
    /// What of that no cash is set aside for.
    pub claim_unfunded: u64,
    /// What the account owes for its dealings in the market.
    pub debt: u64,
    /// What the market promises the position at the last good price beyond what that owes it.
    pub promised_x40: i128,
    /// What of that would not be paid if the market shared now what it has among all that it owes.
    pub shortage: u64,
    /// Its part in equity.
    pub equity_x40: i128,
    /// Of that, what its market could pay it now and has not.
    pub payable_x40: i128,
    /// Maintenance margin of its notional.
    pub margin: u64,
    /// What it demands of the account: the margin less what its market owes it beyond what that could pay now.
    pub required: u64,
    /// What it demands while `payable_x40` is no cash.
    pub required_on_cash: u64,
    /// What of the margin measured volatility adds.
    pub ramped: u64,
    /// Its part in equity at adverse prices.
    pub initial_equity_x40: i128,
    /// Its initial margin.
    pub initial_margin: u64,
}

impl PositionView {
    /// # Errors
    /// The engine's.
    pub fn of(terms: &LegTerms, coverage: &Coverage) -> Result<Self> {
        let LegTerms { maintenance, initial, .. } = terms;
        Ok(Self {
            slot: u8::try_from(terms.slot).unwrap_or(u8::MAX),
            size: terms.size.get(),
            entry_notional_x40: terms.entry_notional.get(),
            price: terms.price.get(),
            price_low: terms.low.get(),
            price_high: terms.high.get(),
            notional: terms.notional.get(),
            profit_x40: terms.profit.get(),
            funding_owed_x40: terms.funding_owed.get(),
            claim: terms.claim.get(),
            claim_unfunded: terms.claim_unfunded.get(),
            debt: terms.debt.get(),
            promised_x40: terms.promised.get(),
            shortage: terms.shortage_ceil(coverage).map_err(refused)?.get(),
            equity_x40: maintenance.equity.get(),
            payable_x40: maintenance.payable.get(),
            margin: maintenance.margin.get(),
            required: maintenance.required.get(),
            required_on_cash: maintenance.required_on_cash.get(),
            ramped: maintenance.ramped.get(),
            initial_equity_x40: initial.equity.get(),
            initial_margin: initial.margin.get(),
        })
    }
}

/// Where an account is liquidated.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct LiquidationPriceView {
    /// The market's last good price.
    pub price: u64,
    /// The price at which the account becomes liquidatable, all else as it is; the present one where it is, none where no price does it.
    pub liquidation_price: Option<u64>,
}

/// What an order would do.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct TradeView {
    /// Signed size that would be filled.
    pub size: i64,
    /// What it would be bought or sold for.
    pub notional_x40: i128,
    /// What spread and impact cost.
    pub charge_x40: i128,
    /// The spread's part of the charge.
    pub spread_x40: i128,
    /// The taker fee.
    pub fee: u64,
    /// Profit realized, negative for a loss.
    pub realized: i64,
    /// Funding settled, negative where it is paid.
    pub funding: i64,
    /// Signed size of the position after it.
    pub size_after: i64,
    /// Balance after it.
    pub balance_after: u64,
    /// Equity after it, as it was admitted by.
    pub equity: i64,
    /// The margin that it was compared with.
    pub margin: u64,
}

impl TradeView {
    /// # Errors
    /// The engine's.
    pub fn of(plan: &TradePlan) -> Result<Self> {
        Ok(Self {
            size: plan.size.get(),
            notional_x40: plan.notional.get(),
            charge_x40: plan.fill.charge.get(),
            spread_x40: plan.fill.spread.get(),
            fee: plan.fill.fee.get(),
            realized: plan.realized.get(),
            funding: plan.settled.funding.get(),
            size_after: plan.ledger.position.size.get(),
            balance_after: plan.ledger.balance.get(),
            equity: plan.after.equity.get(),
            margin: plan.after.margin.get(),
        })
    }
}

/// Where a market's funding is heading while its price and its open interest stay as they are.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct FundingView {
    /// The rate now, per second in 2^-60; positive where longs pay.
    pub rate: i64,
    /// The rate at the end of the time asked for.
    pub rate_after: i64,
    /// What a long will owe per base unit over that time, in 2^-40 atoms; negative where it receives.
    pub long_owed: i64,
    /// What a short will owe.
    pub short_owed: i64,
}

impl FundingView {
    /// # Errors
    /// The engine's.
    pub fn of(ahead: &mut Ahead<'_>, seconds: u32) -> Result<Self> {
        let (rate, before) = (ahead.market().ledger.funding_rate, ahead.market().ledger.sides);
        let after = ahead.to(seconds).map_err(refused)?;
        let owed = |side: Side| {
            let index = after.ledger.side(side).funding_index;
            index.checked_sub(side.of(&before).funding_index).map(|change| change.get()).map_err(refused)
        };
        Ok(Self {
            rate,
            rate_after: after.ledger.funding_rate,
            long_owed: owed(Side::Long)?,
            short_owed: owed(Side::Short)?,
        })
    }
}

/// What a market has, what it owes, and how it stands.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct MarketView {
    /// What may be done there now.
    pub status: Status,
    /// The last good price.
    pub price: u64,
    /// Its age in seconds.
    pub age: u64,
    /// Whether it is of the last seconds.
    pub is_fresh: bool,
    /// Whether its oracle is held for dead.
    pub is_dead: bool,
    /// Spread of one base unit.
    pub spread: u64,
    /// Funding rate per second, in 2^-60; positive where longs pay.
    pub funding_rate: i64,
    /// Σ size of all longs.
    pub long_open_interest: u64,
    /// Σ size of all shorts.
    pub short_open_interest: u64,
    /// Cash that pays profits.
    pub backing: u64,
    /// Cash of claims that is set aside.
    pub claims_reserve: u64,
    /// What it owes of profits that it could not pay.
    pub claims: u64,
    /// What traders owe it.
    pub debts: u64,
    /// Its own insurance.
    pub insurance: u64,
    /// Backing, what losers are good for, and what payers of funding have yet to pay.
    pub assets: u64,
    /// What winners, claims and receivers of funding are owed.
    pub liabilities: u64,
    /// What it would lose in its stress move.
    pub stress_loss: u64,
    /// The part of what it owes that it has, in ppm rounded down: 1 000 000 where it has all.
    pub coverage: u32,
    /// Measured margin of the smallest position, in ppm.
    pub measured_margin: u32,
}

impl MarketView {
    /// # Errors
    /// The engine's.
    pub fn of(market: &Ready<'_>, clock: Clock) -> Result<Self> {
        let reference = reference_time(clock, [&**market]);
        let (ledger, parameters, price) = (&market.ledger, &market.parameters, market.price.price);
        let solvency = solvency(ledger, parameters, price).map_err(refused)?;
        let coverage = Coverage { assets: solvency.assets, liabilities: solvency.liabilities };
        Ok(Self {
            status: market.status(),
            price: price.get(),
            age: age(market, reference).map_err(refused)?,
            is_fresh: is_fresh_in(market, reference),
            is_dead: is_dead(market, reference),
            spread: spread_ceil(market, reference).map_err(refused)?.get(),
            funding_rate: ledger.funding_rate,
            long_open_interest: ledger.side(Side::Long).open_interest.get(),
            short_open_interest: ledger.side(Side::Short).open_interest.get(),
            backing: ledger.backing.get(),
            claims_reserve: ledger.claims_reserve.get(),
            claims: ledger.claims.get(),
            debts: ledger.debts.get(),
            insurance: ledger.insurance.get(),
            assets: solvency.assets.get(),
            liabilities: solvency.liabilities.get(),
            stress_loss: solvency.stress_loss.get(),
            coverage: coverage.part_floor().map_err(refused)?.get(),
            measured_margin: measured_margin_ceil(market).map_err(refused)?.get(),
        })
    }
}

/// What the exchange as a whole has and owes.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct SolvencyView {
    /// Tokens in the vault.
    pub vault: u64,
    /// Cash of the pool: unplaced, insurance, requests and what is set apart.
    pub pool: u64,
    /// Cash of all markets: backing, claims reserves, insurances and fees.
    pub markets: u64,
    /// What is left for the balances of margin accounts; negative where the vault lacks it.
    pub accounts: i64,
    /// What all markets have by their own prices.
    pub assets: u64,
    /// What they owe.
    pub liabilities: u64,
    /// Σ of what each market that lacks anything lacks.
    pub deficit: u64,
}

impl From<&Attestation> for SolvencyView {
    fn from(attested: &Attestation) -> Self {
        Self {
            vault: attested.vault.get(),
            pool: attested.pool.get(),
            markets: attested.markets.get(),
            accounts: attested.accounts.get(),
            assets: attested.assets.get(),
            liabilities: attested.liabilities.get(),
            deficit: attested.deficit.get(),
        }
    }
}

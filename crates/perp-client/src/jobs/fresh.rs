use super::compute::{compute_units, with_headroom};
use super::epochs::PostedPrice;
use super::job::{Job, Pays, Task};
use crate::addresses::Addresses;
use crate::instructions::{update_prices, TargetMarket};
use anchor_lang::prelude::Pubkey;
use anchor_lang::solana_program::instruction::Instruction;
use perp_engine::market::price::PriceOutcome;
use perp_engine::oracle::OracleReading;
use perp_engine::state::{Account, Market};
use perp_engine::units::{Atoms, Timestamp};
use perp_exchange::{Exchange, Refusal};
use std::collections::BTreeMap;

/// Budgets are measured with the cheapest token program: what others may take more, in compute units, for all that one instruction
/// asks of them.
pub(super) const TOKEN_UNITS: u32 = 20_000;

/// The exchange as a transaction finds it that takes in the newest prices first, and the accounts to take them from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fresh {
    /// Where everything is.
    pub addresses: Addresses,
    /// Clock, pool and markets, every market after it has taken its price in.
    pub exchange: Exchange,
    prices: BTreeMap<u16, Price>,
    /// Accounts of the second sources and what they say.
    second: BTreeMap<u16, (Pubkey, OracleReading)>,
}

/// A price account of a market.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Price {
    account: Pubkey,
    reading: OracleReading,
    /// What became of it, where it was taken in.
    outcome: PriceOutcome,
    /// Up to when the market itself has accrued funding, without it.
    accrued: Timestamp,
}

impl Price {
    /// Whether taking it in changes the market.
    fn is_news(&self) -> bool {
        self.outcome != PriceOutcome::NotNewer
    }
}

impl Fresh {
    /// The exchange at the prices that its markets have cached.
    pub fn new(addresses: Addresses, exchange: Exchange) -> Self {
        Self { addresses, exchange, prices: BTreeMap::new(), second: BTreeMap::new() }
    }

    /// Takes the reading of a price account into its market, as `update_prices` does, and remembers the account. A market whose price
    /// is none any more newer than this one stays as it is.
    ///
    /// # Errors
    /// [`Refusal`]; nothing has changed.
    pub fn take(&mut self, market: u16, account: Pubkey, reading: &OracleReading) -> Result<PriceOutcome, Refusal> {
        let before = *self.exchange.market(market)?;
        let outcome = self.exchange.update_price(market, reading)?;
        if outcome == PriceOutcome::NotNewer {
            // Nothing of it will be sent, so no funding accrues either.
            self.exchange.put_market(before);
        }
        let accrued = self.accrued(&before);
        self.prices.insert(market, Price { account, reading: *reading, outcome, accrued });
        Ok(outcome)
    }

    /// Remembers what the account of a market's second source says. The market keeps it once a job of [`second_prices`] has landed.
    ///
    /// [`second_prices`]: crate::jobs::second_prices
    pub fn take_second(&mut self, market: u16, account: Pubkey, reading: &OracleReading) {
        self.second.insert(market, (account, *reading));
    }

    /// What the accounts of second sources say.
    pub(super) fn second(&self, market: u16) -> Option<&(Pubkey, OracleReading)> {
        self.second.get(&market)
    }

    /// The market with the account its price is read from, where one is known.
    pub fn target(&self, market: u16) -> TargetMarket {
        TargetMarket { market, oracle: self.prices.get(&market).map(|price| price.account) }
    }

    /// Up to when a market has accrued funding, without what its price account says.
    pub(super) fn accrued(&self, market: &Market) -> Timestamp {
        self.prices.get(&market.index).map_or(market.ledger.funding_time, |price| price.accrued)
    }

    /// What the markets' price accounts say, for a boundary or an order if it is that.
    pub fn readings(&self) -> BTreeMap<u16, PostedPrice> {
        let said = |price: &Price| PostedPrice { account: price.account, reading: price.reading };
        self.prices.iter().map(|(market, price)| (*market, said(price))).collect()
    }

    /// Markets whose price account says something new, with that account.
    pub fn news(&self) -> impl Iterator<Item = (u16, Pubkey)> + '_ {
        self.prices.iter().filter(|(_, price)| price.is_news()).map(|(market, price)| (*market, price.account))
    }

    /// The market's price account, where what it says undoes the market's end.
    pub(super) fn undoes(&self, market: u16) -> Option<Pubkey> {
        let price = self.prices.get(&market).filter(|price| price.outcome == PriceOutcome::SettlementUndone);
        price.map(|price| price.account)
    }

    /// The instruction that takes what is new of these markets in, where anything is, and what it may take.
    fn freshen(&self, markets: impl Iterator<Item = u16>) -> Option<(Instruction, u32)> {
        let news = |market: u16| self.prices.get(&market).filter(|price| price.is_news());
        let pairs: Vec<_> = markets.filter_map(|market| Some((market, news(market)?.account))).collect();
        let units = u32::try_from(pairs.len()).ok()?.checked_mul(compute_units("update_prices", 0))?;
        (!pairs.is_empty()).then(|| (update_prices(&self.addresses, pairs), units))
    }

    /// A job of this instruction, named as in the IDL, after the prices of `first` are taken in.
    pub(super) fn job(
        &self,
        task: Task,
        (pays, moves): (Pays, Atoms),
        (name, positions): (&str, usize),
        first: impl Iterator<Item = u16>,
        instruction: Instruction,
    ) -> Job {
        let moves_tokens = instruction.accounts.iter().any(|meta| meta.pubkey == self.addresses.token_program);
        let (mut instructions, mut units) = (Vec::new(), compute_units(name, positions));
        if moves_tokens {
            units = units.saturating_add(TOKEN_UNITS);
        }
        if let Some((freshen, more)) = self.freshen(first) {
            instructions.push(freshen);
            units = units.saturating_add(more);
        }
        instructions.push(instruction);
        Job { task, pays, promises: 0, advances: 0, moves, instructions, compute_units: with_headroom(units) }
    }
}

/// The markets of the account's occupied slots, but for `except`.
pub(super) fn markets(account: &Account, except: Option<u16>) -> impl Iterator<Item = u16> + '_ {
    account.occupied().map(|(_, position)| position.market).filter(move |market| Some(*market) != except)
}

/// How many slots of the account are occupied.
pub(super) fn positions(account: &Account) -> usize {
    account.occupied().count()
}

//! The chain against the file, field by field.

use super::{Difference, Step};
use crate::description::fields::{Field, MARKET, POOL};
use crate::description::{show_address, show_kind, Decimals, Description, MarketDescription};
use anchor_lang::prelude::Pubkey;
use anchor_lang::solana_program::instruction::Instruction;
use perp_client::accounts::oracle::OracleBinding;
use perp_client::accounts::{Exchange, Market, Pool};
use perp_client::addresses::{unpadded, Addresses};
use perp_client::exchange::convert::show_atoms;
use perp_client::instructions::{set_backing_target, set_roles};
use perp_client::rpc::Mint;

/// What is to be on the chain, and who will sign for it.
pub struct Wanted<'a> {
    pub description: &'a Description,
    pub addresses: Addresses,
    pub signer: Pubkey,
}

/// What a comparison found.
#[derive(Debug, Default)]
pub struct Comparison {
    pub differences: Vec<Difference>,
    pub steps: Vec<Step>,
}

impl Comparison {
    pub fn append(&mut self, mut other: Self) {
        self.differences.append(&mut other.differences);
        self.steps.append(&mut other.steps);
    }

    /// Notes a difference that stays.
    fn fixed(&mut self, subject: &str, field: &str, chain: String, file: String) {
        if chain != file {
            self.differences.push(Difference { subject: subject.into(), field: field.into(), chain, file });
        }
    }

    /// Notes the fields that differ. Each side is written in its own decimals: where these differ, equal numbers would be
    /// stored as different ones.
    fn fields<T>(
        &mut self,
        subject: &str,
        fields: &[Field<T>],
        (chain, chain_decimals): (&T, Decimals),
        (file, file_decimals): (&T, Decimals),
    ) {
        for field in fields {
            let written = |parameters, decimals| field.kind.written((field.get)(parameters), decimals);
            self.fixed(subject, &field.key(), written(chain, chain_decimals), written(file, file_decimals));
        }
    }

    /// Notes where a table of an oracle differs from the binding on the chain.
    fn oracle(&mut self, subject: &str, table: &str, chain: &OracleBinding, file: &OracleBinding) {
        let mut field = |name, shown: fn(&OracleBinding) -> String| {
            self.fixed(subject, &format!("{table}.{name}"), shown(chain), shown(file));
        };
        field("kind", show_kind);
        field("program", |binding| show_address(binding.program));
        field("account", |binding| show_address(binding.account));
        field("feed_id", |binding| hex::encode(binding.feed_id));
    }

    /// Notes a value that an instruction brings to the file's.
    fn changeable(
        &mut self,
        subject: &str,
        field: &'static str,
        (before, after): (String, String),
        change: impl FnOnce() -> Instruction,
    ) {
        if before != after {
            let instruction = Box::new(change());
            self.steps.push(Step::Change { subject: subject.into(), field, before, after, instruction });
        }
    }

    /// Says that there was nothing to do about the subject, where so it is.
    fn already_since(&mut self, steps: usize, subject: String, address: Pubkey) {
        if self.steps.len() == steps {
            self.steps.push(Step::Already { subject, address });
        }
    }
}

impl Wanted<'_> {
    pub fn compare_mint(&self, mint: &Mint) -> Comparison {
        let mut found = Comparison::default();
        let decimals = self.description.exchange.quote_decimals;
        found.fixed("exchange", "quote_decimals", mint.decimals.to_string(), decimals.to_string());
        found
    }

    pub fn compare(&self, exchange: &Exchange, pool: &Pool, markets: &[Market]) -> Comparison {
        let mut found = self.compare_exchange(exchange, pool);
        for ((index, market), wanted) in (0u16..).zip(markets).zip(&self.description.markets) {
            found.append(self.compare_market(index, market, wanted));
        }
        for (place, market) in markets.iter().enumerate().skip(self.description.markets.len()) {
            found.fixed("exchange", &format!("market {place}"), unpadded(&market.symbol), "none".into());
        }
        found.steps.extend(self.create_markets(markets.len()));
        found
    }

    fn compare_exchange(&self, exchange: &Exchange, pool: &Pool) -> Comparison {
        let (subject, wanted) = (self.exchange_subject(), &self.description.exchange);
        let mut found = Comparison::default();
        let text = |address: &Pubkey| address.to_string();
        found.fixed("exchange", "quote_mint", text(&exchange.quote_mint), text(&wanted.quote_mint));
        let decimals = |quote| Decimals { base: 0, quote };
        let chain = (&pool.state.parameters.into(), decimals(exchange.quote_decimals));
        found.fields("exchange.pool", POOL, chain, (&wanted.pool.into(), decimals(wanted.quote_decimals)));

        let roles = |risk_admin, guardian| format!("{risk_admin} and {guardian}");
        let before = roles(exchange.risk_admin, exchange.guardian);
        let after = roles(wanted.risk_admin, wanted.guardian);
        found.changeable(&subject, "risk_admin and guardian", (before, after), || {
            set_roles(&self.addresses, self.signer, wanted.risk_admin, wanted.guardian)
        });
        found.already_since(0, subject, self.addresses.exchange);
        found
    }

    fn compare_market(&self, index: u16, market: &Market, wanted: &MarketDescription) -> Comparison {
        let (symbol, state) = (unpadded(&wanted.symbol), &market.state);
        let chain_decimals = Decimals { base: state.base_decimals, quote: state.quote_decimals };
        let file_decimals = Decimals { base: wanted.base_decimals, quote: self.description.exchange.quote_decimals };
        let mut found = Comparison::default();
        found.fixed(&symbol, "symbol", unpadded(&market.symbol), symbol.clone());
        found.fixed(&symbol, "base_decimals", chain_decimals.base.to_string(), file_decimals.base.to_string());
        found.oracle(&symbol, "oracle", &market.oracle, &wanted.oracle.into());
        let second = wanted.second_oracle.map_or(OracleBinding::NONE, OracleBinding::from);
        found.oracle(&symbol, "second_oracle", &market.second_oracle, &second);
        let chain = (&state.parameters.into(), chain_decimals);
        found.fields(&symbol, MARKET, chain, (&wanted.parameters.into(), file_decimals));

        let before = show_atoms(state.target_backing, chain_decimals.quote);
        let after = show_atoms(wanted.target_backing, file_decimals.quote);
        let subject = format!("market {symbol}");
        found.changeable(&subject, "target_backing", (before, after), || {
            set_backing_target(&self.addresses, self.signer, index, wanted.target_backing)
        });
        found.already_since(0, subject, self.addresses.market(index));
        found
    }
}

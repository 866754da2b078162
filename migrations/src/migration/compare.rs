//! The chain against the file, field by field.

use super::{Difference, Step};
use crate::description::fields::{Field, MARKET, POOL};
use crate::description::{show_address, show_feed_id, show_kind, Decimals, Description, MarketDescription};
use anchor_lang::prelude::Pubkey;
use anchor_lang::solana_program::instruction::Instruction;
use perp_client::addresses::{unpadded, Addresses};
use perp_client::convert::show_atoms;
use perp_client::instructions::{set_backing_target, set_roles};
use perp_client::rpc::Mint;
use perp_swap::state::{Exchange, Market, Pool};

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

    /// Notes the fields whose stored numbers differ.
    fn fields<T>(&mut self, subject: &str, fields: &[Field<T>], chain: &T, file: &T, decimals: Decimals) {
        for Field { key, kind, get, .. } in fields {
            let (chain, file) = (get(chain), get(file));
            if chain != file {
                self.fixed(subject, key, kind.shown(chain, decimals), kind.shown(file, decimals));
            }
        }
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
        let decimals = Decimals { base: 0, quote: wanted.quote_decimals };
        found.fields("exchange.pool", POOL, &pool.state.parameters, &wanted.pool, decimals);

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
        let (symbol, quote) = (unpadded(&wanted.symbol), self.description.exchange.quote_decimals);
        let mut found = Comparison::default();
        found.fixed(&symbol, "symbol", unpadded(&market.symbol), symbol.clone());
        let decimals = Decimals { base: market.state.base_decimals, quote };
        found.fixed(&symbol, "base_decimals", decimals.base.to_string(), wanted.base_decimals.to_string());
        let oracle = &wanted.oracle;
        found.fixed(&symbol, "oracle.kind", show_kind(market.oracle_kind), show_kind(oracle.kind));
        for (field, chain, file) in [
            ("oracle.program", market.oracle_program, oracle.program),
            ("oracle.account", market.oracle_account, oracle.account),
        ] {
            found.fixed(&symbol, field, show_address(chain), show_address(file));
        }
        found.fixed(&symbol, "oracle.feed_id", show_feed_id(&market.feed_id), show_feed_id(&oracle.feed_id));
        found.fields(&symbol, MARKET, &market.state.parameters, &wanted.parameters, decimals);

        let (before, after) = (market.state.target_backing, wanted.target_backing);
        let subject = format!("market {symbol}");
        found.changeable(&subject, "target_backing", (show_atoms(before, quote), show_atoms(after, quote)), || {
            set_backing_target(&self.addresses, self.signer, index, after)
        });
        found.already_since(0, subject, self.addresses.market(index));
        found
    }
}

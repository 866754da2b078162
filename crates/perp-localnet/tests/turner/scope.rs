//! What a rule's names stand for, read from accounts' bytes.

use std::collections::BTreeMap;

use serde_json::Value as Json;
use solana_pubkey::Pubkey;

use crate::table::{hex, Fields, Rule, Table};

/// What an operand is worth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Worth {
    /// A number.
    Number(i128),
    /// An address, or bytes.
    Bytes(Vec<u8>),
}

/// An account as it was read.
#[derive(Clone)]
pub struct Seen {
    pub address: Pubkey,
    pub data: Vec<u8>,
}

/// Everything at one moment.
pub struct Look {
    pub now: i128,
    /// The exchange's accounts by their kind.
    pub accounts: BTreeMap<String, Vec<Seen>>,
    /// Price accounts by the program that owns them.
    pub prices: BTreeMap<Pubkey, Vec<Seen>>,
}

/// What a rule looks at: an account, one of its items, and what belongs to them.
#[derive(Clone, Copy)]
pub struct Scope<'a> {
    pub table: &'a Table,
    pub look: &'a Look,
    pub caller: Pubkey,
    pub credited: Pubkey,
    pub kind: &'a str,
    pub this: &'a Seen,
    pub item: Option<usize>,
    pub record: Option<&'a Seen>,
    pub reading: Option<(&'a Seen, &'a Fields)>,
}

const SYSTEM_PROGRAM: Pubkey = Pubkey::new_from_array([0; 32]);
const ASSOCIATED: Pubkey = Pubkey::from_str_const("ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL");

/// The field of this type at this place.
pub fn field(data: &[u8], offset: usize, form: &str) -> Worth {
    let bytes = |count: usize| data[offset..offset + count].to_vec();
    macro_rules! number {
        ($type:ty) => {
            Worth::Number(i128::from(<$type>::from_le_bytes(bytes(size_of::<$type>()).try_into().unwrap())))
        };
    }
    match form {
        "u8" => number!(u8),
        "u16" => number!(u16),
        "u32" => number!(u32),
        "u64" => number!(u64),
        "i32" => number!(i32),
        "i64" => number!(i64),
        "pubkey" | "[u8; 32]" => Worth::Bytes(bytes(32)),
        _ => panic!("no type {form}"),
    }
}

impl<'a> Scope<'a> {
    fn of_kind(&self, kind: &str, account: &Seen, name: &str) -> Worth {
        if name == "address" {
            return Worth::Bytes(account.address.to_bytes().into());
        }
        let (offset, form) = &self.table.kinds[kind].fields[name];
        field(&account.data, *offset, form)
    }

    fn only(&self, kind: &str) -> &'a Seen {
        &self.look.accounts[kind][0]
    }

    /// The margin account that it is about.
    fn account(&self) -> &'a Seen {
        if self.kind == "MarginAccount" {
            return self.this;
        }
        let address = self.of_kind(self.kind, self.this, "margin_account");
        let all = &self.look.accounts["MarginAccount"];
        all.iter().find(|account| Worth::Bytes(account.address.to_bytes().into()) == address).unwrap()
    }

    fn item_field(&self, kind: &str, account: &Seen, item: usize, name: &str) -> Worth {
        let list = self.table.kinds[kind].list.as_ref().unwrap();
        let (offset, form) = &list.fields[name];
        field(&account.data, list.offset + list.size * item + offset, form)
    }

    fn market_of(&self, index: &Worth) -> &'a Seen {
        let all = &self.look.accounts["Market"];
        all.iter().find(|market| self.of_kind("Market", market, "state.index") == *index).unwrap()
    }

    /// The market that it is about.
    pub fn market(&self) -> &'a Seen {
        match self.item {
            Some(item) => self.market_of(&self.item_field(self.kind, self.this, item, "market")),
            None => self.this,
        }
    }

    /// The markets of the margin account's occupied slots, in the order of these.
    pub fn held(&self) -> Vec<&'a Seen> {
        let account = self.account();
        let count = self.table.kinds["MarginAccount"].list.as_ref().unwrap().count;
        let read = |slot, name| self.item_field("MarginAccount", account, slot, name);
        let slots = (0..count).filter(|slot| read(*slot, "occupied") == Worth::Number(1));
        slots.map(|slot| self.market_of(&read(slot, "market"))).collect()
    }

    fn reading(&self, name: &str) -> Worth {
        let (account, fields) = self.reading.unwrap();
        if name == "address" {
            return Worth::Bytes(account.address.to_bytes().into());
        }
        if name == "value" {
            return Worth::Number(self.valued(account, fields));
        }
        let (offset, form) = &fields[name];
        field(&account.data, *offset, form)
    }

    /// The price in 2^-40 atoms of the quote token per base unit.
    fn valued(&self, account: &Seen, fields: &Fields) -> i128 {
        let number = |worth| match worth {
            Worth::Number(number) => number,
            Worth::Bytes(_) => panic!("a number"),
        };
        let of_reading = |name: &str| number(field(&account.data, fields[name].0, &fields[name].1));
        let of_market = |name: &str| number(self.of_kind("Market", self.market(), name));
        let ten = of_reading("exponent") + of_market("state.quote_decimals") - of_market("state.base_decimals");
        let price = of_reading("price") << 40;
        match u32::try_from(ten) {
            Ok(ten) => price * 10_i128.pow(ten),
            Err(_) => price / 10_i128.pow(u32::try_from(-ten).unwrap()),
        }
    }

    /// What a name stands for.
    pub fn named(&self, name: &str) -> Worth {
        let address = |address: Pubkey| Worth::Bytes(address.to_bytes().into());
        if let Some(text) = name.strip_prefix('"') {
            return Worth::Bytes(text.trim_end_matches('"').as_bytes().into());
        }
        match name {
            "now" => return Worth::Number(self.look.now),
            "caller" => return address(self.caller),
            "credited" => return address(self.credited),
            "program" | "none" => return address(self.table.program.parse().unwrap()),
            "system_program" => return address(SYSTEM_PROGRAM),
            "associated_token_program" => return address(ASSOCIATED),
            "prices" => {
                let times =
                    self.held().into_iter().map(|market| self.of_kind("Market", market, "state.price.published"));
                return Worth::Bytes(times.flat_map(|time| format!("{time:?}").into_bytes()).collect());
            }
            _ => {}
        }
        if let Some(derived) = self.table.derived.get(name) {
            return address(self.derived(&derived.seeds, &derived.program));
        }
        let (of, rest) = name.split_once('.').unwrap_or_else(|| panic!("no name {name}"));
        match of {
            "self" => self.of_kind(self.kind, self.this, rest),
            "item" if rest == "index" => Worth::Number(self.item.unwrap().try_into().unwrap()),
            "item" => self.item_field(self.kind, self.this, self.item.unwrap(), rest),
            "exchange" => self.of_kind("Exchange", self.only("Exchange"), rest),
            "pool" => self.of_kind("Pool", self.only("Pool"), rest),
            "market" => self.of_kind("Market", self.market(), rest),
            "account" => self.of_kind("MarginAccount", self.account(), rest),
            "record" => self.of_kind("EpochRecord", self.record.unwrap(), rest),
            "reading" => self.reading(rest),
            _ => panic!("no name {name}"),
        }
    }

    fn derived(&self, seeds: &[String], program: &str) -> Pubkey {
        let bytes = |seed: &String| match self.named(seed) {
            Worth::Bytes(bytes) => bytes,
            // The one number among the seeds is a time.
            Worth::Number(time) => i64::try_from(time).unwrap().to_le_bytes().into(),
        };
        let seeds: Vec<Vec<u8>> = seeds.iter().map(bytes).collect();
        let seeds: Vec<&[u8]> = seeds.iter().map(Vec::as_slice).collect();
        Pubkey::find_program_address(&seeds, &self.address(program)).0
    }

    /// The address that a name stands for.
    pub fn address(&self, name: &str) -> Pubkey {
        match self.named(name) {
            Worth::Bytes(bytes) => Pubkey::new_from_array(bytes.try_into().unwrap()),
            Worth::Number(_) => panic!("{name} is a number"),
        }
    }

    /// The number that an operand stands for.
    pub fn number(&self, operand: &Json) -> i128 {
        match operand {
            Json::Number(number) => number.as_i128().unwrap(),
            Json::Array(sum) => sum[1..].iter().map(|term| self.number(term)).sum(),
            Json::String(name) => match self.named(name) {
                Worth::Number(number) => number,
                Worth::Bytes(_) => panic!("{name} is no number"),
            },
            _ => panic!("no operand {operand}"),
        }
    }

    /// Whether all that the rule asks for is so.
    pub fn holds(&self, rule: &Rule) -> bool {
        rule.when.iter().all(|(left, is, right)| {
            let (left, right) = (self.number(left), self.number(right));
            match is.as_str() {
                "=" => left == right,
                "!=" => left != right,
                "<" => left < right,
                "<=" => left <= right,
                ">" => left > right,
                ">=" => left >= right,
                "has" => (left >> right) & 1 == 1,
                "lacks" => (left >> right) & 1 == 0,
                _ => panic!("no comparison {is}"),
            }
        })
    }

    /// The price accounts with which the rule is tried.
    pub fn readings(&self, rule: &Rule) -> Vec<(&'a Seen, &'a Fields)> {
        let Some(which) = &rule.reading else { return Vec::new() };
        let of = if which == "second" { "second_oracle" } else { "oracle" };
        let read = |name: &str| self.of_kind("Market", self.market(), &format!("{of}.{name}"));
        let Worth::Number(kind) = read("kind") else { panic!("a number") };
        let form = &self.table.readings[&kind.to_string()];
        let Worth::Bytes(program) = read("program") else { panic!("an address") };
        let program = Pubkey::new_from_array(program.try_into().unwrap());
        let begins = form.discriminator.as_deref().map(hex).unwrap_or_default();
        let is_of_form = |seen: &&Seen| seen.data.len() == form.bytes && seen.data.starts_with(&begins);
        let all = self.look.prices.get(&program).into_iter().flatten().filter(is_of_form);
        let bound = read("account");
        let is_bound = |seen: &Seen| Worth::Bytes(seen.address.to_bytes().into()) == bound;
        let is_of_feed = |seen: &Seen| match form.fields.get("feed_id") {
            Some((offset, form)) => field(&seen.data, *offset, form) == read("feed_id"),
            None => is_bound(seen),
        };
        let named = bound != Worth::Bytes(vec![0; 32]);
        let mut found: Vec<&Seen> =
            all.filter(|seen| is_of_feed(seen) && (which == "any" || !named || is_bound(seen))).collect();
        if which != "any" {
            let published = |seen: &&Seen| match field(&seen.data, form.fields["publish_time"].0, "i64") {
                Worth::Number(time) => time,
                Worth::Bytes(_) => 0,
            };
            found = found.into_iter().max_by_key(published).into_iter().collect();
        }
        found.into_iter().map(|seen| (seen, &form.fields)).collect()
    }
}

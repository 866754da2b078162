//! Somebody who turns an exchange and knows the table alone: raw bytes, offsets, simulate, then send.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use solana_clock::Clock;
use solana_instruction::{AccountMeta, Instruction};
use solana_keypair::Keypair;
use solana_pubkey::Pubkey;
use solana_rpc_client::rpc_client::RpcClient;
use solana_signer::Signer;
use solana_transaction::Transaction;

use crate::scope::{Look, Scope, Seen, Worth};
use crate::table::{hex, read, Rule, Table};

const CLOCK: Pubkey = Pubkey::from_str_const("SysvarC1ock11111111111111111111111111111111");

/// What a rule was tried with: its name, the account and its item, the price account, the record.
type Trial = (String, Pubkey, Option<usize>, Option<Pubkey>, Option<Pubkey>);

pub struct Turner {
    client: RpcClient,
    wallet: Keypair,
    credited: Pubkey,
    exchange: Pubkey,
    table: Table,
    tried: BTreeMap<Trial, (Vec<Worth>, i128)>,
    /// Names of the rules by which something was sent, in this order.
    pub done: Vec<String>,
}

impl Turner {
    /// One that pays from `wallet` and is credited in its margin account `credited`.
    pub fn new(url: &str, exchange: Pubkey, wallet: Keypair, credited: Pubkey) -> Self {
        let client = RpcClient::new(url.to_owned());
        Self { client, wallet, credited, exchange, table: read(), tried: BTreeMap::new(), done: Vec::new() }
    }

    fn look(&self) -> Look {
        let read = |program: &Pubkey| {
            let accounts = self.client.get_program_accounts(program).unwrap().into_iter();
            accounts.map(|(address, account)| Seen { address, data: account.data }).collect::<Vec<_>>()
        };
        let clock = self.client.get_account_data(&CLOCK).unwrap();
        // Its time is the last of its five numbers.
        let at = size_of::<Clock>() - 8;
        let now = i64::from_le_bytes(clock[at..at + 8].try_into().unwrap()).into();
        let all = read(&self.table.program.parse().unwrap());
        let mut accounts: BTreeMap<String, Vec<Seen>> = BTreeMap::new();
        for (name, kind) in &self.table.kinds {
            let begins = hex(&kind.discriminator);
            let is_of_exchange = |seen: &Seen| match kind.fields.get("exchange") {
                Some((offset, _)) => seen.data[*offset..*offset + 32] == self.exchange.to_bytes(),
                None => name != "Exchange" || seen.address == self.exchange,
            };
            let of_kind = |seen: &&Seen| seen.data.len() == kind.bytes && seen.data.starts_with(&begins);
            let found = all.iter().filter(of_kind).filter(|seen| is_of_exchange(seen)).cloned().collect();
            accounts.insert(name.clone(), found);
        }
        let fields = &self.table.kinds["Market"].fields;
        let program = |market: &Seen, name: &str| {
            let offset = fields[name].0;
            Pubkey::new_from_array(market.data[offset..offset + 32].try_into().unwrap())
        };
        let programs: BTreeSet<Pubkey> = accounts["Market"]
            .iter()
            .flat_map(|market| [program(market, "oracle.program"), program(market, "second_oracle.program")])
            .filter(|program| program.to_bytes() != [0; 32])
            .collect();
        let prices = programs.into_iter().map(|program| (program, read(&program))).collect();
        Look { now, accounts, prices }
    }

    /// Everything that the rule may be about.
    fn scopes<'a>(&'a self, rule: &'a Rule, look: &'a Look) -> Vec<Scope<'a>> {
        let (kind, list) = rule.subject();
        let items: Vec<Option<usize>> = match (&self.table.kinds[kind].list, list) {
            (Some(list), Some(named)) if list.field == named => (0..list.count).map(Some).collect(),
            (_, None) => vec![None],
            _ => panic!("no list {}", rule.of),
        };
        let records: Vec<Option<&Seen>> =
            if rule.record { look.accounts["EpochRecord"].iter().map(Some).collect() } else { vec![None] };
        let mut scopes = Vec::new();
        for this in &look.accounts[kind] {
            for item in &items {
                for record in &records {
                    let scope = Scope {
                        table: &self.table,
                        look,
                        caller: self.wallet.pubkey(),
                        credited: self.credited,
                        kind,
                        this,
                        item: *item,
                        record: *record,
                        reading: None,
                    };
                    if rule.reading.is_none() {
                        scopes.push(scope);
                        continue;
                    }
                    let readings = scope.readings(rule);
                    scopes.extend(readings.into_iter().map(|reading| Scope { reading: Some(reading), ..scope }));
                }
            }
        }
        scopes
    }

    fn instruction(&self, rule: &Rule, scope: &Scope) -> Instruction {
        let program: Pubkey = self.table.program.parse().unwrap();
        let meta = |(name, flags): &(String, String)| {
            let address = scope.address(name);
            // The program's address in place of an account that is left out is not written.
            let is_writable = flags.contains('w') && address != program;
            AccountMeta { pubkey: address, is_signer: flags.contains('s'), is_writable }
        };
        let mut accounts: Vec<AccountMeta> = rule.accounts.iter().map(meta).collect();
        if rule.then.as_deref() == Some("other markets") {
            let target = scope.market().address;
            let others = scope.held().into_iter().map(|market| market.address).filter(|market| *market != target);
            accounts.extend(others.map(|market| AccountMeta::new_readonly(market, false)));
        }
        let mut data = hex(&rule.discriminator);
        for (form, operand) in &rule.arguments {
            let number = scope.number(operand);
            match form.as_str() {
                "u8" => data.push(number.try_into().unwrap()),
                "u64" => data.extend(u64::try_from(number).unwrap().to_le_bytes()),
                "i64" => data.extend(i64::try_from(number).unwrap().to_le_bytes()),
                _ => panic!("no argument {form}"),
            }
        }
        Instruction { program_id: program, accounts, data }
    }

    /// Whether the transaction with this instruction would succeed, and did.
    fn attempt(&self, instruction: Instruction) -> bool {
        let payer = self.wallet.pubkey();
        let recent = self.client.get_latest_blockhash().unwrap();
        let transaction = Transaction::new_signed_with_payer(&[instruction], Some(&payer), &[&self.wallet], recent);
        if self.client.simulate_transaction(&transaction).unwrap().value.err.is_some() {
            return false;
        }
        let Ok(signature) = self.client.send_transaction(&transaction) else { return false };
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(10) {
            if let Some(status) = &self.client.get_signature_statuses(&[signature]).unwrap().value[0] {
                return status.err.is_none();
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        false
    }

    /// Looks once and does what the table says; returns how much of it succeeded.
    pub fn turn(&mut self) -> usize {
        let look = self.look();
        let (mut tried, mut done) = (Vec::new(), Vec::new());
        for rule in &self.table.rules {
            for scope in self.scopes(rule, &look) {
                if !scope.holds(rule) {
                    continue;
                }
                let reading = scope.reading.map(|(account, _)| account.address);
                let record = scope.record.map(|record| record.address);
                let trial = (rule.name.clone(), scope.this.address, scope.item, reading, record);
                let seen: Vec<Worth> = rule.again.iter().map(|name| scope.named(name)).collect();
                let rests =
                    |(before, at): &(Vec<Worth>, i128)| *before == seen && look.now < at + self.table.retry_seconds;
                if self.tried.get(&trial).is_some_and(rests) {
                    continue;
                }
                if self.attempt(self.instruction(rule, &scope)) {
                    done.push(rule.name.clone());
                }
                tried.push((trial, (seen, look.now)));
            }
        }
        self.tried.extend(tried);
        let count = done.len();
        self.done.extend(done);
        count
    }

    /// Turns until there is nothing left to do.
    pub fn until_done(&mut self) {
        for _ in 0..40 {
            if self.turn() == 0 {
                return;
            }
        }
        panic!("still something to do: {:?}", self.done);
    }

    /// Whether something was sent by the rule of this name.
    pub fn did(&self, rule: &str) -> bool {
        assert!(self.table.rules.iter().any(|known| known.name == rule), "no rule {rule}");
        self.done.iter().any(|done| done == rule)
    }
}

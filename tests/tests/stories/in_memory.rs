//! The exchange in memory beside the one on chain: what a story sends is done on both. What the one in memory comes to
//! is what every account on chain must hold, field by field; where the program refuses by a rule of the exchange, the
//! one in memory refuses by the same rule.

mod sent;

use anchor_lang::prelude::Pubkey;
use perp_accounts::{decode, LiquidityRequest, MarginAccount, Orders, Stored};
use perp_client::addresses::orders_address;
use perp_client::errors::exchange_error;
use perp_engine::units::{Atoms, Clock, Timestamp};
use perp_exchange::chain::EPOCH_RENT;
use perp_exchange::{Exchange, Listing, Operation, Outcome, Refusal};
use perp_swap::instruction as data;
use perp_tests::{Ran, World};
use sent::Sent;
use solana_instruction::Instruction;
use std::collections::BTreeMap;

/// The exchange in memory, and the numbers by which it knows what has an address on chain.
#[derive(Clone, Default)]
struct InMemory {
    /// None until it is created on chain.
    exchange: Option<Exchange>,
    markets: BTreeMap<Pubkey, u16>,
    accounts: BTreeMap<Pubkey, usize>,
    /// By their owner.
    providers: BTreeMap<Pubkey, usize>,
    requests: BTreeMap<Pubkey, u64>,
}

/// From now on every transaction is done in memory as well. The world is one without an exchange.
pub fn follow(world: &mut World) {
    let mut memory = InMemory::default();
    world.observe(move |world, instructions, done| memory.follow(world, instructions, done));
}

impl InMemory {
    fn follow(&mut self, world: &mut World, instructions: &[Instruction], done: &Ran) {
        match done {
            Ok(_) => {
                if let Err(refusal) = self.execute_all(world, instructions) {
                    let asked: Vec<_> = own(instructions).map(|sent| sent.operations(self, world)).collect();
                    panic!("went through on chain and not in memory: {refusal}\n{asked:?}");
                }
                self.compare(world);
            }
            Err(_) if own(instructions).next().is_none() => {}
            Err(refused) => {
                // Rules about accounts, roles and oracles are the program's own.
                let rule = refused.code().and_then(exchange_error).filter(|rule| rule.code() < 6_200);
                let Some(rule) = rule else { return };
                let refusal = self.clone().execute_all(world, instructions);
                let in_memory = refusal.expect_err("refused on chain and not in memory").rule();
                assert_eq!(in_memory.map(|rule| rule.name().to_owned()), Some(rule.name()), "in memory, and on chain");
            }
        }
    }

    fn execute_all(&mut self, world: &mut World, instructions: &[Instruction]) -> Result<(), Refusal> {
        let clock = Clock { now: Timestamp::new(world.now), slot: world.slot };
        for sent in own(instructions) {
            if let Some(exchange) = &mut self.exchange {
                exchange.clock = clock;
            }
            self.execute(world, sent, clock)?;
        }
        Ok(())
    }

    fn execute(&mut self, world: &mut World, sent: Sent, clock: Clock) -> Result<(), Refusal> {
        if let Some(single) = sent.single() {
            // Where a rule refuses it, nothing happens.
            return self.execute(world, Sent(&single), clock).or(Ok(()));
        }
        if let Some(data::CreateExchange { parameters, .. }) = sent.arguments() {
            let decimals = world.exchange().quote_decimals;
            let mut exchange = Exchange::new(parameters.into(), decimals, clock)?;
            exchange.epoch_rent = EPOCH_RENT;
            self.exchange = Some(exchange);
        } else if let Some(data::CreateMarket { base_decimals, parameters, target_backing, .. }) = sent.arguments() {
            let (parameters, target_backing) = (parameters.into(), Atoms::new(target_backing));
            let index = self.exchange_mut().list(&Listing { parameters, base_decimals, target_backing })?;
            self.markets.insert(sent.key(2), index);
        } else if sent.is::<data::SetDelegate>() {
            let number = self.accounts[&sent.key(1)];
            let mut account = *self.exchange().account(number)?;
            account.next_event();
            self.exchange_mut().put_account(number, account)?;
        } else if sent.is::<data::ProposeAdmin>() || sent.is::<data::AcceptAdmin>() || sent.is::<data::SetRoles>() {
            self.exchange_mut().state.next_event();
        } else {
            self.add_provider(sent);
            for operation in sent.operations(self, world) {
                let outcome = self.exchange_mut().execute(&operation)?;
                self.learn(sent, &operation, outcome);
            }
        }
        Ok(())
    }

    /// Whoever asks for liquidity to be put in is a provider from then on.
    fn add_provider(&mut self, sent: Sent) {
        if sent.is::<data::RequestLiquidityDeposit>() && !self.providers.contains_key(&sent.key(0)) {
            let number = self.exchange_mut().add_provider();
            self.providers.insert(sent.key(0), number);
        }
    }

    /// Under which number something with an address is known from now on, or that it is no longer.
    fn learn(&mut self, sent: Sent, operation: &Operation, outcome: Outcome) {
        match (operation, outcome) {
            (Operation::OpenAccount { .. }, Outcome::Number(number)) => {
                self.accounts.insert(sent.key(3), usize::try_from(number).expect("few accounts live in a story"));
            }
            (Operation::CloseAccount { .. }, _) => drop(self.accounts.remove(&sent.key(1))),
            (_, Outcome::Number(number)) => drop(self.requests.insert(sent.key(3), number)),
            (Operation::PayLiquidityRequest { request }, _) if self.exchange().request(*request).is_err() => {
                self.requests.remove(&sent.key(4));
            }
            _ => {}
        }
    }

    /// Compares every account with its part in memory.
    fn compare(&self, world: &mut World) {
        let Some(exchange) = &self.exchange else { return };
        assert_eq!(exchange.state, world.exchange().state);
        assert_eq!(exchange.market_count, world.exchange().market_count);
        assert_eq!(exchange.pool, world.pool().state);
        assert_eq!(exchange.queue, world.pool().queue);
        let records: Vec<_> = world.records().iter().map(|record| record.state).collect();
        assert_eq!(exchange.epochs().values().copied().collect::<Vec<_>>(), records, "closed epochs");
        assert_eq!(exchange.vault.get(), world.vault(), "tokens in the vault");
        for market in exchange.markets() {
            assert_eq!(*market, world.market(market.index).state);
        }
        for (address, number) in &self.accounts {
            let stored: MarginAccount = stored(world, address).expect("the account exists on chain");
            assert_eq!(*exchange.account(*number).expect("the account exists in memory"), stored.state);
        }
        for (address, number) in &self.accounts {
            let orders: Option<Orders> = stored(world, &orders_address(address));
            let in_memory = exchange.orders_of(*number).ok();
            assert_eq!(in_memory, orders.as_ref().map(|orders| &orders.state), "orders of {address}");
        }
        for (address, number) in &self.requests {
            let stored: LiquidityRequest = stored(world, address).expect("the request exists on chain");
            let open = exchange.request(*number).expect("the request exists in memory");
            assert_eq!((open.request, open.kind as u8), (stored.state, stored.kind));
        }
        for (owner, number) in &self.providers {
            let provider = exchange.provider(*number).expect("the provider exists in memory");
            assert_eq!(provider.shares.get(), world.shares(owner), "shares of {owner}");
        }
    }

    fn exchange(&self) -> &Exchange {
        self.exchange.as_ref().expect("the exchange is created first")
    }

    fn exchange_mut(&mut self) -> &mut Exchange {
        self.exchange.as_mut().expect("the exchange is created first")
    }
}

/// The program's instructions among these, but for those that only ask.
fn own(instructions: &[Instruction]) -> impl Iterator<Item = Sent<'_>> {
    let own = instructions.iter().filter(|instruction| instruction.program_id == perp_swap::ID).map(Sent);
    own.filter(|sent| !sent.asks())
}

fn stored<T: Stored>(world: &mut World, address: &Pubkey) -> Option<T> {
    let account = world.chain.account(address)?;
    Some(decode(address, &account.owner, &account.data).expect("the account is what its address says"))
}

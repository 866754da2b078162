//! A world: an exchange with markets, a liquidity provider, users, and a clock that only the test moves.

mod books;
mod epochs;
mod instructions;
pub mod orders;

pub use books::Books;
pub use instructions::{order, ALL};

use crate::chain::{Backend, Chain, Outcome, Refused};
use crate::listing::{self, feed_id, DAY, NOW, START_PRICE, USDC};
use crate::tokens;
use anchor_lang::prelude::Pubkey;
use perp_accounts::oracle::{COMPATIBLE_RECEIVER, CORE_RECEIVER};
use perp_client::addresses::{exchange_address, padded};
use perp_client::instructions::{self as build, Authority, NewExchange, NewMarket};
use perp_client::Addresses;
use perp_engine::state::Parameters;
use perp_oracle::write::pull_account;
use solana_account::Account;
use solana_clock::Clock;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_signer::Signer;
use std::collections::BTreeMap;

/// What became of a transaction.
pub type Ran = Result<Outcome, Refused>;

/// Sees every transaction and what became of it, after the world has checked it.
pub type Observer = Box<dyn FnMut(&mut World, &[Instruction], &Ran)>;

/// What the pool of [`World::new`] begins with, in cash and in shares.
pub const POOL: u64 = 10_000_000 * USDC;
/// What its provider brings: [`POOL`], and the 0.02 % of all of it that are set apart for settlements.
const DEPOSIT: u64 = POOL + SET_APART;
/// ⌈10 002 000.400 081 / 5 000⌉
pub const SET_APART: u64 = 2_000_400_081;

/// An exchange and everything around it.
pub struct World {
    pub backend: Backend,
    pub chain: Box<dyn Chain>,
    pub addresses: Addresses,
    /// Creator and admin of the exchange.
    pub admin: Pubkey,
    pub risk_admin: Pubkey,
    pub guardian: Pubkey,
    /// The owner of the pool's shares in [`World::new`].
    pub provider: Pubkey,
    pub now: i64,
    pub slot: u64,
    pub market_count: u16,
    payer: Pubkey,
    keys: BTreeMap<Pubkey, Keypair>,
    margin_accounts: Vec<Pubkey>,
    requests: Vec<Pubkey>,
    /// Records of closed epochs.
    epochs: Vec<Pubkey>,
    /// Accounts of resting orders.
    order_books: Vec<Pubkey>,
    /// Everybody's token accounts, in quote tokens and in shares.
    token_accounts: Vec<Pubkey>,
    /// Tokens sent to the vault outside the program.
    donated: u64,
    /// Lamports that lay on the pool's account before it was made; none before they are looked for.
    given_to_pool: Option<u64>,
    /// Quote tokens in existence.
    supply: u64,
    observers: Vec<Observer>,
}

impl World {
    /// A chain with a quote mint and the keys of the roles; no exchange yet.
    pub fn before_creation(backend: Backend) -> Self {
        Self::with_mint(backend, anchor_spl::token::ID, tokens::mint(&anchor_spl::token::ID, 0, None))
    }

    /// The same with this mint of this token program.
    pub fn with_mint(backend: Backend, token_program: Pubkey, mint: Account) -> Self {
        let mut world = Self {
            backend,
            chain: backend.start(),
            addresses: Addresses::new(Pubkey::default(), Pubkey::default(), token_program),
            admin: Pubkey::default(),
            risk_admin: Pubkey::default(),
            guardian: Pubkey::default(),
            provider: Pubkey::default(),
            now: NOW,
            slot: 1_000,
            market_count: 0,
            payer: Pubkey::default(),
            keys: BTreeMap::new(),
            margin_accounts: Vec::new(),
            requests: Vec::new(),
            epochs: Vec::new(),
            order_books: Vec::new(),
            token_accounts: Vec::new(),
            donated: 0,
            given_to_pool: None,
            supply: 0,
            observers: Vec::new(),
        };
        world.set_clock();
        world.payer = world.key();
        world.admin = world.key();
        world.risk_admin = world.key();
        world.guardian = world.key();
        let quote_mint = Pubkey::new_from_array([0xAA; 32]);
        world.chain.set_account(&quote_mint, mint);
        world.addresses = Addresses::new(exchange_address(&world.admin, &Self::name()), quote_mint, token_program);
        world
    }

    /// An exchange without markets and liquidity.
    pub fn empty(backend: Backend) -> Self {
        let mut world = Self::before_creation(backend);
        world.create_exchange().expect("the exchange is created");
        world
    }

    /// An exchange with a pool of [`POOL`] and `markets` markets at [`START_PRICE`], a part of the pool placed in each:
    /// two million USDC with up to four markets, half a million with more.
    pub fn new(backend: Backend, markets: u16) -> Self {
        let mut world = Self::before_creation(backend);
        world.set_up(markets);
        world
    }

    /// Makes of a chain without an exchange what [`World::new`] begins with.
    pub fn set_up(&mut self, markets: u16) {
        let target = if markets <= 4 { 2_000_000 * USDC } else { 500_000 * USDC };
        self.fund();
        self.list_all((0..markets).map(|index| listing::market(index, listing::parameters(), target)));
    }

    /// Creates the exchange, whose provider's [`POOL`] enters at a boundary shortly before [`NOW`].
    pub fn fund(&mut self) {
        /// [`NOW`] is 400 s after a boundary, and a deposit waits for at least 600 s.
        const BEFORE: i64 = 1_000;
        let slot = self.slot;
        self.set_time(NOW - BEFORE);
        self.create_exchange().expect("the exchange is created");
        self.provider = self.user(DEPOSIT);
        self.add_liquidity(self.provider, DEPOSIT);
        self.slot = slot;
        self.set_time(NOW);
    }

    /// Lists markets of an exchange that has liquidity; half a minute later each has its backing.
    pub fn list_all(&mut self, markets: impl IntoIterator<Item = NewMarket>) {
        let first = self.market_count;
        for market in markets {
            self.list(market);
        }
        self.wait(30);
        for index in first..self.market_count {
            self.publish_again(index);
        }
        for index in first..self.market_count {
            self.allocate_backing(index).expect("the pool has the cash");
        }
    }

    /// `observer` sees every transaction from now on.
    pub fn observe(&mut self, observer: impl FnMut(&mut World, &[Instruction], &Ran) + 'static) {
        self.observers.push(Box::new(observer));
    }

    /// Name of the exchange.
    pub fn name() -> [u8; 32] {
        padded("exchange").expect("the name is short")
    }

    pub fn exchange_arguments(&self) -> NewExchange {
        NewExchange {
            name: Self::name(),
            risk_admin: self.risk_admin,
            guardian: self.guardian,
            parameters: listing::pool_parameters(),
        }
    }

    pub fn create_exchange(&mut self) -> Ran {
        let (mint, program) = (self.addresses.quote_mint, self.addresses.token_program);
        self.run(&[build::create_exchange(self.admin, mint, program, &self.exchange_arguments())])
    }

    pub fn create_market(&mut self, arguments: NewMarket) -> Ran {
        let done = self.run(&[build::create_market(&self.addresses, self.admin, &arguments)]);
        if done.is_ok() {
            self.market_count += 1;
        }
        done
    }

    /// Lists a market and publishes its first price, [`START_PRICE`].
    pub fn list(&mut self, arguments: NewMarket) {
        self.create_market(arguments).expect("the market is listed");
        self.publish(arguments.index, START_PRICE);
        self.update_price(arguments.index).expect("the price is taken in");
    }

    /// An exchange with one market of these parameters, as [`World::new`] otherwise.
    pub fn with_market(backend: Backend, parameters: Parameters) -> Self {
        Self::with_listed(backend, listing::market(0, parameters, 2_000_000 * USDC))
    }

    /// The same with one market listed so.
    pub fn with_listed(backend: Backend, market: NewMarket) -> Self {
        let mut world = Self::before_creation(backend);
        world.fund();
        world.list_all([market]);
        world
    }

    // People and tokens.

    /// A new key with lamports; the same ones in every run.
    pub fn key(&mut self) -> Pubkey {
        let number = u8::try_from(self.keys.len() + 1).expect("few people live in a world");
        let key = Keypair::new_from_array([number; 32]);
        let address = key.pubkey();
        let system = anchor_lang::system_program::ID;
        self.chain
            .set_account(&address, Account { lamports: 100 * tokens::LAMPORTS, ..tokens::account(&system, vec![]) });
        self.keys.insert(address, key);
        address
    }

    /// A new key whose token account holds `amount` new tokens.
    pub fn user(&mut self, amount: u64) -> Pubkey {
        let owner = self.key();
        self.give(owner, amount);
        owner
    }

    /// `amount` new tokens for `owner`, whose token account is made where there is none.
    pub fn give(&mut self, owner: Pubkey, amount: u64) {
        let address = self.addresses.tokens_of(&owner);
        let (program, mint) = (self.addresses.token_program, self.addresses.quote_mint);
        let held = self.tokens(&owner);
        self.chain.set_account(&address, tokens::token_account(&program, mint, owner, held + amount));
        if !self.token_accounts.contains(&address) {
            self.token_accounts.push(address);
        }
        self.supply += amount;
    }

    /// A new owner with a cross account into which `amount` is deposited.
    pub fn trader(&mut self, amount: u64) -> Authority {
        let owner = self.user(amount);
        let actor = self.account(owner, 0, None);
        if amount > 0 {
            self.deposit(actor, amount).expect("the deposit goes through");
        }
        actor
    }

    /// The owner's new margin account; isolated where a market is named.
    pub fn account(&mut self, owner: Pubkey, sub_account: u16, isolated: Option<u16>) -> Authority {
        self.open_account(owner, sub_account, isolated).expect("the account is opened");
        Authority { signer: owner, margin_account: self.addresses.margin_account(&owner, sub_account) }
    }

    /// Sends tokens to the vault past the program.
    pub fn donate(&mut self, owner: Pubkey, amount: u64) {
        let (from, to) = (self.addresses.tokens_of(&owner), self.addresses.vault);
        let transfer = anchor_spl::token::spl_token::instruction::transfer_checked(
            &self.addresses.token_program,
            &from,
            &self.addresses.quote_mint,
            &to,
            &owner,
            &[],
            amount,
            6,
        );
        self.donated += amount;
        self.run(&[transfer.expect("the token program is known")]).expect("anybody can send tokens anywhere");
    }

    // Time and prices.

    fn set_clock(&mut self) {
        let (slot, unix_timestamp) = (self.slot, self.now);
        self.chain.set_clock(Clock { slot, unix_timestamp, epoch_start_timestamp: NOW - DAY, ..Clock::default() });
    }

    /// Time passes; no price is published.
    pub fn wait(&mut self, seconds: i64) {
        self.now += seconds;
        self.slot += (seconds.unsigned_abs() * 5 / 2).max(1);
        self.set_clock();
    }

    /// The clock shows this Unix time.
    pub fn set_time(&mut self, now: i64) {
        self.now = now;
        self.set_clock();
    }

    /// The next slot, in the same second.
    pub fn next_slot(&mut self) {
        self.slot += 1;
        self.set_clock();
    }

    /// Address of the account that carries the market's feed.
    pub fn oracle(&self, market: u16) -> Pubkey {
        let mut address = [0xEE; 32];
        address[..2].copy_from_slice(&market.to_le_bytes());
        Pubkey::new_from_array(address)
    }

    /// Address of the account that carries the feed of the market's second source, where it is listed with
    /// [`listing::bounded`].
    pub fn second_oracle(&self, market: u16) -> Pubkey {
        let mut address = [0xDD; 32];
        address[..2].copy_from_slice(&market.to_le_bytes());
        Pubkey::new_from_array(address)
    }

    /// The market's second feed prints `price ± confidence` dollars, true at `time`.
    pub fn publish_second(&mut self, market: u16, price: f64, confidence: f64, time: i64) {
        let mantissa = |dollars: f64| (dollars * 1e8).round() as i64;
        let confidence = mantissa(confidence).unsigned_abs();
        let data = pull_account(feed_id(market), mantissa(price), confidence, -8, time, self.slot);
        self.chain.set_account(&self.second_oracle(market), tokens::account(&COMPATIBLE_RECEIVER, data));
    }

    /// The feed prints `price` dollars now, with no uncertainty.
    pub fn publish(&mut self, market: u16, price: f64) {
        self.publish_with(market, price, 0.0, self.now);
    }

    /// The feed prints `price ± confidence` dollars, true at `time`.
    pub fn publish_with(&mut self, market: u16, price: f64, confidence: f64, time: i64) {
        let mantissa = |dollars: f64| (dollars * 1e8).round() as i64;
        let confidence = mantissa(confidence).unsigned_abs();
        let data = pull_account(feed_id(market), mantissa(price), confidence, -8, time, self.slot);
        self.chain.set_account(&self.oracle(market), tokens::account(&CORE_RECEIVER, data));
    }

    /// The feed prints `price` dollars, true at `time`, and names when it printed the one before.
    pub fn publish_after(&mut self, market: u16, price: f64, time: i64, previous: i64) {
        self.publish_between(market, price, 0.0, [previous, time]);
    }

    /// The same with its confidence; the times are those of the one before and of this one.
    pub fn publish_between(&mut self, market: u16, price: f64, confidence: f64, [previous, time]: [i64; 2]) {
        /// After the discriminator, the authority, the level of verification, and the message up to its own publish time.
        const PREVIOUS: usize = 8 + 32 + 1 + 32 + 8 + 8 + 4 + 8;
        self.publish_with(market, price, confidence, time);
        let address = self.oracle(market);
        let mut account = self.chain.account(&address).expect("it was published");
        account.data[PREVIOUS..PREVIOUS + 8].copy_from_slice(&previous.to_le_bytes());
        self.chain.set_account(&address, account);
    }

    /// The market's cached price, in dollars.
    pub fn cached_price(&mut self, market: u16) -> f64 {
        let raw = self.market(market).state.price.price.get();
        // raw · 10^(9 − 6) / 2^40 dollars
        raw as f64 * 1e3 / (1u64 << 40) as f64
    }

    /// Every market's cached price is published and taken in anew.
    pub fn publish_all_again(&mut self) {
        for market in 0..self.market_count {
            self.publish_again(market);
        }
    }

    fn publish_again(&mut self, market: u16) {
        let price = self.cached_price(market);
        self.publish(market, price);
        self.update_price(market).expect("the price is taken in");
    }

    /// `seconds` pass, then the market's feed prints `price` and the market takes it in.
    pub fn later_at(&mut self, seconds: i64, market: u16, price: f64) {
        self.wait(seconds);
        self.publish(market, price);
        self.update_price(market).expect("the price is taken in");
    }

    // Transactions.

    /// Sends one instruction, as [`World::run`] does several.
    #[track_caller]
    pub fn send(&mut self, instruction: &Instruction) -> Ran {
        self.run(std::slice::from_ref(instruction))
    }

    /// Sends one instruction that only asks, and looks at no books: of states that no instruction made.
    pub fn ask(&mut self, instruction: &Instruction) -> Ran {
        self.chain.send(std::slice::from_ref(instruction), &[&self.keys[&self.payer]])
    }

    /// Sends one transaction, signed by everybody it names as a signer, and checks the books or that nothing changed.
    #[track_caller]
    pub fn run(&mut self, instructions: &[Instruction]) -> Ran {
        let mut signers = vec![self.payer];
        for meta in instructions.iter().flat_map(|instruction| &instruction.accounts) {
            if meta.is_signer && !signers.contains(&meta.pubkey) {
                signers.push(meta.pubkey);
            }
        }
        let before = self.everything();
        let keys: Vec<&Keypair> = signers.iter().map(|signer| &self.keys[signer]).collect();
        let done = self.chain.send(instructions, &keys);
        match &done {
            Ok(_) if self.chain.account(&self.addresses.exchange).is_none() => {}
            Ok(_) => {
                self.notice(instructions);
                self.books();
            }
            Err(refused) => {
                let after = self.everything();
                assert!(before == after, "a refused transaction changed an account: {refused:?}");
            }
        }
        let mut observers = std::mem::take(&mut self.observers);
        observers.iter_mut().for_each(|observer| observer(self, instructions, &done));
        self.observers.append(&mut observers);
        done
    }
}

use super::World;
use crate::tokens;
use anchor_lang::prelude::Pubkey;
use perp_accounts::{decode, EpochRecord, Exchange, LiquidityRequest, MarginAccount, Market, Orders, Pool, Stored};
use perp_engine::invariants::{check_invariants, ExchangeView};
use perp_engine::risk::margin::face_value;
use perp_engine::state::{Account as EngineAccount, Position, RequestKind, Waiting, DEAD_SHARES};
use perp_engine::units::{Atoms, Clock, Timestamp};
use perp_oracle::read_oracle;
use solana_account::Account;
use solana_instruction::Instruction;

/// Every account of the exchange, decoded.
pub struct Books {
    pub pool: Pool,
    pub markets: Vec<Market>,
    pub accounts: Vec<MarginAccount>,
    pub vault: u64,
}

impl World {
    pub(super) fn stored<T: Stored>(&mut self, address: &Pubkey) -> Option<T> {
        let account = self.chain.account(address)?;
        Some(decode(address, &account.owner, &account.data).expect("the account is what its address says"))
    }

    pub fn exchange(&mut self) -> Exchange {
        let address = self.addresses.exchange;
        self.stored(&address).expect("the exchange exists")
    }

    pub fn pool(&mut self) -> Pool {
        let address = self.addresses.pool;
        self.stored(&address).expect("the pool exists")
    }

    pub fn market(&mut self, index: u16) -> Market {
        let address = self.addresses.market(index);
        self.stored(&address).expect("the market exists")
    }

    pub fn margin_account(&mut self, address: &Pubkey) -> MarginAccount {
        self.stored(address).expect("the margin account exists")
    }

    /// The cluster's clock, as the engine sees it.
    pub fn clock(&self) -> Clock {
        Clock { now: Timestamp::new(self.now), slot: self.slot }
    }

    /// The exchange as a keeper reads it, the newest reading of every feed taken in.
    pub fn in_memory(&mut self) -> perp_exchange::Exchange {
        let mut exchange = perp_exchange::Exchange::from_chain(&self.exchange(), self.clock());
        for index in 0..self.market_count {
            let (market, address) = (self.market(index), self.oracle(index));
            let feed = self.chain.account(&address).expect("the feed exists");
            let reading =
                read_oracle(&address, &feed.owner, &feed.data, &market.oracle).expect("the feed says something");
            exchange = exchange.with_market(&market);
            exchange.ingest_price(index, &reading).expect("the price is one");
        }
        exchange
    }

    pub fn request(&mut self, owner: &Pubkey, nonce: u64) -> LiquidityRequest {
        let address = self.addresses.request(owner, nonce);
        self.stored(&address).expect("the request exists")
    }

    /// Balance of a margin account, in atoms.
    pub fn balance(&mut self, margin_account: &Pubkey) -> u64 {
        self.margin_account(margin_account).state.balance.get()
    }

    /// The account's slot in the market; zeroed where it has none.
    pub fn position(&mut self, margin_account: &Pubkey, market: u16) -> Position {
        let state = self.margin_account(margin_account).state;
        state.slot_of(market).map_or_else(Position::default, |slot| state.positions[slot])
    }

    /// Quote tokens in the owner's token account.
    pub fn tokens(&mut self, owner: &Pubkey) -> u64 {
        let address = self.addresses.tokens_of(owner);
        tokens::balance(&mut *self.chain, &address)
    }

    /// Liquidity shares in the owner's share account.
    pub fn shares(&mut self, owner: &Pubkey) -> u64 {
        let address = self.addresses.shares_of(owner);
        tokens::balance(&mut *self.chain, &address)
    }

    /// Tokens in the vault.
    pub fn vault(&mut self) -> u64 {
        let address = self.addresses.vault;
        tokens::balance(&mut *self.chain, &address)
    }

    /// Balance, claims, debts and unrealized profit at the cached prices, in atoms rounded down.
    pub fn equity(&mut self, margin_account: &Pubkey) -> i64 {
        let state = self.margin_account(margin_account).state;
        let mut equity = state.balance.to_x40().unwrap();
        for (_, position) in state.occupied() {
            let market = self.market(position.market).state;
            equity = equity.checked_add(face_value(position, &market).unwrap()).unwrap();
        }
        equity.to_signed_atoms_floor().unwrap().get()
    }

    /// What the owners hold together: tokens in their wallets and equity in all their margin accounts, in atoms.
    pub fn wealth(&mut self, owners: &[Pubkey]) -> i64 {
        let mut wealth = 0;
        for owner in owners {
            wealth += i64::try_from(self.tokens(owner)).unwrap();
        }
        for address in self.margin_accounts.clone() {
            let account: Option<MarginAccount> = self.stored(&address);
            if account.is_some_and(|account| owners.contains(&account.owner)) {
                wealth += self.equity(&address);
            }
        }
        wealth
    }

    /// Bytes and lamports of every account of the exchange and its users.
    pub fn everything(&mut self) -> Vec<Option<Account>> {
        let addresses = self.addresses;
        let mut all = vec![
            addresses.exchange,
            addresses.pool,
            addresses.vault,
            addresses.share_mint,
            addresses.share_escrow,
            addresses.quote_mint,
        ];
        all.extend((0..self.market_count).map(|index| addresses.market(index)));
        all.extend(&self.margin_accounts);
        all.extend(&self.requests);
        all.extend(&self.epochs);
        all.extend(&self.order_books);
        all.extend(&self.token_accounts);
        all.iter().map(|address| self.chain.account(address)).collect()
    }

    /// Takes accounts that the instructions made into the books.
    pub(super) fn notice(&mut self, instructions: &[Instruction]) {
        let metas = instructions.iter().flat_map(|instruction| &instruction.accounts);
        for address in metas.filter(|meta| meta.is_writable).map(|meta| meta.pubkey) {
            let Some(Account { owner, data, .. }) = self.chain.account(&address) else { continue };
            let of_exchange = [self.addresses.vault, self.addresses.share_escrow].contains(&address);
            let exchange = self.addresses.exchange;
            let list = if let Ok(found) = decode::<MarginAccount>(&address, &owner, &data) {
                if found.exchange != exchange {
                    continue;
                }
                &mut self.margin_accounts
            } else if let Ok(found) = decode::<LiquidityRequest>(&address, &owner, &data) {
                if found.exchange != exchange {
                    continue;
                }
                &mut self.requests
            } else if let Ok(found) = decode::<EpochRecord>(&address, &owner, &data) {
                if found.exchange != exchange {
                    continue;
                }
                &mut self.epochs
            } else if let Ok(found) = decode::<Orders>(&address, &owner, &data) {
                if found.exchange != exchange {
                    continue;
                }
                &mut self.order_books
            } else if tokens::read_token_account(&mut *self.chain, &address).is_some() && !of_exchange {
                &mut self.token_accounts
            } else {
                continue;
            };
            if !list.contains(&address) {
                list.push(address);
            }
        }
    }

    /// Decodes everything and checks that the books balance: the invariants of the engine over the accounts and the
    /// vault, shares against the share mint, escrows against the requests, and that no token appeared or vanished.
    #[track_caller]
    pub fn books(&mut self) -> Books {
        let market_count = self.exchange().market_count;
        let pool = self.pool();
        let markets: Vec<Market> = (0..market_count).map(|index| self.market(index)).collect();
        let addresses = self.margin_accounts.clone();
        let accounts: Vec<MarginAccount> = addresses.iter().filter_map(|address| self.stored(address)).collect();
        let vault = self.vault();

        let engine_accounts: Vec<EngineAccount> = accounts.iter().map(|account| account.state).collect();
        let engine_markets: Vec<_> = markets.iter().map(|market| market.state).collect();
        let view = ExchangeView {
            accounts: &engine_accounts,
            markets: &engine_markets,
            pool: &pool.state,
            vault: Atoms::new(vault),
            donated: Atoms::new(self.donated),
        };
        if let Err(violation) = check_invariants(&view) {
            panic!("the books do not balance: {violation:?}");
        }
        self.check_escrows(&pool);
        self.check_order_books();
        self.check_tokens(vault);
        Books { pool, markets, accounts, vault }
    }

    /// Escrows and what is set apart against what every request waits for or is owed. What rounding has left of tokens is at most an
    /// atom for each request of a closed epoch, and of shares at most one for each request there has been.
    #[track_caller]
    fn check_escrows(&mut self, pool: &Pool) {
        let (records, requests) = (self.records(), self.open_requests());
        let (mut escrow, mut payable, mut shares, mut waiting) = (0, 0, 0, 0);
        for request in &requests {
            let owed = Self::owed(&pool.state, &records, request);
            (escrow, payable, shares) = (escrow + owed.returned, payable + owed.payable, shares + owed.shares);
            let Some(left) = owed.waiting else { continue };
            waiting += 1;
            if request.kind == RequestKind::Deposit as u8 {
                escrow += left.amount.get();
            } else {
                shares += left.amount.get();
            }
        }
        assert_eq!(pool.state.escrow.get(), escrow, "tokens in escrow");
        let dust = requests.len() as u64 + records.iter().map(|record| u64::from(record.state.requests)).sum::<u64>();
        let kept = pool.state.payable.get();
        assert!((payable..=payable + dust).contains(&kept), "{kept} tokens set apart, {payable} owed");
        let share_escrow = self.addresses.share_escrow;
        let escrowed = tokens::balance(&mut *self.chain, &share_escrow);
        let dust = 2 * self.requests.len() as u64;
        assert!((shares..=shares + dust).contains(&escrowed), "{escrowed} shares in escrow, {shares} owed");
        let share_mint = self.addresses.share_mint;
        let dead = if pool.state.shares.is_zero() { 0 } else { DEAD_SHARES };
        let supply = tokens::supply(&mut *self.chain, &share_mint);
        assert_eq!(pool.state.shares.get(), supply + dead, "shares");
        self.check_queue(pool, waiting);
    }

    /// The queue counts every request that waits, and the pool's account holds the lamports that they have paid.
    #[track_caller]
    fn check_queue(&mut self, pool: &Pool, waiting: u32) {
        let queued: Vec<&Waiting> =
            pool.queue.waiting.iter().chain([&pool.queue.rest, &pool.state.epoch.waiting]).collect();
        let count = |waiting: &&Waiting| waiting.deposits.count().unwrap() + waiting.withdrawals.count().unwrap();
        assert_eq!(queued.iter().map(count).sum::<u32>(), waiting, "requests that wait");
        let paid: u64 = queued.iter().map(|waiting| waiting.lamports).sum();
        let address = self.addresses.pool;
        let held = self.chain.account(&address).expect("the pool exists").lamports;
        let beyond = held.checked_sub(tokens::rent(Pool::SPACE) + paid);
        let given = *self.given_to_pool.get_or_insert(beyond.unwrap_or_default());
        assert_eq!(beyond, Some(given), "lamports for valuations");
    }

    /// Every account of orders holds its rent, the lamports of its orders, and whatever could not go home to an empty wallet.
    #[track_caller]
    fn check_order_books(&mut self) {
        for address in self.order_books.clone() {
            let Some(account) = self.chain.account(&address) else { continue };
            let Ok(orders) = decode::<Orders>(&address, &account.owner, &account.data) else { continue };
            let held = orders.state.lamports().expect("lamports are few");
            let owed = tokens::rent(Orders::SPACE) + held;
            assert!(account.lamports >= owed, "{} lamports of orders that hold {owed}", account.lamports);
            let owner = self.margin_account(&orders.margin_account).owner;
            let below_rent = |wallet: Account| wallet.lamports < tokens::rent(wallet.data.len());
            let is_empty = self.chain.account(&owner).is_none_or(below_rent);
            assert!(account.lamports == owed || is_empty, "{} lamports of orders that hold {owed}", account.lamports);
        }
    }

    #[track_caller]
    fn check_tokens(&mut self, vault: u64) {
        let mut everywhere = vault;
        for address in self.token_accounts.clone() {
            let account = tokens::read_token_account(&mut *self.chain, &address);
            everywhere += account.filter(|a| a.mint == self.addresses.quote_mint).map_or(0, |a| a.amount);
        }
        assert_eq!(everywhere, self.supply, "quote tokens in existence");
    }
}

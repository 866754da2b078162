use crate::error::Refusal;
use crate::operations::Proposals;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use perp_engine::invariants::{check_invariants, check_orders, check_position_numbers, ExchangeView, Violation};
use perp_engine::operations::governance::Listing;
use perp_engine::state::{
    Account, ClosedEpoch, ExchangeState, Market, OrderBook, Pool, PoolParameters, Queue, Request, RequestKind,
};
use perp_engine::units::{Atoms, Clock, Timestamp};
use perp_engine::{EngineError, Session};

#[cfg(test)]
mod tests;

/// A liquidity provider's shares.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Provider {
    /// Shares held, those in escrow apart.
    pub shares: Atoms,
    /// Tokens paid out so far.
    pub paid_out: Atoms,
}

/// A liquidity request and whose it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenRequest {
    /// The provider's number.
    pub provider: usize,
    /// What it asks for.
    pub kind: RequestKind,
    /// The request.
    pub request: Request,
}

/// What the last operation that took place wrote, each thing once; its sequence number has risen by one. Only that of the exchange has
/// not where nothing but the boundary waited for changed: the pool's event tells of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Numbers of margin accounts; a closed one is empty and its sequence number zero.
    pub accounts: Vec<usize>,
    /// Indices of markets.
    pub markets: Vec<u16>,
    /// Numbers of margin accounts whose orders were written, opened or closed; the account's event tells of it.
    pub orders: Vec<usize>,
    /// Whether the pool was written.
    pub pool: bool,
    /// Whether the exchange's own state was written.
    pub exchange: bool,
}

impl Changes {
    fn clear(&mut self) {
        let Self { accounts, markets, orders, pool, exchange } = self;
        accounts.clear();
        markets.clear();
        orders.clear();
        (*pool, *exchange) = (false, false);
    }
}

/// A whole exchange: its state, pool, markets, margin accounts with their orders and liquidity requests, and the tokens in its vault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchange {
    /// Status and sequence of the exchange.
    pub state: ExchangeState,
    /// The clock that every operation sees.
    pub clock: Clock,
    /// The liquidity pool.
    pub pool: Pool,
    /// Requests for liquidity that wait for a boundary, in sums.
    pub queue: Queue,
    /// Lamports of rent that the account of a closed epoch needs, which requests pay; zero where there are no accounts.
    pub epoch_rent: u64,
    /// Shares in the escrow: of requests, and of deposits that are not paid out yet.
    pub share_escrow: Atoms,
    /// Tokens in the vault.
    pub vault: Atoms,
    /// Tokens sent to the vault outside the program; they belong to nobody.
    pub donated: Atoms,
    /// Lamports held for whoever fills resting orders, rent apart.
    pub order_lamports: u64,
    /// Decimals of the quote token.
    pub quote_decimals: u8,
    /// Markets the exchange lists; a snapshot of a chain may hold fewer.
    pub market_count: u16,
    /// In the order of their indices.
    pub(crate) markets: Vec<Market>,
    /// A closed one is empty and stays in its place.
    pub(crate) accounts: Vec<Account>,
    pub(crate) closed: Vec<bool>,
    pub(crate) orders: BTreeMap<usize, OrderBook>,
    pub(crate) providers: Vec<Provider>,
    pub(crate) requests: BTreeMap<u64, OpenRequest>,
    pub(crate) epochs: BTreeMap<Timestamp, ClosedEpoch>,
    pub(crate) next_request: u64,
    pub(crate) proposals: Proposals,
    pub(crate) roles: [u64; 3],
    pub(crate) changes: Changes,
}

impl Exchange {
    /// An exchange without markets, accounts and liquidity; its creation is its first event.
    ///
    /// # Errors
    /// [`EngineError::PoolParameters`].
    pub fn new(parameters: PoolParameters, quote_decimals: u8, clock: Clock) -> Result<Self, Refusal> {
        parameters.validate()?;
        let (mut state, pool) = (ExchangeState::default(), Pool::opened(parameters));
        state.next_event();
        Ok(Self { quote_decimals, pool, ..Self::at(state, clock) })
    }

    /// An exchange of this state with nothing in it.
    pub(crate) fn at(state: ExchangeState, clock: Clock) -> Self {
        Self {
            state,
            clock,
            pool: Pool::opened(PoolParameters::default()),
            queue: Queue::default(),
            epoch_rent: 0,
            share_escrow: Atoms::ZERO,
            vault: Atoms::ZERO,
            donated: Atoms::ZERO,
            order_lamports: 0,
            quote_decimals: 0,
            market_count: 0,
            markets: Vec::new(),
            accounts: Vec::new(),
            closed: Vec::new(),
            orders: BTreeMap::new(),
            providers: Vec::new(),
            requests: BTreeMap::new(),
            epochs: BTreeMap::new(),
            next_request: 0,
            proposals: Proposals::new(),
            roles: [1, 2, 3],
            changes: Changes::default(),
        }
    }

    /// What of the exchange bears on every market now.
    pub fn session(&self) -> Session {
        self.state.session(self.clock)
    }

    /// Time passes.
    ///
    /// # Errors
    /// [`EngineError::Overflow`] beyond the end of time.
    pub fn wait(&mut self, seconds: u32, slots: u64) -> Result<(), Refusal> {
        let now = self.clock.now.after(seconds)?;
        let slot = self.clock.slot.checked_add(slots).ok_or(EngineError::Overflow)?;
        self.clock = Clock { now, slot };
        Ok(())
    }

    /// Lists a market under the next index, which it returns, while the exchange is founded; the listing is the market's first event.
    ///
    /// # Errors
    /// [`EngineError::FoundingOver`], those of [`Listing::validate`].
    pub fn list(&mut self, listing: &Listing) -> Result<u16, Refusal> {
        self.state.require_founding()?;
        listing.validate()?;
        self.store_listed(listing)
    }

    pub(crate) fn store_listed(&mut self, listing: &Listing) -> Result<u16, Refusal> {
        let (index, mut market) = (self.market_count, Market::default());
        listing.begin(index, self.quote_decimals, &mut market);
        self.market_count = index.checked_add(1).ok_or(EngineError::Overflow)?;
        market.next_event();
        self.store_market(market);
        Ok(index)
    }

    /// Adds a liquidity provider and returns its number.
    pub fn add_provider(&mut self) -> usize {
        self.providers.push(Provider::default());
        self.providers.len() - 1
    }

    /// Adds a margin account as it stands and returns its number.
    pub fn add_account(&mut self, account: Account) -> usize {
        self.accounts.push(account);
        self.closed.push(false);
        self.accounts.len() - 1
    }

    /// Adds a market as it stands, or replaces it.
    pub fn put_market(&mut self, market: Market) {
        match self.markets.binary_search_by_key(&market.index, |market| market.index) {
            Ok(place) => self.markets[place] = market,
            Err(place) => self.markets.insert(place, market),
        }
    }

    /// Replaces a margin account.
    ///
    /// # Errors
    /// [`Refusal::NoAccount`].
    pub fn put_account(&mut self, account: usize, state: Account) -> Result<(), Refusal> {
        self.account(account)?;
        self.accounts[account] = state;
        Ok(())
    }

    /// Adds or replaces the orders of a margin account, with their lamports.
    ///
    /// # Errors
    /// [`Refusal::NoAccount`], `Overflow`.
    pub fn put_orders(&mut self, account: usize, orders: OrderBook) -> Result<(), Refusal> {
        self.account(account)?;
        let held = self.orders.get(&account).map_or(Ok(0), OrderBook::lamports)?;
        let others = self.order_lamports.checked_sub(held).ok_or(EngineError::Overflow)?;
        self.order_lamports = others.checked_add(orders.lamports()?).ok_or(EngineError::Overflow)?;
        self.orders.insert(account, orders);
        Ok(())
    }

    /// The market of this index.
    ///
    /// # Errors
    /// [`Refusal::NoMarket`].
    pub fn market(&self, index: u16) -> Result<&Market, Refusal> {
        // A whole exchange holds every market at the place of its index.
        if let Some(market) = self.markets.get(usize::from(index)).filter(|market| market.index == index) {
            return Ok(market);
        }
        match self.markets.binary_search_by_key(&index, |market| market.index) {
            Ok(place) => Ok(&self.markets[place]),
            Err(_) => Err(Refusal::NoMarket { market: index }),
        }
    }

    /// Every market, in the order of their indices.
    pub fn markets(&self) -> &[Market] {
        &self.markets
    }

    /// The margin account of this number.
    ///
    /// # Errors
    /// [`Refusal::NoAccount`], also where it is closed.
    pub fn account(&self, account: usize) -> Result<&Account, Refusal> {
        match (self.accounts.get(account), self.closed.get(account)) {
            (Some(state), Some(false)) => Ok(state),
            _ => Err(Refusal::NoAccount { account }),
        }
    }

    /// Every margin account in the order of their numbers; closed ones are empty.
    pub fn accounts(&self) -> &[Account] {
        &self.accounts
    }

    /// The orders of a margin account.
    ///
    /// # Errors
    /// [`Refusal::NoOrders`] where their account is not open.
    pub fn orders_of(&self, account: usize) -> Result<&OrderBook, Refusal> {
        self.orders.get(&account).ok_or(Refusal::NoOrders { account })
    }

    /// Orders of margin accounts, by their numbers.
    pub fn orders(&self) -> &BTreeMap<usize, OrderBook> {
        &self.orders
    }

    /// The liquidity provider of this number.
    ///
    /// # Errors
    /// [`Refusal::NoProvider`].
    pub fn provider(&self, provider: usize) -> Result<&Provider, Refusal> {
        self.providers.get(provider).ok_or(Refusal::NoProvider { provider })
    }

    /// Every liquidity provider.
    pub fn providers(&self) -> &[Provider] {
        &self.providers
    }

    /// Closed epochs with requests that are not paid out, by boundary.
    pub fn epochs(&self) -> &BTreeMap<Timestamp, ClosedEpoch> {
        &self.epochs
    }

    /// Requests that are not paid out, by number.
    pub fn requests(&self) -> &BTreeMap<u64, OpenRequest> {
        &self.requests
    }

    /// The request of this number.
    ///
    /// # Errors
    /// [`Refusal::NoRequest`].
    pub fn request(&self, request: u64) -> Result<&OpenRequest, Refusal> {
        self.requests.get(&request).ok_or(Refusal::NoRequest { request })
    }

    /// What the last operation that took place wrote.
    pub fn changes(&self) -> &Changes {
        &self.changes
    }

    /// Every account and the vault, to be checked.
    pub fn view(&self) -> ExchangeView<'_> {
        ExchangeView {
            accounts: &self.accounts,
            markets: &self.markets,
            pool: &self.pool,
            vault: self.vault,
            donated: self.donated,
        }
    }

    /// Checks what must hold between any two operations.
    ///
    /// # Errors
    /// The first [`Violation`].
    pub fn check(&self) -> Result<(), Violation> {
        check_invariants(&self.view())?;
        for market in &self.markets {
            check_position_numbers(&self.accounts, market)?;
        }
        let mut lamports = 0u64;
        for (account, book) in &self.orders {
            let held = book.lamports()?;
            lamports = lamports.checked_add(held).ok_or(EngineError::Overflow)?;
            check_orders(book, &self.accounts[*account], held, self.clock.now)?;
        }
        if lamports != self.order_lamports {
            return Err(Violation::OrderLamports { held: self.order_lamports, summed: lamports });
        }
        Ok(())
    }

    /// The markets of the account's slots in their order, but for `target`.
    ///
    /// # Errors
    /// [`Refusal::NoMarket`].
    pub(crate) fn others<'a>(&'a self, account: &Account, target: Option<u16>) -> Result<Vec<&'a Market>, Refusal> {
        let mut others = Vec::new();
        for (_, position) in account.occupied() {
            if Some(position.market) != target {
                others.push(self.market(position.market)?);
            }
        }
        Ok(others)
    }

    /// Called by every operation once nothing can refuse it any more, before it stores anything.
    pub(crate) fn begin_changes(&mut self) {
        self.changes.clear();
    }

    pub(crate) fn store_account(&mut self, account: usize, state: Account) {
        self.accounts[account] = state;
        self.changes.accounts.push(account);
    }

    pub(crate) fn store_market(&mut self, market: Market) {
        self.changes.markets.push(market.index);
        self.put_market(market);
    }

    /// The boundary that the exchange waits for. Its changing is told by the pool's event.
    pub(crate) fn store_boundary(&mut self, boundary: Timestamp) {
        if self.state.boundary != boundary {
            self.state.boundary = boundary;
            self.changes.exchange = true;
        }
    }

    pub(crate) fn store_pool(&mut self, mut pool: Pool) {
        pool.next_event();
        self.pool = pool;
        self.changes.pool = true;
    }
}

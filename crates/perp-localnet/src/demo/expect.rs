//! The exchange in memory on which everything is done that is sent to the chain: the demo compares the two.

use std::collections::BTreeMap;

use bytemuck::Zeroable;
use perp_client::accounts::{LiquidityRequest, MarginAccount};
use perp_client::instructions::NewRequest;
use perp_engine::units::Atoms;
use perp_exchange::{Exchange, Refusal};
use solana_pubkey::Pubkey;

use crate::demo::world::{WalletBalance, World};
use crate::demo::DemoError;

/// The exchange in memory from the first transaction to the last, and where on chain each of its parts is.
pub struct Expectation {
    /// Does what the transactions do.
    pub exchange: Exchange,
    accounts: BTreeMap<Pubkey, usize>,
    requests: BTreeMap<Pubkey, u64>,
    providers: BTreeMap<&'static str, usize>,
    wallets: BTreeMap<&'static str, Atoms>,
}

impl Expectation {
    /// The exchange as it stands on chain, which has no liquidity requests yet.
    pub fn new(world: &World) -> Self {
        let mut exchange = world.in_memory();
        exchange.vault = world.vault;
        let accounts = world.accounts.iter().map(|(address, account)| (*address, exchange.add_account(account.state)));
        let accounts = accounts.collect();
        let wallets = world.wallets.iter().map(|(name, held)| (*name, held.usdc)).collect();
        Self { exchange, accounts, requests: BTreeMap::new(), providers: BTreeMap::new(), wallets }
    }

    /// Does what one transaction of `signer` does. What leaves the vault without being paid to a liquidity provider is the
    /// signer's, and what enters it comes from the signer.
    ///
    /// # Errors
    /// Why it does not take place.
    pub fn transact<T>(
        &mut self,
        signer: &'static str,
        operations: impl FnOnce(&mut Self) -> Result<T, DemoError>,
    ) -> Result<T, DemoError> {
        let vault = self.exchange.vault;
        let paid_before = self.paid_out();
        let outcome = operations(self)?;
        // What the vault would hold if no provider had been paid: the rest of its change is the signer's.
        let mut unpaid = self.exchange.vault;
        for (name, paid) in self.paid_out() {
            let paid = paid.checked_sub(paid_before.get(name).copied().unwrap_or_default())?;
            self.receive(name, paid)?;
            unpaid = unpaid.checked_add(paid)?;
        }
        self.receive(signer, vault.saturating_sub(unpaid))?;
        self.pay(signer, unpaid.saturating_sub(vault))?;
        Ok(outcome)
    }

    /// What each liquidity provider has been paid so far.
    fn paid_out(&self) -> BTreeMap<&'static str, Atoms> {
        let providers = self.exchange.providers();
        self.providers.iter().map(|(name, number)| (*name, providers[*number].paid_out)).collect()
    }

    fn receive(&mut self, wallet: &'static str, amount: Atoms) -> Result<(), DemoError> {
        let held = self.wallets.entry(wallet).or_default();
        *held = held.checked_add(amount)?;
        Ok(())
    }

    fn pay(&mut self, wallet: &'static str, amount: Atoms) -> Result<(), DemoError> {
        let held = self.wallets.entry(wallet).or_default();
        *held = held.checked_sub(amount)?;
        Ok(())
    }

    /// Does something with the margin account at `address`.
    ///
    /// # Errors
    /// [`DemoError::Absent`] where there is none; why it does not take place.
    pub fn with_account<T>(
        &mut self,
        address: &Pubkey,
        operation: impl FnOnce(&mut Exchange, usize) -> Result<T, Refusal>,
    ) -> Result<T, DemoError> {
        let number = self.account(address)?;
        Ok(operation(&mut self.exchange, number)?)
    }

    /// The number of the margin account at `address`.
    ///
    /// # Errors
    /// [`DemoError::Absent`].
    pub fn account(&self, address: &Pubkey) -> Result<usize, DemoError> {
        self.accounts.get(address).copied().ok_or(DemoError::Absent { expected: "margin account" })
    }

    /// Creates an empty margin account.
    ///
    /// # Errors
    /// [`Refusal::NoMarket`].
    pub fn open_account(&mut self, address: Pubkey, isolated_market: Option<u16>) -> Result<(), DemoError> {
        let number = self.exchange.open_account(isolated_market)?;
        self.accounts.insert(address, number);
        Ok(())
    }

    /// Removes an empty margin account.
    ///
    /// # Errors
    /// `AccountNotEmpty`.
    pub fn close_account(&mut self, address: &Pubkey) -> Result<(), DemoError> {
        self.with_account(address, Exchange::close_account)?;
        self.accounts.remove(address);
        Ok(())
    }

    /// The number of the liquidity provider of this name, who is one from now on.
    fn provider(&mut self, wallet: &'static str) -> usize {
        let exchange = &mut self.exchange;
        *self.providers.entry(wallet).or_insert_with(|| exchange.add_provider())
    }

    /// Tokens enter the escrow.
    ///
    /// # Errors
    /// Why the request is refused.
    pub fn request_deposit(
        &mut self,
        wallet: &'static str,
        address: Pubkey,
        request: &NewRequest,
    ) -> Result<(), DemoError> {
        let provider = self.provider(wallet);
        let number = self.exchange.request_liquidity_deposit(provider, request.amount, request.limit)?;
        self.requests.insert(address, number);
        Ok(())
    }

    /// Shares enter the escrow.
    ///
    /// # Errors
    /// Why the request is refused.
    pub fn request_withdrawal(
        &mut self,
        wallet: &'static str,
        address: Pubkey,
        request: &NewRequest,
    ) -> Result<(), DemoError> {
        let provider = self.provider(wallet);
        let number = self.exchange.request_liquidity_withdrawal(provider, request.amount, request.limit)?;
        self.requests.insert(address, number);
        Ok(())
    }

    /// Anybody values every market at the boundary without a reading, because nobody has a position then, and closes it.
    ///
    /// # Errors
    /// Why it is not closed.
    pub fn close_flat_epoch(&mut self) -> Result<(), DemoError> {
        for market in 0..self.exchange.market_count {
            self.exchange.value_market(market, None)?;
        }
        self.exchange.close_epoch()?;
        Ok(())
    }

    /// Anybody pays the request at `address`.
    ///
    /// # Errors
    /// Why it is not paid.
    pub fn pay_request(&mut self, address: &Pubkey) -> Result<(), DemoError> {
        let number = self.requests.get(address).copied();
        let number = number.ok_or(DemoError::Absent { expected: "liquidity request" })?;
        self.exchange.pay_liquidity_request(number)?;
        if self.exchange.request(number).is_err() {
            self.requests.remove(address);
        }
        Ok(())
    }

    /// What must be on chain. `earlier` is what was there before; of what is new only the part is filled in that the engine
    /// reads.
    ///
    /// # Errors
    /// Where the sum of escrowed shares is out of range.
    pub fn world(&self, earlier: &World) -> Result<World, DemoError> {
        let mut world = earlier.clone();
        world.clock = self.exchange.clock;
        world.exchange.state = self.exchange.state;
        world.pool = self.exchange.pool;
        world.vault = self.exchange.vault;
        for market in &mut world.markets {
            market.state = *self.exchange.market(market.state.index)?;
        }
        world.accounts = BTreeMap::new();
        for (address, number) in &self.accounts {
            let account = earlier.accounts.get(address).copied().unwrap_or_else(MarginAccount::zeroed);
            let state = *self.exchange.account(*number)?;
            world.accounts.insert(*address, MarginAccount { state, ..account });
        }
        world.requests = BTreeMap::new();
        world.share_escrow = self.exchange.share_escrow;
        for (address, number) in &self.requests {
            let open = self.exchange.request(*number)?;
            let request = earlier.requests.get(address).copied().unwrap_or_else(LiquidityRequest::zeroed);
            world.requests.insert(*address, LiquidityRequest { state: open.request, ..request });
        }
        for (name, usdc) in &self.wallets {
            let shares = match self.providers.get(name) {
                Some(provider) => self.exchange.provider(*provider)?.shares,
                None => earlier.wallet(name).shares,
            };
            world.wallets.insert(name, WalletBalance { usdc: *usdc, shares });
        }
        Ok(world)
    }
}

//! Providers of liquidity, what they ask for, and the backing of the markets.

use crate::crowd::{Crowd, ACCOUNTS, HOLDERS, MARKETS};
use perp_engine::state::PriceLimit;
use perp_engine::units::{Atoms, MAX_ATOMS};
use perp_exchange::Operation;
use std::io;

/// What the first provider puts in, in atoms.
const FIRST: u64 = 1 << 51;

impl<W: io::Write> Crowd<W> {
    /// The first liquidity, its backing, and some collateral for everybody.
    pub fn found(&mut self) -> io::Result<()> {
        let (amount, limit) = (Atoms::new(FIRST), PriceLimit::None);
        self.push(Operation::RequestLiquidityDeposit { provider: 0, amount, limit })?;
        let wait = self.exchange.state.boundary.get() - self.exchange.clock.now.get();
        self.exchange.wait(u32::try_from(wait).expect("within an hour"), 7_000).expect("time has an end far away");
        self.update_all()?;
        for market in 0..MARKETS {
            self.push(Operation::ValueMarket { market, reading: None })?;
        }
        self.push(Operation::CloseEpoch)?;
        self.push(Operation::PayLiquidityRequest { request: 0 })?;
        for market in 0..MARKETS {
            self.push(Operation::AllocateBacking { market, reading: None })?;
        }
        // From dollars for the small market's traders to hundreds of millions for those of the large one.
        for (account, isolated) in (0..).zip(ACCOUNTS) {
            let amount = match (isolated, account) {
                (Some(2), _) => 20_000,
                (_, 0) => 1 << 48,
                (_, 1) => 1 << 44,
                _ => 3_000_000_000,
            };
            self.push(Operation::Deposit { account, amount: Atoms::new(amount) })?;
        }
        Ok(())
    }

    pub fn move_liquidity(&mut self) -> io::Result<()> {
        match self.rng.u8(..20) {
            0..8 => self.request_liquidity(),
            8..14 => self.serve(),
            14 => self.value_a_market(),
            15 => self.push(Operation::CloseEpoch).map(drop),
            _ => self.pay(1),
        }
    }

    fn request_liquidity(&mut self) -> io::Result<()> {
        let pool = &self.exchange.pool;
        if pool.cash.get() + pool.placed.get() < FIRST / 8 && self.rng.bool() {
            // Somebody is large enough that the large market goes on.
            return self.request_deposit(Atoms::new(FIRST / 2));
        }
        if self.rng.bool() {
            let amount = match self.rng.u8(..10) {
                0 => Atoms::new(self.rng.u64(..10_000_001)),
                1 => Atoms::new(self.any_size(50)),
                _ => self.amount(),
            };
            return self.request_deposit(amount);
        }
        let provider = self.rng.usize(..HOLDERS);
        let held = self.exchange.providers()[provider].shares.get();
        let shares = match self.rng.u8(..20) {
            0 => 0,
            1 => held + 1,
            2 => self.rng.u64(..10_000_001).min(held),
            3..6 => held,
            _ => held / 1_000 * self.rng.u64(1..300),
        };
        self.request_withdrawal(provider, Atoms::new(shares))
    }

    fn request_deposit(&mut self, amount: Atoms) -> io::Result<()> {
        let (provider, limit) = (self.rng.usize(..HOLDERS), self.limit());
        self.push(Operation::RequestLiquidityDeposit { provider, amount, limit }).map(drop)
    }

    fn request_withdrawal(&mut self, provider: usize, shares: Atoms) -> io::Result<()> {
        let limit = self.limit();
        self.push(Operation::RequestLiquidityWithdrawal { provider, shares, limit }).map(drop)
    }

    fn limit(&mut self) -> PriceLimit {
        if self.rng.bool() {
            // The one that is refused most easily.
            return PriceLimit::OnePercent;
        }
        self.rng.choice(PriceLimit::ALL).expect("there are limits")
    }

    /// Somebody wants to put liquidity in, and somebody to take some out.
    pub fn ask_of_the_pool(&mut self) -> io::Result<()> {
        let amount = Atoms::new(10_000_000 + self.any_size(44));
        self.request_deposit(amount)?;
        let provider = self.rng.usize(..HOLDERS);
        let held = self.exchange.providers()[provider].shares.get();
        let shares = Atoms::new(held / 100 * self.rng.u64(..30));
        self.request_withdrawal(provider, shares)
    }

    pub fn move_backing(&mut self) -> io::Result<()> {
        let market = self.market();
        if self.rng.bool() {
            let usual = self.feeds[usize::from(market)].quoted.listing.target_backing.get();
            let target = match self.rng.u8(..20) {
                0 => 0,
                1 => MAX_ATOMS + self.rng.u64(..2),
                2..8 => usual,
                _ => usual / 100 * self.rng.u64(1..200),
            };
            self.push(Operation::SetBackingTarget { market, target: Atoms::new(target) })?;
        }
        let reading = self.maybe_reading(market);
        self.push(Operation::AllocateBacking { market, reading }).map(drop)
    }
}

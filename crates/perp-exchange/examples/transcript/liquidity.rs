//! Providers of liquidity, their requests at every stage, and the backing of the markets.

use crate::crowd::{Crowd, ACCOUNTS, HOLDERS, MARKETS};
use perp_engine::operations::liquidity::{expires_at, matures_at, Executor};
use perp_engine::units::{Atoms, MAX_ATOMS};
use perp_exchange::Operation;
use std::io;

impl<W: io::Write> Crowd<W> {
    /// The first liquidity, its backing, and some collateral for everybody.
    pub fn found(&mut self) -> io::Result<()> {
        let (amount, minimum_output) = (Atoms::new(1 << 51), Atoms::new(1));
        self.push(Operation::RequestLiquidityDeposit { provider: 0, amount, minimum_output })?;
        let wait = self.exchange.pool.parameters.deposit_delay;
        self.exchange.wait(wait, 60).expect("half a minute");
        self.update_all()?;
        self.push(Operation::ExecuteRequest { request: 0, executor: Executor::Anybody })?;
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
        let request = if self.rng.u8(..3) == 0 { self.any_request() } else { self.next_request() };
        match request {
            Some(request) if self.rng.u8(..10) < 6 => self.finish_request(request),
            _ => self.request_liquidity(),
        }
    }

    fn any_request(&mut self) -> Option<u64> {
        let open: Vec<u64> = self.exchange.requests().keys().copied().collect();
        self.rng.choice(open)
    }

    /// The request that expires next.
    fn next_request(&mut self) -> Option<u64> {
        let (now, parameters) = (self.exchange.clock.now, &self.exchange.pool.parameters);
        let ends = self.exchange.requests().iter().map(|(number, open)| {
            (expires_at(&open.request, open.kind, parameters).expect("a time far from its end"), *number)
        });
        ends.filter(|(end, _)| *end > now).min().map(|(_, number)| number)
    }

    fn request_liquidity(&mut self) -> io::Result<()> {
        let provider = self.rng.usize(..HOLDERS);
        let held = self.exchange.providers()[provider].shares.get();
        if self.rng.bool() {
            let amount = match self.rng.u8(..10) {
                0 => Atoms::new(self.rng.u64(..10_000_001)),
                _ => self.amount(),
            };
            let minimum_output = self.minimum_output(amount);
            return self.push(Operation::RequestLiquidityDeposit { provider, amount, minimum_output }).map(drop);
        }
        let shares = Atoms::new(match self.rng.u8(..20) {
            0 => 0,
            1 => held + 1,
            2 => self.rng.u64(..10_000_001).min(held),
            3..6 => held,
            _ => held / 1_000 * self.rng.u64(1..300),
        });
        let minimum_output = self.minimum_output(shares);
        self.push(Operation::RequestLiquidityWithdrawal { provider, shares, minimum_output }).map(drop)
    }

    fn minimum_output(&mut self, amount: Atoms) -> Atoms {
        Atoms::new(match self.rng.u8(..20) {
            0 => 0,
            1..5 => amount.get() / 100 * self.rng.u64(90..110),
            _ => 1,
        })
    }

    /// Executes or refunds a request, ripe or not: many wait until it is.
    fn finish_request(&mut self, request: u64) -> io::Result<()> {
        let open = self.exchange.request(request).expect("an open request");
        let parameters = &self.exchange.pool.parameters;
        let times = [matures_at, expires_at].map(|time| time(&open.request, open.kind, parameters));
        let [matures, expires] =
            times.map(|time| time.expect("a time far from its end").get() - self.exchange.clock.now.get());
        let refunds = self.rng.u8(..4) == 0;
        let ahead = match self.rng.u8(..10) {
            0..3 => 0,
            3 => self.rng.i64(-1..=1) + if refunds { expires } else { matures },
            _ if refunds => expires,
            _ => matures,
        };
        if let Ok(seconds) = u32::try_from(ahead) {
            self.exchange.wait(seconds, 2 * u64::from(seconds)).expect("time has an end far away");
        }
        if self.rng.u8(..8) > 0 {
            self.update_all()?;
        }
        if refunds {
            return self.push(Operation::RefundRequest { request }).map(drop);
        }
        let executor = if self.rng.u8(..3) == 0 { Executor::Owner } else { Executor::Anybody };
        self.push(Operation::ExecuteRequest { request, executor }).map(drop)
    }

    /// Somebody wants to put liquidity in, and somebody to take some out.
    pub fn ask_of_the_pool(&mut self) -> io::Result<()> {
        let (minimum_output, provider) = (Atoms::new(1), self.rng.usize(..HOLDERS));
        let amount = Atoms::new(10_000_000 + self.any_size(44));
        self.push(Operation::RequestLiquidityDeposit { provider, amount, minimum_output })?;
        let held = self.exchange.providers()[provider].shares.get();
        let shares = Atoms::new(held / 100 * self.rng.u64(..30));
        self.push(Operation::RequestLiquidityWithdrawal { provider, shares, minimum_output }).map(drop)
    }

    /// What is mature is executed, at the last prices or at new ones, by its owner or by somebody else.
    pub fn answer_by_the_pool(&mut self) -> io::Result<()> {
        if self.rng.u8(..4) > 0 {
            self.update_all()?;
        }
        let (now, parameters) = (self.exchange.clock.now, self.exchange.pool.parameters);
        let mature = self
            .exchange
            .requests()
            .iter()
            .filter(|(_, open)| matures_at(&open.request, open.kind, &parameters).is_ok_and(|time| time <= now));
        let mature: Vec<u64> = mature.map(|(number, _)| *number).collect();
        for request in mature.into_iter().rev().take(4) {
            let executors = [Executor::Anybody, Executor::Owner];
            for executor in executors {
                // A first attempt may have executed it.
                if self.exchange.request(request).is_ok() && self.rng.u8(..4) > 0 {
                    self.push(Operation::ExecuteRequest { request, executor })?;
                }
            }
        }
        Ok(())
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

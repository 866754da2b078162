//! Accounts, collateral, insurance and fees.

use crate::crowd::{Crowd, ACCOUNTS, MARKETS};
use perp_engine::units::{Atoms, MAX_ATOMS};
use perp_exchange::Operation;
use std::io;

/// Nobody puts in more once the vault holds this many atoms: an eighth of what it can.
const MOST: u64 = MAX_ATOMS / 8;

impl<W: io::Write> Crowd<W> {
    /// From an atom to billions of dollars; nothing now and then.
    pub fn amount(&mut self) -> Atoms {
        let amount = match self.rng.u8(..50) {
            0 => 0,
            1..4 => self.any_size(53),
            4..8 => self.rng.u64(1_000..20_000),
            _ => self.rng.u64(10_000_000..5_000_000_000),
        };
        Atoms::new(if self.exchange.vault.get() > MOST { amount % 1_000 } else { amount })
    }

    /// Whoever has nothing left mostly puts something in before the next trade.
    pub fn collateralize(&mut self, account: usize) -> io::Result<()> {
        let state = &self.exchange.accounts()[account];
        if !state.balance.is_zero() || self.rng.u8(..10) == 0 {
            return Ok(());
        }
        let amount = if state.isolated_market == 2 { 20_000 } else { self.rng.u64(100_000_000..5_000_000_000) };
        self.push(Operation::Deposit { account, amount: Atoms::new(amount) }).map(drop)
    }

    pub fn move_collateral(&mut self) -> io::Result<()> {
        let account = self.account();
        let balance = self.exchange.accounts()[account].balance.get();
        if self.rng.u8(..100) < 60 {
            let small = self.exchange.accounts()[account].isolated_market == 2 && self.rng.u8(..20) > 0;
            let amount = if small { Atoms::new(self.rng.u64(100..10_000)) } else { self.amount() };
            return self.push(Operation::Deposit { account, amount }).map(drop);
        }
        let held = self.exchange.accounts()[account].occupied().map(|(_, position)| position.market).next();
        self.freshen(account, held.unwrap_or(0))?;
        let amount = match self.rng.u8(..20) {
            0 => 0,
            1 => balance + 1,
            2..4 => balance,
            _ => balance / 100 * self.rng.u64(..100) + 1,
        };
        self.push(Operation::Withdraw { account, amount: Atoms::new(amount) }).map(drop)
    }

    /// Accounts come and go, insurance is paid in, fees are taken out.
    pub fn administer(&mut self) -> io::Result<()> {
        let market = self.market();
        let operation = match self.rng.u8(..10) {
            0 if (0..self.exchange.accounts().len()).filter(|it| self.exchange.account(*it).is_ok()).count() < 16 => {
                let isolated = self.rng.u16(..2 * MARKETS);
                Operation::OpenAccount { isolated_market: (isolated < MARKETS).then_some(isolated) }
            }
            1..4 => {
                // The first ones stay.
                let account = self.account();
                if account < ACCOUNTS.len() && self.exchange.accounts()[account].is_empty() {
                    return Ok(());
                }
                Operation::CloseAccount { account }
            }
            4 => Operation::WithdrawProtocolFees { market },
            _ => {
                let market = self.rng.bool().then_some(market);
                Operation::FundInsurance { market, amount: Atoms::new(self.amount().get() % 1_000_000_000) }
            }
        };
        self.push(operation).map(drop)
    }
}

//! Trades, liquidations, settlements, claims and bankruptcies.

use crate::crowd::{Crowd, MARKETS};
use perp_engine::operations::position::{LiquidationOrder, Order};
use perp_engine::units::{Atoms, Price, SignedSize, Size, MAX_SIZE};
use perp_exchange::Operation;
use std::io;

impl<W: io::Write> Crowd<W> {
    pub fn trade(&mut self) -> io::Result<()> {
        let (account, market) = match self.position() {
            Some(held) if self.rng.u8(..5) < 3 => held,
            _ => {
                let account = self.account();
                (account, self.market_for(account))
            }
        };
        self.collateralize(account)?;
        self.freshen(account, market)?;
        let size = self.order_size(account, market);
        let mut order = Order::at_any_price(SignedSize::new(size));
        match self.rng.u8(..100) {
            0 => order.acceptable_price = Price::ZERO,
            1..7 => {
                // About the index, so that some fills are just acceptable.
                let index = self.exchange.market(market).expect("a listed market").price.price.get();
                order.acceptable_price = Price::new((index / 10_000 * self.rng.u64(9_970..10_060)).max(1));
            }
            _ => {}
        }
        order.reduce_only = self.rng.u8(..20) == 0;
        let reading = self.maybe_reading(market);
        self.push(Operation::Trade { account, market, order, reading }).map(drop)
    }

    /// From a base unit to more than anybody can hold; or a part of the position, all of it, or more.
    pub fn order_size(&mut self, account: usize, market: u16) -> i64 {
        let held = self.size(account, market);
        let state = self.exchange.market(market).expect("a listed market");
        let (skew, cap) = (perp_engine::market::fill::skew(&state.ledger), state.parameters.open_interest_cap.get());
        // More often than not against the majority.
        let against = -skew.map_or(0, |skew| skew.get().signum());
        let sign = if against != 0 && self.rng.u8(..3) == 0 {
            against
        } else if self.rng.bool() {
            1
        } else {
            -1
        };
        match self.rng.u8(..100) {
            0..12 if held != 0 => -held,
            12..36 if held != 0 => {
                let part = i128::from(held) * self.rng.i128(1..100) / 100;
                -i64::try_from(part).expect("less than the position")
            }
            36..44 if held != 0 => held.saturating_mul(-self.rng.i64(2..4)),
            48..52 => sign * self.rng.i64(..400),
            52..54 => sign * i64::try_from(self.any_size(59)).expect("below 2^59"),
            54 => sign * i64::try_from(MAX_SIZE + self.rng.u64(..3)).expect("2^57"),
            // The largest that is filled, and a little more or less.
            55..60 => {
                let side = if sign > 0 { perp_engine::units::Side::Long } else { perp_engine::units::Side::Short };
                let account = self.exchange.accounts()[account];
                let largest = self.exchange.largest_order(&account, market, side, None).ok().flatten();
                largest.map_or(sign, |largest| largest.get() + sign * self.rng.i64(0..2))
            }
            _ => {
                // Up to 14 times the balance, or most of what the market admits.
                let price = u128::from(self.exchange.market(market).expect("a listed market").price.price.get().max(1));
                let balance = u128::from(self.exchange.accounts()[account].balance.get());
                let value = balance * u128::from(self.rng.u32(1..14_000)) / 1_000;
                let size = u64::try_from((value << 40) / price).unwrap_or(u64::MAX);
                let most = if self.rng.u8(..12) == 0 { 1 << 58 } else { cap / 100 * self.rng.u64(1..60) };
                sign * i64::try_from(size.min(most.max(1))).expect("at most 2^58")
            }
        }
    }

    pub fn liquidate(&mut self) -> io::Result<()> {
        let Some((account, market)) = self.position() else { return Ok(()) };
        if self.rng.u8(..3) == 0 {
            self.squeeze(account, market)?;
        }
        self.freshen(account, market)?;
        let held = self.size(account, market).unsigned_abs();
        let max_size = match self.rng.u8(..20) {
            0 => 0,
            1..4 => self.rng.u64(1..50),
            4..9 => held / 100 * self.rng.u64(1..100) + 1,
            _ => u64::MAX,
        };
        let min_bounty = if self.rng.u8(..6) == 0 { self.any_size(40) } else { 0 };
        let order = LiquidationOrder { max_size: Size::new(max_size), min_bounty: Atoms::new(min_bounty) };
        let liquidator = if self.rng.u8(..60) == 0 { account } else { self.account() };
        let reading = self.maybe_reading(market);
        self.push(Operation::Liquidate { liquidator, account, market, order, reading }).map(drop)
    }

    pub fn settle(&mut self) -> io::Result<()> {
        let kind = self.rng.u8(..100);
        let found = match kind {
            0..60 => self.position(),
            60..75 => self.slot(|position| !position.claim.is_zero()),
            75..88 => self.slot(|position| !position.debt.is_zero()),
            96..98 => self.slot(|position| !position.recoverable.is_zero()),
            _ => self.slot(|_| true),
        };
        // Now and then somebody asks for what is not there.
        let (account, market) = match found {
            Some(slot) if self.rng.u8(..30) > 0 => slot,
            _ => (self.account(), self.market()),
        };
        let operation = match kind {
            0..35 => {
                let keeper = (self.rng.u8(..8) == 0).then(|| self.account());
                Operation::SettlePnl { account, market, reading: self.maybe_reading(market), keeper }
            }
            35..60 => Operation::SettleFunding { account, market },
            60..72 => Operation::RedeemClaim { account, market },
            72..75 => Operation::WaiveClaim { account, market },
            75..88 => Operation::ResolveBankruptcy { account, market },
            88..95 => Operation::FundClaims { market },
            _ => Operation::SettleFunding { account, market },
        };
        self.push(operation).map(drop)
    }

    /// What keepers do in a round: liquidate and resolve what can be, and fund claims.
    pub fn keep(&mut self) -> io::Result<()> {
        self.update_all()?;
        for account in 0..self.exchange.accounts().len() {
            for market in 0..MARKETS {
                let health = self.exchange.health(&self.exchange.accounts()[account]);
                let liquidatable =
                    health.is_ok_and(|health| health.maintenance.is_below_margin() || health.on_cash.is_below_margin());
                if liquidatable && self.size(account, market) != 0 {
                    let liquidator = if account == 0 { 1 } else { 0 };
                    let order = LiquidationOrder { max_size: Size::new(u64::MAX), min_bounty: Atoms::ZERO };
                    self.push(Operation::Liquidate { liquidator, account, market, order, reading: None })?;
                }
            }
        }
        for (account, state) in self.exchange.accounts().to_vec().iter().enumerate() {
            // What is funded of a claim pays debts before insurance does.
            let owes = state.occupied().any(|(_, position)| !position.debt.is_zero());
            for (_, position) in state.occupied().filter(|(_, position)| owes && !position.claim.is_zero()) {
                self.push(Operation::RedeemClaim { account, market: position.market })?;
            }
        }
        while let Some((account, market)) = self.slot(|position| !position.debt.is_zero()) {
            if !self.push(Operation::ResolveBankruptcy { account, market })? {
                break;
            }
        }
        for market in 0..MARKETS {
            if !self.exchange.market(market).expect("a listed market").ledger.claims.is_zero() {
                self.push(Operation::FundClaims { market })?;
            }
        }
        Ok(())
    }
}

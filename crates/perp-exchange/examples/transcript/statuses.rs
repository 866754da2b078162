//! Statuses by every role, for lengths that fit their allowances and for some that do not.

use crate::crowd::{Crowd, MARKETS};
use perp_engine::operations::exchange::{StatusAuthority, StatusOrder};
use perp_engine::state::Status;
use perp_exchange::Operation;
use std::io;

impl<W: io::Write> Crowd<W> {
    pub fn set_a_status(&mut self) -> io::Result<()> {
        let status = match self.rng.u8(..10) {
            0..3 => Status::Active,
            3..7 => Status::ReduceOnly,
            _ => Status::Paused,
        };
        let seconds = match (self.rng.u8(..8), status) {
            (0, _) => 0,
            (1, _) => self.rng.u32(..50_000),
            (_, Status::Paused) => self.rng.u32(..150),
            _ => self.rng.u32(..3_000),
        };
        let authority = if self.rng.u8(..3) == 0 { StatusAuthority::Guardian } else { StatusAuthority::RiskAdmin };
        let order = StatusOrder { status, seconds, authority };
        match self.rng.u16(..2 * MARKETS) {
            market @ 0..MARKETS => self.push(Operation::SetMarketStatus { market, order })?,
            _ => self.push(Operation::SetExchangeStatus { order })?,
        };
        // A few operations meet it.
        for _ in 0..self.rng.u8(..12) {
            self.pass_time();
            match self.rng.u8(..6) {
                0 => self.trade()?,
                1 => self.liquidate()?,
                2 => self.settle()?,
                3 => self.move_collateral()?,
                4 => self.move_liquidity()?,
                _ => self.publish()?,
            }
        }
        if self.rng.u8(..4) == 0 {
            return Ok(());
        }
        let order = StatusOrder { status: Status::Active, seconds: 0, authority: StatusAuthority::RiskAdmin };
        for market in 0..MARKETS {
            self.push(Operation::SetMarketStatus { market, order })?;
        }
        self.push(Operation::SetExchangeStatus { order }).map(drop)
    }
}

//! Statuses by every role. What is paused does not stay so for long.

use crate::crowd::{Crowd, MARKETS};
use perp_engine::operations::exchange::StatusAuthority;
use perp_engine::state::Status;
use perp_exchange::Operation;
use std::io;

impl<W: io::Write> Crowd<W> {
    pub fn set_a_status(&mut self) -> io::Result<()> {
        let status = match self.rng.u8(..10) {
            0..5 => Status::Active,
            5..8 => Status::ReduceOnly,
            _ => Status::Paused,
        };
        let authority = if self.rng.u8(..3) == 0 { StatusAuthority::Guardian } else { StatusAuthority::RiskAdmin };
        match self.rng.u16(..2 * MARKETS) {
            market @ 0..MARKETS => self.push(Operation::SetMarketStatus { market, status, authority })?,
            _ => self.push(Operation::SetExchangeStatus { status, authority })?,
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
        let authority = StatusAuthority::RiskAdmin;
        for market in 0..MARKETS {
            self.push(Operation::SetMarketStatus { market, status: Status::Active, authority })?;
        }
        self.push(Operation::SetExchangeStatus { status: Status::Active, authority }).map(drop)
    }
}

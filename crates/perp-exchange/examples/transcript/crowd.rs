//! Everybody at once: owners, keepers, providers of liquidity, oracles and roles, each with good and bad requests.

use crate::description::write_first_line;
use crate::markets::{quoted, Quoted};
use crate::record::{describe, reading_error, refusal_name, write_line, Arguments, Reading};
use fastrand::Rng;
use perp_engine::fixtures::{at, pool_parameters};
use perp_engine::oracle::OracleReading;
use perp_engine::state::{Account, AccountKind, Position};
use perp_exchange::chain::EPOCH_RENT;
use perp_exchange::{Exchange, Operation, Outcome};
use std::io;

/// The accounts at the beginning: for each the market it is isolated to.
pub const ACCOUNTS: [Option<u16>; 12] =
    [None, None, None, None, None, Some(0), Some(0), Some(0), Some(2), Some(2), Some(2), Some(2)];
pub const HOLDERS: usize = 3;
pub const MARKETS: u16 = 3;

/// What a market's oracle says at the moment.
#[derive(Clone, Copy, Debug)]
pub struct Feed {
    pub quoted: Quoted,
    pub price: i64,
    /// In parts per million of the price.
    pub confidence: u64,
}

pub struct Crowd<W> {
    pub exchange: Exchange,
    pub feeds: Vec<Feed>,
    pub rng: Rng,
    output: W,
    written: u64,
    requests: u64,
    /// The market whose readings nobody hands in.
    pub mute: Option<u16>,
    /// Whether roles decide.
    pub decides: bool,
}

impl<W: io::Write> Crowd<W> {
    /// An empty exchange, described in the first line.
    pub fn new(mut output: W, seed: u64) -> io::Result<Self> {
        let mut exchange = Exchange::new(pool_parameters(), 6, at(0)).expect("parameters that go together");
        exchange.epoch_rent = EPOCH_RENT;
        for market in quoted() {
            exchange.list(&market.listing).expect("parameters that go together");
        }
        for _ in 0..HOLDERS {
            exchange.add_provider();
        }
        for isolated_market in ACCOUNTS {
            exchange.add_account(Account::opened(isolated_market));
        }
        write_first_line(&mut output, &exchange, &ACCOUNTS)?;
        let feeds = quoted().map(|quoted| Feed { quoted, price: quoted.price, confidence: 100 }).to_vec();
        Ok(Self {
            exchange,
            feeds,
            rng: Rng::with_seed(seed),
            output,
            written: 0,
            requests: 0,
            mute: None,
            decides: false,
        })
    }

    /// What was written to.
    pub fn finish(self) -> W {
        self.output
    }

    /// Executes an operation, without the reading of a market that is mute, and writes its line. Returns whether it took place.
    pub fn push(&mut self, mut operation: Operation) -> io::Result<bool> {
        match &mut operation {
            Operation::UpdatePrice { market, .. } | Operation::ExecuteOrder { market, .. }
                if Some(*market) == self.mute =>
            {
                return Ok(false);
            }
            Operation::UpdateFunding { market, reading }
            | Operation::Trade { market, reading, .. }
            | Operation::Liquidate { market, reading, .. }
            | Operation::PlaceOrders { market, reading, .. }
            | Operation::ArmOrder { market, reading, .. }
            | Operation::SettlePnl { market, reading, .. }
            | Operation::AllocateBacking { market, reading }
            | Operation::ValueMarket { market, reading }
                if Some(*market) == self.mute =>
            {
                *reading = None;
            }
            _ => {}
        }
        let (name, arguments) = describe(&operation, &self.exchange, self.requests);
        let result = self.exchange.execute(&operation);
        if matches!(operation, Operation::RequestLiquidityDeposit { .. } | Operation::RequestLiquidityWithdrawal { .. })
            && matches!(result, Ok(Outcome::Number(_)))
        {
            self.requests += 1;
        }
        write_line(&mut self.output, name, &arguments, result.as_ref().map_err(refusal_name), &self.exchange)?;
        self.written += 1;
        Ok(result.is_ok())
    }

    /// Hands a market numbers that may be no reading at all.
    pub fn push_reading(&mut self, market: u16, reading: Reading) -> io::Result<bool> {
        match reading.checked() {
            Ok(reading) => self.push(Operation::UpdatePrice { market, reading }),
            Err(error) => {
                let arguments = Arguments::of_reading(market, reading);
                write_line(&mut self.output, "update_prices", &arguments, Err(reading_error(error)), &self.exchange)?;
                self.written += 1;
                Ok(false)
            }
        }
    }

    pub fn market(&mut self) -> u16 {
        self.rng.u16(..MARKETS)
    }

    /// An account that is open.
    pub fn account(&mut self) -> usize {
        let open: Vec<usize> =
            (0..self.exchange.accounts().len()).filter(|it| self.exchange.account(*it).is_ok()).collect();
        self.rng.choice(open).expect("an account that is never closed")
    }

    /// An account and a market in which it has such a slot.
    pub fn slot(&mut self, which: impl Fn(&Position) -> bool) -> Option<(usize, u16)> {
        let slots: Vec<(usize, u16)> = (0..)
            .zip(self.exchange.accounts())
            .flat_map(|(account, state)| state.occupied().map(move |(_, position)| (account, position)))
            .filter(|(_, position)| which(position))
            .map(|(account, position)| (account, position.market))
            .collect();
        self.rng.choice(slots)
    }

    pub fn position(&mut self) -> Option<(usize, u16)> {
        self.slot(|position| !position.size.is_zero())
    }

    pub fn size(&self, account: usize, market: u16) -> i64 {
        let state = &self.exchange.accounts()[account];
        state.slot_of(market).map_or(0, |slot| state.positions[slot].size.get())
    }

    /// The market's reading, or none.
    pub fn maybe_reading(&mut self, market: u16) -> Option<OracleReading> {
        (self.rng.u8(..12) > 0).then(|| self.reading(market).checked().ok()).flatten()
    }

    /// A market that suits the account, or now and then another: its own where it is isolated, the large one where it is
    /// rich.
    pub fn market_for(&mut self, account: usize) -> u16 {
        let state = &self.exchange.accounts()[account];
        let suits = match state.kind == AccountKind::Isolated as u8 {
            true => Some(state.isolated_market),
            false => (state.balance.get() > 1 << 40).then_some(1),
        };
        suits.filter(|_| self.rng.u8(..12) > 0).unwrap_or_else(|| self.rng.u16(..MARKETS))
    }

    /// A number whose order of magnitude is as likely as any other: from 1 to below 2^`bits`.
    pub fn any_size(&mut self, bits: u32) -> u64 {
        let bits = self.rng.u32(..bits);
        (1 << bits) | self.rng.u64(..1 << bits)
    }

    /// Things happen until so many operations are written.
    pub fn act_until(&mut self, operations: u64) -> io::Result<()> {
        while self.written < operations {
            self.act()?;
        }
        Ok(())
    }

    /// One of many things happens.
    pub fn act(&mut self) -> io::Result<()> {
        self.pass_time();
        if self.decides && self.rng.u8(..12) == 0 {
            return self.decide();
        }
        match self.rng.u16(..300) {
            0 => return self.fall_silent(),
            1..3 => return self.halt(),
            3..13 => return self.tear(),
            13..43 => return self.rest_and_fill(),
            _ => {}
        }
        match self.rng.u8(..100) {
            0..14 => self.publish(),
            14..40 => self.trade(),
            40..48 => self.rest(),
            48..56 => self.liquidate(),
            56..70 => self.settle(),
            70..78 => self.move_collateral(),
            78..88 => self.move_liquidity(),
            88..92 => self.move_backing(),
            92..94 => self.set_a_status(),
            94 => self.keep(),
            95..97 => self.boom(),
            _ => self.administer(),
        }
    }
}

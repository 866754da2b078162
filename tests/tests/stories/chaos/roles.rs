//! What befalls the others: pauses that begin and end, roles that change hands, delegates, and feeds that fall silent.

use super::{Chaos, MARKETS};
use anchor_lang::prelude::Pubkey;
use perp_client::instructions::{self as client, Authority};
use perp_engine::state::{Status, StoredStatus};
use perp_engine::units::Timestamp;
use perp_swap::errors::ExchangeError;
use perp_tests::assert_refused;

/// A pause by whoever set it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pause {
    Guardian,
    Admin,
}

const LIFTED: [[&str; 2]; 2] = [
    ["a guardian's pause of the exchange ended by itself", "a guardian's pause of a market ended by itself"],
    ["an admin's pause of the exchange was lifted", "an admin's pause of a market was lifted"],
];
const DELEGATED: &str = "a delegate traded";
const OUTAGE: &str = "a market was unusable after an outage";
pub const SHARED_INSURANCE: &str = "the shared insurance was funded";

/// What must have happened besides the instructions.
pub const HAPPENED: [&str; 7] =
    [LIFTED[0][0], LIFTED[0][1], LIFTED[1][0], LIFTED[1][1], DELEGATED, OUTAGE, SHARED_INSURANCE];

impl Chaos {
    fn now(&self) -> Timestamp {
        Timestamp::new(self.world.now)
    }

    /// Stored statuses of the exchange and of each market.
    fn statuses(&mut self) -> [StoredStatus; 1 + MARKETS as usize] {
        std::array::from_fn(|place| match place {
            0 => self.world.exchange().state.status,
            _ => self.world.market(place as u16 - 1).state.status,
        })
    }

    /// Sees which pauses have begun, and which have ended, and how.
    pub(super) fn watch_pauses(&mut self) {
        let now = self.now();
        for (place, stored) in self.statuses().into_iter().enumerate() {
            let pause = match stored.in_force(now) {
                Status::Paused if stored.until.is_never() => Some(Pause::Admin),
                Status::Paused => Some(Pause::Guardian),
                Status::Active | Status::ReduceOnly => None,
            };
            let before = std::mem::replace(&mut self.pauses[place], pause);
            let of_market = usize::from(place > 0);
            match (before, pause) {
                (Some(Pause::Guardian), None) if !stored.pause_ended_at(now).is_never() => {
                    self.happened(LIFTED[0][of_market]);
                }
                (Some(Pause::Admin), None) => self.happened(LIFTED[1][of_market]),
                _ => continue,
            }
            self.what_is_not_paused_goes_on();
        }
    }

    /// Funding accrues in every market with a price, unless it or the exchange is paused.
    fn what_is_not_paused_goes_on(&mut self) {
        self.publish_everything();
        let now = self.now();
        let silent = self.silent;
        let [exchange, markets @ ..] = self.statuses().map(|stored| stored.in_force(now));
        for (market, status) in (0..).zip(markets).filter(|(market, _)| silent != Some(*market)) {
            let done = self.world.update_funding(market);
            if status.and(exchange) == Status::Paused {
                assert_refused(done, ExchangeError::Paused);
            } else {
                done.as_ref().expect("nothing is paused");
                self.note("update_funding", done);
            }
        }
    }

    /// Now and then a feed stops for a while, and anybody who notices reports it.
    pub(super) fn feeds_fall_silent(&mut self) {
        match self.silent {
            None if self.random.one_in(50) => self.silent = Some(self.random.market()),
            Some(_) if self.random.one_in(8) => self.silent = None,
            _ => {}
        }
        if self.random.one_in(3) {
            let market = self.silent.unwrap_or(self.random.market());
            let done = self.world.report_oracle_outage(market);
            self.note("report_oracle_outage", done);
        }
        for market in 0..MARKETS as u16 {
            let state = self.world.market(market).state;
            let since = state.price.outage_since;
            if !since.is_never() && self.now() >= since.after(state.parameters.outage_delay).unwrap() {
                self.happened(OUTAGE);
            }
        }
    }

    pub(super) fn a_delegate_trades(&mut self, owner: Authority, delegate: Authority, market: u16, size: i64) {
        let done = self.world.set_delegate(owner, delegate.signer);
        self.note("set_delegate", done);
        let done = self.world.trade(Authority { signer: delegate.signer, ..owner }, market, size);
        if done.is_ok() {
            self.happened(DELEGATED);
        }
        self.note("trade", done);
    }

    pub(super) fn somebody_with_a_role_does_something(&mut self, market: u16) {
        let (at, admin, risk_admin, guardian) =
            (self.world.addresses, self.world.admin, self.world.risk_admin, self.world.guardian);
        match self.random.below(10) {
            0..=1 => self.set_status(guardian, market),
            2..=3 => {
                let signer = self.one_of_the_admins();
                self.set_status(signer, market);
            }
            4..=8 => {
                let done = self.world.withdraw_protocol_fees(market);
                self.note("withdraw_protocol_fees", done);
            }
            _ => {
                // Guardian and risk admin change places, and the admin goes.
                let done = self.world.run(&[client::set_roles(&at, admin, guardian, risk_admin)]);
                self.note("set_roles", done);
                (self.world.risk_admin, self.world.guardian) = (guardian, risk_admin);
                self.the_admin_hands_over(admin);
            }
        }
    }

    fn the_admin_hands_over(&mut self, admin: Pubkey) {
        let (at, successor) = (self.world.addresses, self.successor);
        let done = self.world.run(&[client::propose_admin(&at, admin, successor)]);
        self.note("propose_admin", done);
        let done = self.world.run(&[client::accept_admin(&at, successor)]);
        self.note("accept_admin", done);
        (self.world.admin, self.successor) = (successor, admin);
    }

    pub(super) fn an_admin_lifts_what_admins_set(&mut self) {
        let signer = self.one_of_the_admins();
        for (place, stored) in self.statuses().into_iter().enumerate() {
            if !stored.until.is_never() || stored.current == Status::Active as u8 {
                continue;
            }
            let (instruction, done) = match place {
                0 => ("set_exchange_status", self.world.set_exchange_status(signer, Status::Active)),
                _ => ("set_market_status", self.world.set_market_status(signer, place as u16 - 1, Status::Active)),
            };
            self.note(instruction, done);
        }
    }

    fn one_of_the_admins(&mut self) -> Pubkey {
        if self.random.one_in(2) {
            self.world.admin
        } else {
            self.world.risk_admin
        }
    }

    /// A stricter one, of the exchange or of the market.
    fn set_status(&mut self, signer: Pubkey, market: u16) {
        let status = if self.random.one_in(3) { Status::ReduceOnly } else { Status::Paused };
        let (instruction, done) = if self.random.one_in(2) {
            ("set_exchange_status", self.world.set_exchange_status(signer, status))
        } else {
            ("set_market_status", self.world.set_market_status(signer, market, status))
        };
        self.note(instruction, done);
    }
}

//! What befalls the others: statuses that are set and end, roles that change hands, delegates, and feeds that fall silent.

use super::{Chaos, MARKETS, RESTRICTIONS};
use anchor_lang::prelude::Pubkey;
use perp_client::instructions::{self as client, Authority};
use perp_engine::state::{Restriction, Status};
use perp_engine::units::Timestamp;

/// Of the pause, of the exchange's and of a market's reduce-only.
const ENDED: [[&str; 3]; 2] = [
    ["a pause ended by itself", "the exchange's reduce-only ended by itself", "a market's reduce-only ended by itself"],
    ["a pause was lifted", "the exchange's reduce-only was lifted", "a market's reduce-only was lifted"],
];
const DELEGATED: &str = "a delegate traded";
const OUTAGE: &str = "an oracle was held for dead";
pub const OUT_OF_BOUNDS: &str = "a price was out of the second source's bounds";
pub const SHARED_INSURANCE: &str = "the shared insurance was funded";

/// What must have happened besides the instructions.
pub const HAPPENED: [&str; 10] = [
    ENDED[0][0],
    ENDED[0][1],
    ENDED[0][2],
    ENDED[1][0],
    ENDED[1][1],
    ENDED[1][2],
    DELEGATED,
    OUTAGE,
    OUT_OF_BOUNDS,
    SHARED_INSURANCE,
];

impl Chaos {
    fn now(&self) -> Timestamp {
        Timestamp::new(self.world.now)
    }

    /// The exchange's pause and reduce-only, and reduce-only of each market.
    fn restrictions(&mut self) -> [Restriction; RESTRICTIONS] {
        std::array::from_fn(|place| match place {
            0 => self.world.exchange().state.pause,
            1 => self.world.exchange().state.reduce_only,
            _ => self.world.market(place as u16 - 2).state.reduce_only,
        })
    }

    /// Sees which restrictions have begun, and which have ended, and how.
    pub(super) fn watch_restrictions(&mut self) {
        let now = self.now();
        for (place, stored) in self.restrictions().into_iter().enumerate() {
            let running = stored.is_in_force(now).then_some(stored.until);
            let before = std::mem::replace(&mut self.running[place], running);
            if let (Some(until), None) = (before, running) {
                let lifted = stored.until < until;
                self.happened(ENDED[usize::from(lifted)][place.min(2)]);
                self.funding_goes_on();
            }
        }
    }

    /// Funding accrues in every market with a price, whatever its status.
    fn funding_goes_on(&mut self) {
        self.publish_everything();
        let silent = self.silent;
        for market in (0..MARKETS as u16).filter(|market| silent != Some(*market)) {
            let done = self.world.update_funding(market);
            done.as_ref().expect("no status stops funding");
            self.note("update_funding", done);
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
            0..=2 => self.set_status(guardian, market),
            3..=5 => {
                let signer = self.one_of_the_admins();
                self.set_status(signer, market);
            }
            6..=8 => {
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

    pub(super) fn an_admin_lifts_what_is_in_force(&mut self) {
        let (signer, now) = (self.one_of_the_admins(), self.now());
        let [pause, reduce_only, markets @ ..] = self.restrictions().map(|stored| stored.is_in_force(now));
        if pause || reduce_only {
            let done = self.world.set_exchange_status(signer, Status::Active, 0);
            self.note("set_exchange_status", done);
        }
        for (market, _) in (0..).zip(markets).filter(|(_, limited)| *limited) {
            let done = self.world.set_market_status(signer, market, Status::Active, 0);
            self.note("set_market_status", done);
        }
    }

    fn one_of_the_admins(&mut self) -> Pubkey {
        if self.random.one_in(2) {
            self.world.admin
        } else {
            self.world.risk_admin
        }
    }

    /// A stricter one, of the exchange or of the market: pauses of less than a minute, reduce-only of less than five.
    fn set_status(&mut self, signer: Pubkey, market: u16) {
        let status = if self.random.one_in(3) { Status::ReduceOnly } else { Status::Paused };
        let seconds = self.random.below(if status == Status::Paused { 60 } else { 300 }) as u32;
        let (instruction, done) = if self.random.one_in(2) {
            ("set_exchange_status", self.world.set_exchange_status(signer, status, seconds))
        } else {
            ("set_market_status", self.world.set_market_status(signer, market, Status::ReduceOnly, seconds))
        };
        self.note(instruction, done);
    }
}

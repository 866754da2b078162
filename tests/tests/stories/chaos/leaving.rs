//! The end of the story: everybody closes, settles and leaves.

use super::{Chaos, MARKETS};
use perp_engine::status::Status;
use perp_swap::errors::ExchangeError;
use perp_tests::assert_refused;

impl Chaos {
    /// The admin lifts whatever is in force, and every feed speaks again.
    pub(super) fn everything_opens(&mut self) {
        let admin = self.world.admin;
        self.silent = None;
        self.world.set_exchange_status(admin, Status::Active).unwrap();
        for market in 0..MARKETS as u16 {
            self.world.set_market_status(admin, market, Status::Active).unwrap();
        }
    }

    /// Everybody is flat after one instruction for each position: its owner closes it or anybody liquidates it.
    pub(super) fn everybody_gets_flat(&mut self) {
        let liquidator = self.world.trader(0);
        for actor in self.traders.clone() {
            self.publish_everything();
            let state = self.world.margin_account(&actor.margin_account).state;
            for (_, position) in state.occupied().filter(|(_, position)| !position.size.is_zero()) {
                let market = position.market;
                if let Err(refused) = self.world.close_position(actor, market) {
                    assert_refused(Err(refused), ExchangeError::NegativeEquity);
                    self.world.liquidate(liquidator, actor.margin_account, market).unwrap();
                }
                // A liquidation of a part leaves enough to close the rest.
                if !self.world.position(&actor.margin_account, market).size.is_zero() {
                    self.world.close_position(actor, market).unwrap();
                }
            }
        }
        self.traders.push(liquidator);
    }

    /// Debts are paid or resolved, claims funded and redeemed as far as there is cash, and every balance leaves.
    pub(super) fn everybody_leaves(&mut self) {
        for actor in self.traders.clone() {
            let address = actor.margin_account;
            for market in 0..MARKETS as u16 {
                if !self.world.position(&address, market).debt.is_zero() {
                    self.world.settle_funding(address, market).unwrap();
                }
                if !self.world.position(&address, market).debt.is_zero() {
                    let done = self.world.resolve_bankruptcy(address, market);
                    self.note("resolve_bankruptcy", done);
                }
            }
        }
        for market in 0..MARKETS as u16 {
            let done = self.world.fund_claims(market);
            self.note("fund_claims", done);
            for actor in self.traders.clone() {
                let done = self.world.redeem_claim(actor.margin_account, market);
                self.note("redeem_claim", done);
            }
        }
        for actor in self.traders.clone() {
            let state = self.world.margin_account(&actor.margin_account).state;
            let balance = state.balance.get();
            if state.occupied().any(|(_, position)| !position.debt.is_zero()) {
                // Solvent by a claim that is not paid yet: the debt waits for it.
                assert!(state.occupied().any(|(_, position)| !position.claim.is_zero()));
            } else if balance > 0 {
                self.world.withdraw(actor, balance).unwrap();
            }
            let left = self.world.margin_account(&actor.margin_account).state;
            let closed = self.world.close_account(actor);
            if left.is_empty() {
                closed.as_ref().unwrap();
                self.note("close_account", closed);
            } else {
                assert_refused(closed, ExchangeError::AccountNotEmpty);
            }
        }
    }
}

//! The end of the story: everybody closes, settles and leaves.

use super::ending::owes;
use super::{Chaos, MARKETS};
use perp_client::instructions::Authority;
use perp_engine::state::Status;
use perp_swap::errors::ExchangeError;
use perp_tests::assert_refused;

impl Chaos {
    /// The admin lifts whatever is in force, and every feed speaks again.
    pub(super) fn everything_opens(&mut self) {
        let admin = self.world.admin;
        self.silent = None;
        self.world.set_exchange_status(admin, Status::Active, 0).unwrap();
        for market in 0..MARKETS as u16 {
            self.world.set_market_status(admin, market, Status::Active, 0).unwrap();
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

    /// Claims are funded and redeemed as far as there is cash, debts paid or resolved, what claims still bring goes to the insurances
    /// that paid, what nobody pays is waived, and every balance leaves.
    pub(super) fn everybody_leaves(&mut self) {
        for _ in 0..2 {
            self.claims_are_paid();
            for actor in self.traders.clone() {
                let address = actor.margin_account;
                for market in 0..MARKETS as u16 {
                    if !self.world.position(&address, market).owed().is_zero() {
                        self.world.settle_funding(address, market).unwrap();
                    }
                }
                for market in 0..MARKETS as u16 {
                    if !self.world.position(&address, market).debt.is_zero() {
                        let done = self.world.resolve_bankruptcy(address, market);
                        done.as_ref().unwrap();
                        self.note("resolve_bankruptcy", done);
                    }
                }
            }
        }
        for actor in self.traders.clone() {
            if !self.what_nobody_pays_is_waived(actor) {
                assert_refused(self.world.close_account(actor), ExchangeError::AccountNotEmpty);
                continue;
            }
            self.orders_are_closed(actor);
            let balance = self.world.balance(&actor.margin_account);
            if balance > 0 {
                self.world.withdraw(actor, balance).unwrap();
            }
            let closed = self.world.close_account(actor);
            closed.as_ref().unwrap();
            self.note("close_account", closed);
        }
    }

    fn claims_are_paid(&mut self) {
        for market in 0..MARKETS as u16 {
            let done = self.world.fund_claims(market);
            self.note("fund_claims", done);
            for actor in self.traders.clone() {
                let done = self.world.redeem_claim(actor.margin_account, market);
                self.note("redeem_claim", done);
            }
        }
    }

    /// The owner gives up the claims that are left; not where the account owes them to insurances that paid its debts.
    fn what_nobody_pays_is_waived(&mut self, owner: Authority) -> bool {
        let state = self.world.margin_account(&owner.margin_account).state;
        let owes = owes(&state);
        let claims: Vec<u16> =
            state.occupied().filter(|(_, slot)| !slot.claim.is_zero()).map(|(_, slot)| slot.market).collect();
        assert!(!owes || !claims.is_empty(), "what is still owed is owed out of a claim");
        for market in claims {
            let waived = self.world.waive_claim(owner, market);
            if owes {
                assert_refused(waived, ExchangeError::DebtOutstanding);
            } else {
                waived.as_ref().unwrap();
                self.note("waive_claim", waived);
            }
        }
        !owes
    }
}

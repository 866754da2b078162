//! Of the three markets one is delisted and one's feed dies: both end at a final price, and a stranger closes everybody.

use super::Chaos;
use perp_engine::state::Account;
use perp_tests::DAY;

/// The market whose feed dies, and the one that is delisted.
const ENDING: [u16; 2] = [0, 2];

impl Chaos {
    pub(super) fn two_markets_end(&mut self) {
        self.publish_everything();
        let [dead, delisted] = ENDING;
        let done = self.world.delist_market(delisted);
        self.note("delist_market", done);
        self.world.wait(16);
        let done = self.world.report_oracle_outage(dead);
        self.note("report_oracle_outage", done);
        self.world.wait(2 * DAY + 3_600);
        for market in ENDING {
            let done = self.world.begin_settlement(market);
            self.note("begin_settlement", done);
            assert!(self.world.market(market).state.settlement.has_begun());
        }
        self.world.wait(DAY);
        self.publish_everything();
        let stranger = self.world.trader(0);
        for actor in self.traders.clone() {
            for market in ENDING {
                if !self.world.position(&actor.margin_account, market).size.is_zero() {
                    let done = self.world.liquidate(stranger, actor.margin_account, market);
                    done.as_ref().expect("a market that has ended closes everybody");
                    self.note("liquidate", done);
                }
            }
        }
        for market in ENDING {
            assert!(self.world.market(market).state.ledger.is_flat());
        }
        self.traders.push(stranger);
    }
}

/// Whether the account owes any market, or insurance out of a claim.
pub(super) fn owes(account: &Account) -> bool {
    account.occupied().any(|(_, slot)| !slot.owed().is_zero())
}

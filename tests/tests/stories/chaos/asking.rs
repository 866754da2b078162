//! What anybody may ask: of every account and market, and of the exchange as a whole.

use super::{Chaos, MARKETS};
use perp_client::instructions::{self as client, answers};
use perp_tests::world::order;
use perp_tests::SOL;
use solana_compute_budget_interface::ComputeBudgetInstruction;

impl Chaos {
    /// Everybody asks everything. What there is for traders covers their balances whatever people have done.
    pub(super) fn everybody_asks(&mut self) {
        let at = self.world.addresses;
        let attested = self.world.send(&client::attest_solvency(&at, MARKETS as u16));
        if let Some((_, answer)) = attested.as_ref().ok().and_then(|done| done.answer.as_ref()) {
            assert_eq!(answer.len(), 56);
            let answers::SolvencyView { accounts, .. } = attested.as_ref().unwrap().answered();
            let books = self.world.books();
            let balances = books.accounts.iter().map(|account| account.state.balance.get()).sum::<u64>();
            assert!(accounts >= i64::try_from(balances).unwrap());
        }
        self.note("attest_solvency", attested);
        for market in 0..MARKETS as u16 {
            let target = self.world.target(market);
            let done = self.world.send(&client::view_market(&at, target));
            self.note("view_market", done);
            let done = self.world.send(&client::view_funding(&at, target, 86_400));
            self.note("view_funding", done);
            for actor in self.traders.clone() {
                let (account, size) = (actor.margin_account, order(SOL));
                let state = self.world.margin_account(&account).state;
                let done = self.world.send(&client::view_health(&at, account, &state));
                self.note("view_health", done);
                let done = self.world.send(&client::view_position(&at, account, &state, target));
                self.note("view_position", done);
                let limit = ComputeBudgetInstruction::set_compute_unit_limit(1_000_000);
                let price = client::view_liquidation_price(&at, account, &state, target);
                let done = self.world.run(&[limit, price]);
                self.note("view_liquidation_price", done);
                let done = self.world.send(&client::view_trade(&at, account, &state, target, &size));
                self.note("view_trade", done);
            }
        }
    }
}

//! Margin calls: who is told before the liquidator comes.

use std::collections::BTreeMap;

use perp_accounts::MarginAccount;
use perp_client::rpc::Accounts;
use perp_engine::risk::portfolio::Health;
use perp_exchange::Exchange;
use solana_pubkey::Pubkey;

use super::{Alert, Turn};
use crate::config::Alerts;

/// How many calls below which an account's equity is, given how many it was below: a call that was made holds until equity is so many
/// percent of the margin above it. `calls` are percents, each less than the one before.
pub fn level(before: usize, health: &Health, calls: &[u64], rearm_percent: u64) -> usize {
    let below =
        |percent: u64| i128::from(health.equity.get()) * 100 < i128::from(health.margin.get()) * i128::from(percent);
    let made = calls.iter().filter(|percent| below(**percent)).count();
    let held = calls.iter().filter(|percent| below(percent.saturating_add(rearm_percent))).count();
    before.clamp(made, held)
}

/// Which calls were made.
#[derive(Debug, Default)]
pub struct Calls {
    levels: BTreeMap<Pubkey, usize>,
    /// The account that was looked at last.
    last: Pubkey,
}

impl Calls {
    /// Looks at some accounts, at most so many and at others the next time, and returns which calls there are to be made, and which are
    /// over. `watched` are the accounts to look at; none for all.
    pub fn look(
        &mut self,
        exchange: &Exchange,
        accounts: &Accounts<MarginAccount>,
        watched: Option<&[Pubkey]>,
        rules: &Alerts,
        at_most: usize,
    ) -> Vec<(Alert, Turn)> {
        let gone: Vec<Pubkey> = self.levels.keys().filter(|address| !accounts.contains(address)).copied().collect();
        let mut calls: Vec<(Alert, Turn)> = Vec::new();
        let none = Health { equity: Default::default(), margin: Default::default() };
        for address in gone {
            self.levels.remove(&address);
            calls.push((call(&address, &Pubkey::default(), 0, &none), Turn::Over));
        }
        for (address, account) in self.some(accounts, watched, at_most) {
            let Ok(health) = exchange.health(&account.state) else { continue };
            // Who has nothing but debts can close nothing, nor be liquidated.
            let health = if account.state.has_open_position() { health.maintenance } else { none };
            let before = self.levels.get(&address).copied().unwrap_or_default();
            let now = level(before, &health, &rules.margin_percent, rules.rearm_percent);
            if now == 0 {
                self.levels.remove(&address);
            } else {
                self.levels.insert(address, now);
            }
            let percent = |level: usize| rules.margin_percent.get(level.saturating_sub(1)).copied().unwrap_or_default();
            if now > before {
                calls.push((call(&address, &account.owner, percent(now), &health), Turn::Raised));
            } else if now == 0 && before > 0 {
                calls.push((call(&address, &account.owner, percent(before), &health), Turn::Over));
            }
        }
        calls
    }

    /// The next accounts in turn.
    fn some(
        &mut self,
        accounts: &Accounts<MarginAccount>,
        watched: Option<&[Pubkey]>,
        at_most: usize,
    ) -> Vec<(Pubkey, MarginAccount)> {
        if let Some(watched) = watched {
            let found = watched.iter().filter_map(|address| Some((*address, accounts.get(address)?)));
            return found.collect();
        }
        let last = self.last;
        let begins = accounts.iter().take_while(|(address, _)| *address <= last);
        let some: Vec<_> = accounts.after(&last).chain(begins).take(at_most).collect();
        self.last = some.last().map(|(address, _)| *address).unwrap_or_default();
        some
    }
}

fn call(account: &Pubkey, owner: &Pubkey, percent: u64, health: &Health) -> Alert {
    let (equity_atoms, margin_atoms) = (health.equity.get(), health.margin.get());
    Alert::MarginCall { account: account.to_string(), owner: owner.to_string(), percent, equity_atoms, margin_atoms }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytemuck::Zeroable;
    use perp_accounts::VERSION;
    use perp_engine::units::{Atoms, SignedAtoms};

    use crate::fixtures::exchange;

    fn health(equity: i64, margin: u64) -> Health {
        Health { equity: SignedAtoms::new(equity), margin: Atoms::new(margin) }
    }

    const CALLS: [u64; 3] = [150, 120, 105];

    #[test]
    fn a_call_is_made_below_its_percent_to_the_atom() {
        // Of a margin of 1 000: 1 500, 1 200, 1 050.
        for (equity, calls) in [(1_500, 0), (1_499, 1), (1_200, 1), (1_199, 2), (1_050, 2), (1_049, 3), (-5, 3)] {
            assert_eq!(level(0, &health(equity, 1_000), &CALLS, 5), calls, "{equity}");
        }
        // Nothing is demanded of an account without positions.
        assert_eq!(level(0, &health(0, 0), &CALLS, 5), 0);
    }

    #[test]
    fn a_call_holds_until_equity_is_some_percent_above_it() {
        // At a margin of 1 000 and five percent: until 1 550 and 1 250.
        let mut before = 0;
        for (equity, calls) in
            [(1_490, 1), (1_549, 1), (1_199, 2), (1_249, 2), (1_250, 1), (1_549, 1), (1_550, 0), (1_500, 0)]
        {
            before = level(before, &health(equity, 1_000), &CALLS, 5);
            assert_eq!(before, calls, "{equity}");
        }
    }

    #[test]
    fn an_account_is_called_once_a_level_and_told_when_it_is_over() {
        let (exchange, trader) = exchange();
        let (address, owner) = (Pubkey::new_from_array([1; 32]), Pubkey::new_from_array([2; 32]));
        let state = exchange.accounts()[trader];
        let account = MarginAccount { owner, state, version: VERSION, ..MarginAccount::zeroed() };
        let margin = exchange.health(&account.state).unwrap().maintenance;
        // Cash that leaves equity at exactly 119 %, then 160 % of the margin, both rounded down.
        let with = |percent: i64| {
            let wanted = i64::try_from(margin.margin.get()).unwrap() * percent / 100;
            let balance = i64::try_from(account.state.balance.get()).unwrap() + wanted - margin.equity.get();
            let mut account = account;
            account.state.balance = Atoms::new(u64::try_from(balance).unwrap());
            Accounts::from_iter([(address, account)])
        };
        let (mut calls, rules) = (Calls::default(), Alerts::default());
        let mut look = |accounts: &Accounts<MarginAccount>, watched: Option<&[Pubkey]>| {
            let calls = calls.look(&exchange, accounts, watched, &rules, 100);
            let told = |(alert, turn): (Alert, Turn)| match alert {
                Alert::MarginCall { percent, .. } => (percent, turn),
                other => panic!("{other:?}"),
            };
            calls.into_iter().map(told).collect::<Vec<_>>()
        };
        assert_eq!(look(&with(200), None), []);
        assert_eq!(look(&with(119), Some(&[owner])), [], "another account is watched");
        assert_eq!(look(&with(119), Some(&[address])), [(120, Turn::Raised)]);
        assert_eq!(look(&with(119), None), []);
        assert_eq!(look(&with(104), None), [(105, Turn::Raised)]);
        assert_eq!(look(&with(160), None), [(105, Turn::Over)]);
        assert_eq!(look(&with(149), None), [(150, Turn::Raised)]);
        assert_eq!(look(&Accounts::from_iter([]), None), [(0, Turn::Over)], "it was closed");
    }

    #[test]
    fn all_accounts_come_in_turn() {
        let accounts: Accounts<MarginAccount> =
            (1..=5).map(|number| (Pubkey::new_from_array([number; 32]), MarginAccount::zeroed())).collect();
        let mut calls = Calls::default();
        let mut turn =
            || calls.some(&accounts, None, 2).iter().map(|(address, _)| address.to_bytes()[0]).collect::<Vec<_>>();
        assert_eq!([turn(), turn(), turn(), turn()], [[1, 2], [3, 4], [5, 1], [2, 3]]);
    }
}

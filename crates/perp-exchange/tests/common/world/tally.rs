//! What everybody's history consists of, summed from the plans: what the counters must say, over positions that are open
//! and those that are closed.

use super::*;

/// Of a position since its slot was taken, or of an account since it was opened; in atoms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Results {
    realized: i128,
    funding: i128,
    fees: i128,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct AccountSums {
    results: Results,
    deposited: i128,
    withdrawn: i128,
    penalties: i128,
    bounties: i128,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct MarketSums {
    /// In 2^-40 atoms, as the next three.
    volume: i128,
    liquidated: i128,
    spread: i128,
    impact: i128,
    traders_result: i128,
    penalties: i128,
    penalties_to_insurance: i128,
    bounties: i128,
    trades: u64,
    liquidations: u64,
    protocol_fees_withdrawn: i128,
}

/// Sums over the plans so far.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    accounts: BTreeMap<usize, AccountSums>,
    markets: BTreeMap<u16, MarketSums>,
    /// By account and market; a slot that is freed is forgotten.
    positions: BTreeMap<(usize, u16), Results>,
}

impl Tally {
    fn add(&mut self, account: usize, market: u16, results: Results) {
        let whole = &mut self.accounts.entry(account).or_default().results;
        let slot = self.positions.entry((account, market)).or_default();
        for sums in [whole, slot] {
            sums.realized += results.realized;
            sums.funding += results.funding;
            sums.fees += results.fees;
        }
        self.markets.entry(market).or_default().traders_result += results.realized;
    }

    pub fn deposit(&mut self, account: usize, amount: Atoms) {
        self.accounts.entry(account).or_default().deposited += i128::from(amount.get());
    }

    pub fn withdrawal(&mut self, account: usize, amount: Atoms) {
        self.accounts.entry(account).or_default().withdrawn += i128::from(amount.get());
    }

    pub fn account_closed(&mut self, account: usize) {
        self.accounts.remove(&account);
    }

    pub fn trade(&mut self, account: usize, market: u16, plan: &TradePlan) {
        let results = Results {
            realized: plan.realized.get().into(),
            funding: plan.settled.funding.get().into(),
            fees: plan.fill.fee.get().into(),
        };
        self.add(account, market, results);
        let sums = self.markets.entry(market).or_default();
        sums.volume += plan.fill.index_notional.get();
        sums.spread += plan.fill.spread.get();
        sums.impact += plan.fill.charge.get() - plan.fill.spread.get();
        sums.trades += 1;
    }

    pub fn liquidation(&mut self, by: usize, account: usize, market: u16, plan: &LiquidationPlan) {
        let (realized, funding) = (plan.realized.get().into(), plan.settled.funding.get().into());
        self.add(account, market, Results { realized, funding, fees: 0 });
        self.accounts.entry(account).or_default().penalties += i128::from(plan.penalty.charged.get());
        self.accounts.entry(by).or_default().bounties += i128::from(plan.penalty.bounty.get());
        let sums = self.markets.entry(market).or_default();
        sums.liquidated += plan.notional.get();
        sums.bounties += i128::from(plan.penalty.bounty.get());
        sums.penalties += i128::from(plan.penalty.backing.get());
        sums.penalties_to_insurance += i128::from(plan.penalty.insurance.get());
        sums.liquidations += u64::from(!plan.closed.is_zero());
    }

    pub fn forfeit(&mut self, account: usize, paid: Atoms) {
        self.accounts.entry(account).or_default().results.fees += i128::from(paid.get());
    }

    pub fn settlement(&mut self, account: usize, market: u16, profit: SignedAtoms, funding: SignedAtoms) {
        self.add(account, market, Results { realized: profit.get().into(), funding: funding.get().into(), fees: 0 });
    }

    pub fn protocol_fees_withdrawn(&mut self, market: u16, amount: Atoms) {
        self.markets.entry(market).or_default().protocol_fees_withdrawn += i128::from(amount.get());
    }

    pub fn forget_freed_slots(&mut self, exchange: &Exchange) {
        self.positions.retain(|(account, market), _| exchange.accounts()[*account].slot_of(*market).is_some());
    }

    /// Every counter is the sum of what happened.
    pub fn check(&self, exchange: &Exchange) {
        for (number, account) in exchange.accounts().iter().enumerate() {
            let counted = &account.counters;
            let is = AccountSums {
                results: Results {
                    realized: counted.realized.get().into(),
                    funding: counted.funding.get().into(),
                    fees: counted.fees.get().into(),
                },
                deposited: counted.deposited.get().into(),
                withdrawn: counted.withdrawn.get().into(),
                penalties: counted.penalties.get().into(),
                bounties: counted.bounties.get().into(),
            };
            assert_eq!(is, self.accounts.get(&number).copied().unwrap_or_default(), "account {number}");
            for (_, position) in account.occupied() {
                let is = Results {
                    realized: position.realized.get().into(),
                    funding: position.funding.get().into(),
                    fees: position.fees.get().into(),
                };
                let expected = self.positions.get(&(number, position.market)).copied().unwrap_or_default();
                assert_eq!(is, expected, "account {number} in market {}", position.market);
            }
        }
        for market in exchange.markets() {
            self.check_market(market);
        }
    }

    fn check_market(&self, market: &Market) {
        let (counted, ledger) = (&market.ledger.counters, &market.ledger);
        let withdrawn = i128::from(counted.protocol_fees.get()) - i128::from(ledger.protocol_fees.get());
        let is = MarketSums {
            volume: counted.volume.get().get(),
            liquidated: counted.liquidated.get().get(),
            spread: counted.spread.get().get(),
            impact: counted.impact.get().get(),
            traders_result: counted.traders_result.get().into(),
            penalties: counted.penalties.get().into(),
            penalties_to_insurance: counted.penalties_to_insurance.get().into(),
            bounties: counted.bounties.get().into(),
            trades: counted.trades,
            liquidations: counted.liquidations,
            protocol_fees_withdrawn: withdrawn,
        };
        assert_eq!(is, self.markets.get(&market.index).copied().unwrap_or_default(), "market {}", market.index);
    }
}

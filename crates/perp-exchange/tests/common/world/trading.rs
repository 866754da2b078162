//! Trading and liquidation.

use super::*;

impl World {
    /// A market order without a price bound.
    pub fn trade(&mut self, account: usize, market: u16, size: i64) -> Result<TradePlan, EngineError> {
        self.order(account, market, Order::at_any_price(SignedSize::new(size)))
    }

    /// Closes the whole position.
    pub fn close(&mut self, account: usize, market: u16) -> Result<TradePlan, EngineError> {
        let size = SignedSize::new(-self.size(account, market));
        self.order(account, market, Order { reduce_only: true, ..Order::at_any_price(size) })
    }

    pub fn order(&mut self, account: usize, market: u16, order: Order) -> Result<TradePlan, EngineError> {
        let reading = self.reading(market);
        let (before, plan) = self.attempt(|exchange| exchange.trade(account, market, &order, Some(&reading)))?;
        let start = settled(&before, account, market, &reading);
        self.check_trade(&start, account, market, &plan);
        self.check_fee(&start, account, market, &plan);
        self.tally.trade(account, market, &plan);
        let held = before.accounts()[account].positions[plan.ledger.slot].size;
        let kind = match (plan.closed.is_zero(), plan.opened.is_zero()) {
            (false, false) => Kind::Flip,
            (true, _) if held.is_zero() => Kind::Open,
            (true, _) => Kind::Increase,
            _ if plan.ledger.position.size.is_zero() => Kind::Close,
            _ => Kind::Reduce,
        };
        self.finish(&before, kind);
        Ok(plan)
    }

    fn check_trade(&self, start: &Exchange, account: usize, market: u16, plan: &TradePlan) {
        // Fills are at best the index.
        assert!(plan.fill.charge.get() >= 0);
        let index = i128::from(plan.size.size().get()) * i128::from(start.market(market).unwrap().price.price.get());
        let worse = if plan.size.get() > 0 { plan.notional.get() - index } else { index - plan.notional.get() };
        assert_eq!(worse, plan.fill.charge.get());

        let (then, state) = (&start.accounts()[account], self.account(account));
        let (was, is) = (reference::maintenance(start, then), reference::maintenance(&self.exchange, state));
        assert_eq!(i128::from(plan.after.equity.get()), is.equity);
        assert_eq!(i128::from(plan.after.margin.get()), is.margin);
        if !plan.opened.is_zero() {
            let health = reference::adverse(&self.exchange, state);
            assert!(health.equity >= health.margin, "an increase left {health:?}");
            for (slot, position) in state.occupied().filter(|(_, position)| !position.debt.is_zero()) {
                // But for what the order's own fee leaves.
                let new = slot == plan.ledger.slot && then.positions[slot].debt.is_zero();
                assert!(new && position.debt <= plan.fill.fee, "an increase left a debt");
            }
            let [then, now] = [start, &self.exchange].map(|exchange| means(exchange, market));
            let no_worse =
                now.stress_loss <= then.stress_loss && now.surplus - now.stress_loss >= then.surplus - then.stress_loss;
            assert!(now.surplus >= now.stress_loss || no_worse, "{then:?} became {now:?}");
        } else if !plan.ledger.position.size.is_zero() {
            assert!(is.equity >= 0);
            assert!(is.equity * was.margin >= was.equity * is.margin, "a reduction took {was:?} to {is:?}");
        } else if pays_everybody(&self.exchange, market) {
            // A whole close costs at most its cap, and realizing rounds by less than an atom. Where the market owes more
            // than it has, the profit's claim may count for less besides.
            assert!((is.equity + 1) * was.margin >= was.equity * is.margin, "a close took {was:?} to {is:?}");
        }
    }

    /// What is collected of a fee is cash: all of it, unless a claim or a debt takes its place.
    fn check_fee(&self, start: &Exchange, account: usize, market: u16, plan: &TradePlan) {
        let [was, is] = [start.market(market).unwrap(), self.market(market)].map(|market| market.ledger.counters);
        let (fee, collected) = (plan.fill.fee.get(), is.fees.get() - was.fees.get());
        assert!(collected <= fee);
        let share = u64::from(self.market(market).parameters.protocol_share.get());
        assert_eq!(is.protocol_fees.get() - was.protocol_fees.get(), collected * share / PPM);
        let claim = start.accounts()[account].positions[plan.ledger.slot].claim;
        if claim.is_zero() && plan.realized <= SignedAtoms::ZERO && plan.ledger.position.debt.is_zero() {
            assert_eq!(collected, fee);
        }
    }

    pub fn liquidate(
        &mut self,
        by: usize,
        account: usize,
        market: u16,
        max_size: u64,
    ) -> Result<LiquidationPlan, EngineError> {
        let reading = self.reading(market);
        let order = LiquidationOrder { max_size: Size::new(max_size), min_bounty: Atoms::ZERO };
        let liquidate = |exchange: &mut Exchange| exchange.liquidate(by, account, market, &order, Some(&reading));
        let (before, plan) = self.attempt(liquidate)?;
        self.check_liquidation(&settled(&before, account, market, &reading), account, market, &plan);
        let [was, is] = [&before, &self.exchange].map(|exchange| exchange.accounts()[by].balance.get());
        assert_eq!(is - was, plan.penalty.bounty.get());
        self.tally.liquidation(by, account, market, &plan);
        let whole = plan.ledger.position.size.is_zero();
        self.finish(&before, if whole { Kind::LiquidateWhole } else { Kind::LiquidatePart });
        Ok(plan)
    }

    fn check_liquidation(&self, start: &Exchange, account: usize, market: u16, plan: &LiquidationPlan) {
        let was = reference::maintenance(start, &start.accounts()[account]);
        let is = reference::maintenance(&self.exchange, self.account(account));
        assert!(was.equity < was.margin, "a healthy account was liquidated: {was:?}");
        assert_eq!(i128::from(plan.after.equity.get()), is.equity);
        assert_eq!(i128::from(plan.after.margin.get()), is.margin);

        let then = start.accounts()[account].positions[plan.ledger.slot].size;
        let now = plan.ledger.position.size;
        assert!(now.size() < then.size());
        assert!(now.is_zero() || now.side() == then.side());
        assert_eq!(then.size().get() - now.size().get(), plan.closed.get());
        let state = self.market(market);
        let price = i128::from(state.price.price.get());
        if !now.is_zero() {
            let (was, is) = (plan.before, plan.after);
            assert!(is.surplus() >= was.surplus(), "a partial liquidation did not help: {was:?} became {is:?}");
            let left = i128::from(now.size().get()) * price / X40_PER_ATOM;
            assert!(left >= i128::from(state.parameters.minimum_position.get()), "{left} atoms are left");
        }
        let penalty = plan.penalty;
        assert_eq!(
            penalty.bounty.get() + penalty.insurance.get() + penalty.backing.get(),
            penalty.collected.get(),
            "the parts of the penalty do not add up"
        );
        assert!(penalty.collected <= penalty.charged);
        // At most the equity that the close found, and what it left.
        let closed = posted(start, account, market, |ledger| {
            assert_eq!(ledger.reduce(plan.closed, plan.notional), Ok(plan.realized));
        });
        let left = reference::maintenance(&closed, &closed.accounts()[account]);
        let closed_value = i128::from(plan.closed.get()) * price / X40_PER_ATOM;
        let nominal = closed_value * i128::from(state.parameters.penalty.get()) / i128::from(PPM);
        assert_eq!(i128::from(penalty.charged.get()), nominal.min(was.equity).min(left.equity).max(0));
    }
}

/// The exchange with the reading taken in, the position's funding settled and its claim redeemed: what a trade or a
/// liquidation starts from. Neither lowers the account's equity by an atom, so that nobody is pushed over an edge by it; only
/// where the market owes more than it has can it lower what the rest counts for. There others are refused to settle, and a
/// liquidation judges the account before as well.
fn settled(before: &Exchange, account: usize, market: u16, reading: &OracleReading) -> Exchange {
    let refreshed = World::refreshed(before, market, Some(reading));
    if refreshed.accounts()[account].slot_of(market).is_none() {
        return refreshed;
    }
    let settled = posted(&refreshed, account, market, |ledger| {
        ledger.settle().unwrap();
    });
    if pays_everybody(&refreshed, market) {
        let [was, is] = [&refreshed, &settled].map(|it| reference::maintenance(it, &it.accounts()[account]));
        assert!(is.equity >= was.equity - 1, "settling funding took {was:?} to {is:?}");
    }
    settled
}

/// The exchange with postings on one slot and its market, which is up to date.
fn posted(exchange: &Exchange, account: usize, market: u16, postings: impl FnOnce(&mut Ledger)) -> Exchange {
    let mut after = exchange.clone();
    let (mut holder, mut state) = (exchange.accounts()[account], *exchange.market(market).unwrap());
    let mut ready = state.refresh(None, &exchange.session()).unwrap();
    let mut ledger = Ledger::open(&holder, &ready).unwrap();
    postings(&mut ledger);
    ledger.apply(&mut holder, &mut ready);
    after.put_account(account, holder).unwrap();
    after.put_market(state);
    after
}

/// Whether the market has what it owes: full coverage.
pub fn pays_everybody(exchange: &Exchange, market: u16) -> bool {
    let means = means(exchange, market);
    means.assets >= means.liabilities
}

fn means(exchange: &Exchange, market: u16) -> reference::Means {
    let state = exchange.market(market).unwrap();
    reference::means(&state.ledger, &state.parameters, i128::from(state.price.price.get()))
}

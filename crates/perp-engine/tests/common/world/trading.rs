//! Trading.

use super::*;

impl World {
    /// A market order without a price bound.
    pub fn trade(&mut self, account: usize, market: usize, size: i64) -> Result<TradePlan, EngineError> {
        self.order(account, market, Order { size: Base::new(size), price_bound: Price::ZERO, reduce_only: false })
    }

    /// Closes the whole position.
    pub fn close(&mut self, account: usize, market: usize) -> Result<TradePlan, EngineError> {
        let size = self.accounts[account]
            .slot_of(u16::try_from(market).unwrap())
            .map_or(0, |slot| self.accounts[account].positions[slot].size.get());
        self.order(account, market, Order { size: Base::new(-size), price_bound: Price::ZERO, reduce_only: true })
    }

    pub fn order(&mut self, account: usize, market: usize, order: Order) -> Result<TradePlan, EngineError> {
        self.instruction(|world| {
            world.bring_up_to_date(market)?;
            let state = world.accounts[account];
            let touched = world.markets[market];
            let others = world.others(&state, Some(market));
            let portfolio = Portfolio::new(&state, Some(&touched), &others, world.clock)?;
            let plan = plan_trade(&portfolio, &touched, &order, world.status(), world.clock)?;
            let before = world.touched(account, market, plan.slot)?;
            plan.ledger.apply(plan.slot, &mut world.accounts[account], &mut world.markets[market]);
            world.check_trade(&before, account, market, &plan);
            let verb = match (plan.closed.is_zero(), plan.opened.is_zero()) {
                (false, false) => Verb::Flip,
                (true, _) if state.positions[plan.slot].size.is_zero() => Verb::Open,
                (true, _) => Verb::Increase,
                _ if plan.ledger.position.size.is_zero() => Verb::Close,
                _ => Verb::Reduce,
            };
            Ok((verb, plan))
        })
    }

    /// The exchange with the position's funding settled and its claim redeemed: what a trade or a liquidation starts
    /// from. Neither lowers the account's equity by an atom, so that nobody is pushed over an edge by it; only where the
    /// market owes more than it has can it lower what the rest counts for. There others are refused to settle, and a
    /// liquidation judges the account before as well.
    pub(super) fn touched(&self, account: usize, market: usize, slot: usize) -> Result<Self, EngineError> {
        let mut world = self.clone();
        let state = &self.accounts[account];
        let position = state.positions[slot];
        if !position.is_occupied() {
            return Ok(world);
        }
        let mut ledger = Ledger { balance: state.balance, position, books: self.markets[market].books };
        ledger.settle()?;
        ledger.apply(slot, &mut world.accounts[account], &mut world.markets[market]);
        let (was, is) = (reference::maintenance(self, state), reference::maintenance(&world, &world.accounts[account]));
        if world.pays_everybody(market) {
            assert!(is.equity >= was.equity - 1, "settling funding took {was:?} to {is:?}");
        }
        Ok(world)
    }

    /// Whether the market has what it owes: `h = 1`.
    pub fn pays_everybody(&self, market: usize) -> bool {
        let state = &self.markets[market];
        let means = reference::means(&state.books, &state.parameters, i128::from(state.price.price.get()));
        means.available >= means.owed
    }

    pub(super) fn check_trade(&self, before: &Self, account: usize, market: usize, plan: &TradePlan) {
        // Fills are at best the index.
        assert!(plan.fill.charge.get() >= 0);
        let index = i128::from(plan.size.size().get()) * i128::from(before.markets[market].price.price.get());
        let worse = if plan.size.get() > 0 { plan.notional.get() - index } else { index - plan.notional.get() };
        assert_eq!(worse, plan.fill.charge.get());

        let state = &self.accounts[account];
        let (was, is) =
            (reference::maintenance(before, &before.accounts[account]), reference::maintenance(self, state));
        assert_eq!(i128::from(plan.after.equity.get()), is.equity);
        assert_eq!(i128::from(plan.after.margin.get()), is.margin);
        if !plan.opened.is_zero() {
            let health = reference::adverse(self, state);
            assert!(health.equity >= health.margin, "an increase left {health:?}");
            assert!(state.debt().is_none(), "an increase left a debt");
            let means = |world: &Self| {
                let market = &world.markets[market];
                reference::means(&market.books, &market.parameters, i128::from(market.price.price.get()))
            };
            let (then, now) = (means(before), means(self));
            let no_worse = now.need <= then.need && now.spare - now.need >= then.spare - then.need;
            assert!(now.spare >= now.need || no_worse, "{then:?} became {now:?}");
        } else if !plan.ledger.position.size.is_zero() {
            assert!(is.equity >= 0);
            assert!(is.equity * was.margin >= was.equity * is.margin, "a reduction took {was:?} to {is:?}");
        } else if self.pays_everybody(market) {
            // A whole close costs at most its cap, and realising rounds by less than an atom. Where the market owes more
            // than it has, the profit's claim may count for less besides.
            assert!((is.equity + 1) * was.margin >= was.equity * is.margin, "a close took {was:?} to {is:?}");
        }
    }

    pub fn liquidate(
        &mut self,
        by: usize,
        account: usize,
        market: usize,
        max_size: u64,
    ) -> Result<LiquidationPlan, EngineError> {
        self.instruction(|world| {
            assert_ne!(by, account, "the program refuses it");
            world.bring_up_to_date(market)?;
            let state = world.accounts[account];
            let touched = world.markets[market];
            let others = world.others(&state, Some(market));
            let portfolio = Portfolio::new(&state, Some(&touched), &others, world.clock)?;
            let order = LiquidationOrder { max_size: Size::new(max_size), min_bounty: Atoms::ZERO };
            let plan = plan_liquidation(&portfolio, &touched, order, world.status(), world.clock)?;
            let before = world.touched(account, market, plan.slot)?;
            plan.ledger.apply(plan.slot, &mut world.accounts[account], &mut world.markets[market]);
            world.accounts[by].balance = world.accounts[by].balance.plus(plan.penalty.bounty)?;
            world.check_liquidation(&before, account, market, &plan);
            let whole = plan.ledger.position.size.is_zero();
            Ok((if whole { Verb::LiquidateWhole } else { Verb::LiquidatePart }, plan))
        })
    }

    pub(super) fn check_liquidation(&self, before: &Self, account: usize, market: usize, plan: &LiquidationPlan) {
        let (was, is) = (
            reference::maintenance(before, &before.accounts[account]),
            reference::maintenance(self, &self.accounts[account]),
        );
        assert!(was.equity < was.margin, "a healthy account was liquidated: {was:?}");
        assert_eq!(i128::from(plan.after.equity.get()), is.equity);
        assert_eq!(i128::from(plan.after.margin.get()), is.margin);

        let then = before.accounts[account].positions[plan.slot].size;
        let now = plan.ledger.position.size;
        assert!(now.size() < then.size());
        assert!(now.is_zero() || now.side() == then.side());
        assert_eq!(then.size().get() - now.size().get(), plan.closed.get());
        if !now.is_zero() {
            let (was, is) = (plan.before, plan.after);
            assert!(is.surplus() >= was.surplus(), "a partial liquidation did not help: {was:?} became {is:?}");
            let parameters = &self.markets[market].parameters;
            let price = i128::from(self.markets[market].price.price.get());
            let left = reference::floor_div(i128::from(now.size().get()) * price, 1 << 40);
            assert!(left >= i128::from(parameters.minimum_position.get()), "{left} atoms are left");
        }
        let penalty = plan.penalty;
        assert_eq!(
            penalty.bounty.get() + penalty.insurance.get() + penalty.backing.get(),
            penalty.collected.get(),
            "the parts of the penalty do not add up"
        );
        assert!(penalty.collected <= penalty.charged);
        assert!(i128::from(penalty.charged.get()) <= i128::from(plan.before.equity.get()).max(0));
    }
}

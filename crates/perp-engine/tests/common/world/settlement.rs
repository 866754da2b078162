//! Settlement.

use super::*;

impl World {
    pub(super) fn settled(&mut self, account: usize, market: usize, plan: &SettlementPlan) {
        plan.ledger.apply(plan.slot, &mut self.accounts[account], &mut self.markets[market]);
    }

    /// What the account is owed in total may fall by rounding alone, below `allowed` atoms, and never rises.
    pub(super) fn check_face_equity(&self, before: &Self, account: usize, allowed: i128) {
        let change = reference::face_equity_raw(self, &self.accounts[account])
            - reference::face_equity_raw(before, &before.accounts[account]);
        assert!(change <= 0 && change > -(allowed << 40), "settling changed equity by {change} raw");
    }

    /// Nobody lowers another's equity by settling for him, but for an atom that a leg's rounding may take in either world.
    fn check_equity_kept(&self, before: &Self, account: usize) {
        let [was, is] = [before, self].map(|world| reference::maintenance(world, &world.accounts[account]));
        assert!(is.equity >= was.equity - 2, "settling took {was:?} to {is:?}");
    }

    pub fn settle_funding(&mut self, account: usize, market: usize) -> Result<SettlementPlan, EngineError> {
        self.instruction(|world| {
            world.bring_up_to_date(market)?;
            let plan =
                plan_settle_funding(&world.accounts[account], &world.markets[market], world.status(), world.clock)?;
            let before = world.clone();
            world.settled(account, market, &plan);
            world.check_face_equity(&before, account, 1);
            world.check_equity_kept(&before, account);
            Ok((Verb::SettleFunding, plan))
        })
    }

    pub fn settle_pnl(&mut self, account: usize, market: usize) -> Result<SettlementPlan, EngineError> {
        self.instruction(|world| {
            world.bring_up_to_date(market)?;
            let plan = plan_settle_pnl(&world.accounts[account], &world.markets[market], world.status(), world.clock)?;
            let before = world.clone();
            world.settled(account, market, &plan);
            world.check_face_equity(&before, account, 1);
            world.check_equity_kept(&before, account);
            Ok((if plan.profit.is_negative() { Verb::SettleLoss } else { Verb::SettleProfit }, plan))
        })
    }

    pub fn fund_claims(&mut self, market: usize) -> Result<Atoms, EngineError> {
        self.instruction(|world| {
            let plan = plan_fund_claims(&world.markets[market])?;
            world.markets[market].books = plan.books;
            Ok((Verb::FundClaims, plan.funded))
        })
    }

    pub fn redeem_claim(&mut self, account: usize, market: usize) -> Result<SettlementPlan, EngineError> {
        self.instruction(|world| {
            let plan = plan_redeem_claim(&world.accounts[account], &world.markets[market])?;
            let before = world.clone();
            world.settled(account, market, &plan);
            world.check_face_equity(&before, account, 1);
            Ok((Verb::RedeemClaim, plan))
        })
    }

    pub fn resolve_bankruptcy(&mut self, account: usize, market: usize) -> Result<BankruptcyPlan, EngineError> {
        self.instruction(|world| {
            let before = world.clone();
            let mut bankruptcy =
                begin_bankruptcy(&world.accounts[account], &world.markets[market], world.status(), world.clock)?;
            for slot in 0..world.accounts[account].positions.len() {
                let position = world.accounts[account].positions[slot];
                if slot == bankruptcy.slot || !position.is_occupied() {
                    continue;
                }
                let other = usize::from(position.market);
                let set_off = bankruptcy.set_off(&position, &world.markets[other])?;
                world.markets[other].books = set_off.books;
                world.accounts[account].positions[slot] = set_off.position.or_freed();
            }
            let plan = bankruptcy.finish(&world.pool, world.clock)?;
            plan.ledger.apply(plan.slot, &mut world.accounts[account], &mut world.markets[market]);
            world.pool = plan.pool;
            world.check_bankruptcy(&before, account, market, &plan);
            Ok((Verb::ResolveBankruptcy, plan))
        })
    }

    pub(super) fn check_bankruptcy(&self, before: &Self, account: usize, market: usize, plan: &BankruptcyPlan) {
        let sum = [
            plan.paid_by_balance,
            plan.paid_by_claims,
            plan.paid_by_insurance,
            plan.paid_by_shared_insurance,
            plan.written_off,
        ];
        assert_eq!(sum.iter().map(|part| part.get()).sum::<u64>(), plan.debt.get());
        let equity = reference::face_equity_raw(before, &before.accounts[account]);
        assert!(equity < 0);
        let draw = self.markets[market].books.shared_draw;
        let share = u64::from(self.pool.parameters.shared_draw_share.get());
        assert!(draw.drawn.get() <= draw.insurance_at_start.get() * share / PPM);
    }
}

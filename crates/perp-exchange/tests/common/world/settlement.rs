//! Settlement, claims and bankruptcy.

use super::*;
use crate::common::reference::Touched;

impl World {
    pub fn settle_funding(&mut self, account: usize, market: u16) -> Result<FundingSettlementPlan, EngineError> {
        let (before, plan) = self.attempt(|exchange| exchange.settle_funding(account, market))?;
        let start = Self::refreshed(&before, market, None);
        self.check_face_equity(&start, account, 0);
        self.check_equity_kept(&start, account, market);
        self.tally.settlement(account, market, SignedAtoms::ZERO, plan.settled.funding);
        self.finish(&before, Kind::SettleFunding);
        Ok(plan)
    }

    pub fn settle_pnl(&mut self, account: usize, market: u16) -> Result<PnlSettlementPlan, EngineError> {
        let reading = self.reading(market);
        let settle = |exchange: &mut Exchange| exchange.settle_pnl(account, market, Some(&reading), None);
        let (before, plan) = self.attempt_with(market, &reading, settle)?;
        let start = Self::refreshed(&before, market, Some(&reading));
        self.check_face_equity(&start, account, 0);
        self.check_equity_kept(&start, account, market);
        self.tally.settlement(account, market, plan.profit, plan.settled.funding);
        self.finish(&before, if plan.profit.is_negative() { Kind::SettleLoss } else { Kind::SettleProfit });
        Ok(plan)
    }

    /// The same for `keeper`, who is paid a basis point of the cash that moves in the last six seconds before a boundary, once in ten minutes a
    /// position, as far as requests have paid for it.
    pub fn settle_pnl_for(
        &mut self,
        keeper: usize,
        account: usize,
        market: u16,
    ) -> Result<PnlSettlementPlan, EngineError> {
        let reading = self.reading(market);
        let settle = |exchange: &mut Exchange| exchange.settle_pnl(account, market, Some(&reading), Some(keeper));
        let (before, plan) = self.attempt_with(market, &reading, settle)?;
        let start = Self::refreshed(&before, market, Some(&reading));
        self.check_face_equity(&start, account, 0);
        self.check_equity_kept(&start, account, market);
        self.tally.settlement(account, market, plan.profit, plan.settled.funding);

        let (now, boundary) = (before.clock.now, before.state.boundary.get());
        let held = before.accounts()[account].positions[before.accounts()[account].slot_of(market).unwrap()];
        let lately = !held.settlement_paid_at.is_never() && now.seconds_since(held.settlement_paid_at).unwrap() < 600;
        let kept = self.market(market).at_boundary.boundary.get() == boundary;
        let soon = (boundary - 6..boundary).contains(&now.get()) && !kept;
        let [had, has] = [start.market(market).unwrap(), self.market(market)].map(|it| it.ledger.backing.get());
        let moved = had.abs_diff(has);
        let fee = if soon && !lately { moved / 10_000 } else { 0 };
        let reward = fee.min(before.pool.settling.get());
        let [was, is] =
            [&before, &self.exchange].map(|it| (it.accounts()[keeper].balance.get(), it.pool.settling.get()));
        assert_eq!((is.0 - was.0, was.1 - is.1), (reward, reward));
        let paid_at = |exchange: &Exchange| {
            let state = &exchange.accounts()[account];
            state.slot_of(market).map(|slot| state.positions[slot].settlement_paid_at)
        };
        assert!(reward == 0 || paid_at(&self.exchange) == Some(now));
        let kind = if plan.profit.is_negative() { Kind::SettleLoss } else { Kind::SettleProfit };
        self.finish(&before, if reward > 0 { Kind::SettleForPay } else { kind });
        Ok(plan)
    }

    pub fn fund_claims(&mut self, market: u16) -> Result<Atoms, EngineError> {
        let (before, funded) = self.attempt(|exchange| exchange.fund_claims(market))?;
        self.finish(&before, Kind::FundClaims);
        Ok(funded)
    }

    pub fn redeem_claim(&mut self, account: usize, market: u16) -> Result<RedemptionPlan, EngineError> {
        let (before, plan) = self.attempt(|exchange| exchange.redeem_claim(account, market))?;
        self.check_face_equity(&before, account, 0);
        self.finish(&before, Kind::RedeemClaim);
        Ok(plan)
    }

    /// The owner gives the claim up: worth its face less what was funded of it, and nobody else has less by it.
    pub fn waive_claim(&mut self, account: usize, market: u16) -> Result<WaiverPlan, EngineError> {
        let (before, plan) = self.attempt(|exchange| exchange.waive_claim(account, market))?;
        let slot = before.accounts()[account].slot_of(market).unwrap();
        let claim = before.accounts()[account].positions[slot].claim.get();
        assert_eq!(plan.redeemed.get() + plan.waived.get(), claim);
        assert_eq!(self.account(account).positions[slot].claim, Atoms::ZERO);
        self.check_face_equity(&before, account, plan.waived.get());
        assert!(reference::pool_value_x40(&self.exchange) >= reference::pool_value_x40(&before));
        self.finish(&before, Kind::WaiveClaim);
        Ok(plan)
    }

    pub fn resolve_bankruptcy(&mut self, account: usize, market: u16) -> Result<BankruptcyPlan, EngineError> {
        let (before, plan) = self.attempt(|exchange| exchange.resolve_bankruptcy(account, market))?;
        self.check_bankruptcy(&before, account, market, &plan);
        self.finish(&before, Kind::ResolveBankruptcy);
        Ok(plan)
    }

    /// What the account is owed in total falls by what it gave up and by rounding, less than an atom, and never rises.
    fn check_face_equity(&self, before: &Exchange, account: usize, given_up: u64) {
        let [was, is] = [before, &self.exchange].map(|it| reference::face_equity_x40(it, &it.accounts()[account]));
        let change = is - was + (i128::from(given_up) << 40);
        assert!(change <= 0 && change > -X40_PER_ATOM, "settling changed equity by {change} · 2^-40 atoms");
    }

    /// Nobody lowers another's equity by settling for him, but for an atom that a leg's rounding may take in either world.
    ///
    /// A market that pays nobody now does not stand for what a leg would gain at the better end of its range: that counts as far as it
    /// cancels a loss, and settling takes the loss. There the leg is looked at where it was settled.
    fn check_equity_kept(&self, before: &Exchange, account: usize, market: u16) {
        let ledger = &before.market(market).unwrap().ledger;
        let pays_nobody = ledger.is_short() || ledger.claims > ledger.claims_reserve;
        let touched = if pays_nobody { Touched::AtItsPrice(market) } else { Touched::Nowhere };
        let [was, is] = [before, &self.exchange].map(|it| reference::judged(it, &it.accounts()[account], touched));
        // What insurances are owed out of claims is no equity either, once there is cash for it.
        let [owed, still_owed] = [before, &self.exchange].map(|it| reference::recoverable_x40(&it.accounts()[account]));
        let recovered = (owed - still_owed) / X40_PER_ATOM;
        assert!(is.gross().equity >= was.gross().equity - recovered - 2, "settling took {was:?} to {is:?}");
        let surplus = |it: &reference::Standing| it.demanded().equity - it.demanded().margin;
        assert!(surplus(&is) >= surplus(&was) - recovered - 2, "settling took {was:?} to {is:?}");
    }

    fn check_bankruptcy(&self, before: &Exchange, account: usize, market: u16, plan: &BankruptcyPlan) {
        let parts = [plan.paid_by_balance, plan.paid_by_insurance, plan.paid_by_shared_insurance, plan.written_off];
        assert_eq!(parts.iter().map(|part| part.get()).sum::<u64>(), plan.debt.get());
        // Only cash counts, and what positions may come to whose oracles are dead: less than all debts, whatever is claimed elsewhere.
        let start = Self::refreshed(before, market, None);
        let promised = reference::promised_by_dead(&start, &start.accounts()[account], Touched::InRange(market));
        let (then, now) = (&before.accounts()[account], self.account(account));
        let sum = |of: fn(&Position) -> Atoms| then.occupied().map(|(_, it)| of(it).get()).sum::<u64>();
        assert!(i128::from(then.balance.get()) + promised < sum(|it| it.debt).into(), "{then:?} can pay");
        // Each pays only once those before it have nothing left.
        let (was, is) = (before.market(market).unwrap(), self.market(market));
        let [balance, own, shared, lost] = parts.map(|part| !part.is_zero());
        assert!(!own || now.balance.is_zero());
        assert!(!(shared || lost) || is.ledger.insurance.is_zero());
        if lost {
            let (pool, drawn) = (&self.exchange.pool, is.ledger.shared_drawn);
            let share = u64::from(pool.parameters.shared_draw_share.get());
            let within = pool.shared_draw.insurance_at_start.get() * share / PPM;
            let none_left = pool.insurance.is_zero() || pool.shared_draw.drawn.get() == within;
            assert!(none_left || drawn == is.parameters.shared_draw_limit, "written off beside {pool:?}");
        }
        assert!(balance || plan.paid_by_balance == then.balance);
        assert_eq!(is.ledger.written_off.get() - was.ledger.written_off.get(), plan.written_off.get());
        let drawn = is.ledger.shared_drawn.get() - was.ledger.shared_drawn.get();
        assert_eq!(drawn, plan.paid_by_shared_insurance.get());
        // Claims without cash and what a dead oracle may yet come to are still there, and what others paid is owed out of them.
        let owed = plan.debt.get() - plan.paid_by_balance.get();
        let claims = sum(|it| it.claim).saturating_sub(sum(|it| it.recoverable));
        assert_eq!(i128::from(plan.recoverable.get()), i128::from(owed).min(i128::from(claims) + promised));
        for (slot, position) in then.occupied() {
            if position.market != market {
                assert_eq!(now.positions[slot], *position, "another market's slot changed");
            } else if now.positions[slot].is_occupied() {
                let recoverable = now.positions[slot].recoverable.get() - position.recoverable.get();
                assert_eq!((recoverable, now.positions[slot].claim), (plan.recoverable.get(), position.claim));
            }
        }
    }
}

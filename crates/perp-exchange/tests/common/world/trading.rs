//! Trading and liquidation.

use super::*;
use crate::common::reference::{Seen, Standing, Touched};
use perp_engine::operations::position::LiquidationReason;

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
        let (before, plan) =
            self.attempt_with(market, &reading, |exchange| exchange.trade(account, market, &order, Some(&reading)))?;
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
        let touched = Touched::AtItsPrice(market);
        let [stood, stands] =
            [(start, then), (&self.exchange, state)].map(|(it, holder)| reference::standing(it, holder, touched));
        let [was, is] = [&stood, &stands].map(Standing::gross);
        if !plan.opened.is_zero() {
            let health = reference::adverse(&self.exchange, state, Some(market));
            check_health(plan.after, health);
            assert!(health.equity >= health.margin, "an increase left {health:?}");
            for (slot, position) in state.occupied().filter(|(_, position)| !position.owed().is_zero()) {
                // But for what the order's own fee leaves.
                let new = slot == plan.ledger.slot && then.positions[slot].owed().is_zero();
                assert!(new && position.owed() <= plan.fill.fee, "an increase left a debt");
            }
            let [then, now] = [start, &self.exchange].map(|exchange| means(exchange, market));
            let no_worse =
                now.stress_loss <= then.stress_loss && now.surplus - now.stress_loss >= then.surplus - then.stress_loss;
            assert!(now.surplus >= now.stress_loss || no_worse, "{then:?} became {now:?}");
            return;
        }
        check_health(plan.after, is);
        assert!(was.equity >= 0);
        if !plan.ledger.position.size.is_zero() {
            assert!(is.equity >= 0);
            assert!(is.equity * was.margin >= was.equity * is.margin, "a reduction took {was:?} to {is:?}");
            // Nobody is liquidated for a hedge that he takes away.
            let held = &then.positions[plan.ledger.slot];
            if stood.sides(held, start.market(market).unwrap()).is_some() {
                let [was, is] = [&stood, &stands].map(Standing::demanded);
                let kept = !is.is_below_margin() || is.equity * was.margin >= was.equity * is.margin;
                assert!(kept, "a reduction took {was:?} to {is:?}");
            }
        } else {
            // A whole close costs at most its cap, and realizing rounds by less than an atom.
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
        let (before, plan) = self.attempt_with(market, &reading, liquidate)?;
        let judged = Self::refreshed(&before, market, Some(&reading));
        let start = settled(&before, account, market, &reading);
        if plan.reason == LiquidationReason::Settlement {
            self.check_settled_close(&start, account, market, &plan);
        } else if plan.closed.is_zero() {
            self.check_settlement(&judged, &start, account, market, &plan);
        } else {
            self.check_liquidation(&judged, &start, account, market, &plan);
        }
        let [was, is] = [&before, &self.exchange].map(|exchange| exchange.accounts()[by].balance.get());
        assert_eq!(is - was, plan.penalty.bounty.get());
        self.tally.liquidation(by, account, market, &plan);
        let kind = match (plan.closed.is_zero(), plan.ledger.position.size.is_zero()) {
            _ if plan.reason == LiquidationReason::Settlement => Kind::CloseSettled,
            (true, _) => Kind::LiquidateSettling,
            (false, true) => Kind::LiquidateWhole,
            (false, false) => Kind::LiquidatePart,
        };
        self.finish(&before, kind);
        Ok(plan)
    }

    /// In a market that has ended anybody's position is closed whole at the final price, a day after the move, for no penalty and
    /// the least bounty.
    fn check_settled_close(&self, start: &Exchange, account: usize, market: u16, plan: &LiquidationPlan) {
        let state = self.market(market);
        let settlement = state.settlement;
        assert!(settlement.has_begun() && start.clock.now.get() >= settlement.moved_at.get() + 86_400);
        assert!(plan.ledger.position.size.is_zero());
        let exact = i128::from(plan.closed.get()) * i128::from(settlement.price.get());
        assert_eq!(plan.notional.get(), exact);
        assert_eq!([plan.penalty.charged, plan.penalty.insurance, plan.penalty.backing], [Atoms::ZERO; 3]);
        self.check_least_bounty(market, plan, exact / X40_PER_ATOM, 0, 0);
        let face = |it: &Exchange| reference::face_equity_x40(it, &it.accounts()[account]);
        let lost = face(start) - face(&self.exchange);
        assert!((0..X40_PER_ATOM).contains(&lost), "closing took {lost} · 2^-40 atoms");
    }

    /// An account that only lacks what its markets have not paid is paid: nothing is closed, and the caller gets a basis point
    /// of what became cash.
    fn check_settlement(
        &self,
        judged: &Exchange,
        start: &Exchange,
        account: usize,
        market: u16,
        plan: &LiquidationPlan,
    ) {
        let touched = Touched::InRange(market);
        let was = judged_standing(judged, account, touched);
        assert!(!was.demanded().is_below_margin(), "nothing was closed of {was:?}");
        assert!(was.on_cash().is_below_margin(), "a settlement nobody needs was paid for: {was:?}");
        let then = judged_standing(start, account, touched).demanded();
        let now = judged_standing(&self.exchange, account, touched).demanded();
        check_health(plan.before, then);
        check_health(plan.after, now);
        // What it owes insurances out of its claims they get of the cash, which was equity as long as nobody had paid it.
        let [owed, owes] = [start, &self.exchange].map(|it| reference::recoverable_x40(&it.accounts()[account]));
        assert!(!now.is_below_margin() || owes < owed, "being paid took {then:?} to {now:?}");

        assert_eq!(plan.notional.get(), 0);
        let slot = plan.ledger.slot;
        let [was, is] = [start, &self.exchange].map(|it| it.accounts()[account].positions[slot]);
        assert_eq!(was.size, is.size);
        let paid = u64::try_from(plan.realized.get()).unwrap();
        assert!(paid > 0);
        let (penalty, now) = (plan.penalty, start.clock.now);
        assert_eq!([penalty.charged, penalty.collected], [penalty.bounty; 2]);
        assert!(penalty.insurance.is_zero() && penalty.backing.is_zero() && penalty.added.is_zero());
        let lately = !was.settlement_paid_at.is_never() && now.seconds_since(was.settlement_paid_at).unwrap() < 600;
        let spare = (then.equity - then.margin).max(0);
        let fee = if lately { 0 } else { i128::from(paid / 10_000).min(spare) };
        let cash = self.account(account).balance.get() + penalty.bounty.get() + plan.settled.repaid.get();
        assert!(i128::from(penalty.bounty.get()) <= fee);
        assert!(i128::from(penalty.bounty.get()) == fee || penalty.bounty.get() + plan.settled.repaid.get() == cash);
        assert_eq!(is.settlement_paid_at, if penalty.bounty.is_zero() { was.settlement_paid_at } else { now });
    }

    fn check_liquidation(
        &self,
        judged: &Exchange,
        start: &Exchange,
        account: usize,
        market: u16,
        plan: &LiquidationPlan,
    ) {
        let see = |exchange: &Exchange, touched| {
            let seen = Seen::of(exchange, &exchange.accounts()[account], touched).judging();
            (seen, seen.without_graces())
        };
        let stands = |exchange: &Exchange, (graced, bare): (Seen, Seen), graces| {
            let seen = if graces { graced } else { bare };
            reference::standing_seen(exchange, &exchange.accounts()[account], &seen)
        };
        let demanded = |exchange, seen, graces| stands(exchange, seen, graces).demanded();
        // A grace protects whom the price before the silence keeps healthy, unless he has nothing left at the present one.
        let seen = see(judged, Touched::InRange(market));
        let graces = demanded(judged, seen, true).is_below_margin();
        let judging = demanded(judged, seen, graces);
        assert!(
            judging.is_below_margin() && (graces || judging.equity < 0),
            "a healthy account was liquidated: {judging:?}"
        );
        let touched = Touched::AtItsPrice(market);
        let range = if graces { seen.0 } else { seen.1 }.range(judged.market(market).unwrap());
        let was = if range.is_last_price() { judging } else { demanded(start, see(start, touched), graces) };
        check_health(plan.before, was);
        check_health(plan.after, demanded(&self.exchange, see(&self.exchange, touched), graces));
        let held = &start.accounts()[account].positions[plan.ledger.slot];
        let sides = stands(start, see(start, touched), graces).sides(held, start.market(market).unwrap());
        if let Some((own, other, frozen)) = sides {
            assert!(own >= other || frozen || was.equity <= 0, "a hedge was closed: {own} against {other}");
        }

        let then = start.accounts()[account].positions[plan.ledger.slot].size;
        let now = plan.ledger.position.size;
        assert!(now.size() < then.size());
        assert!(now.is_zero() || now.side() == then.side());
        assert_eq!(then.size().get() - now.size().get(), plan.closed.get());
        let state = self.market(market);
        let price = i128::from(state.price.price.get());
        if !now.is_zero() {
            let (was, is) = (plan.before, plan.after);
            // In a group that leaves it to the other side to follow.
            let helps = is.surplus() > was.surplus() || sides.is_some();
            assert!(helps, "a partial liquidation did not help: {was:?} became {is:?}");
            let left = i128::from(now.size().get()) * price / X40_PER_ATOM;
            assert!(left >= i128::from(state.parameters.minimum_position.get()), "{left} atoms are left");
        }
        let penalty = plan.penalty;
        assert_eq!(
            penalty.bounty.get() + penalty.insurance.get() + penalty.backing.get(),
            penalty.collected.get() + penalty.added.get(),
            "the parts of the penalty do not add up"
        );
        assert!(penalty.collected <= penalty.charged);
        let insurance = start.market(market).unwrap().ledger.insurance.get() + penalty.insurance.get();
        assert!(state.ledger.insurance.get() + penalty.added.get() >= insurance, "insurance paid more than was added");
        // At most the equity that the close found, and what it left.
        let closed = posted(start, account, market, |ledger| {
            assert_eq!(ledger.reduce(plan.closed, plan.notional), Ok(plan.realized));
        });
        let left = demanded(&closed, see(&closed, touched), graces);
        let closed_value = i128::from(plan.closed.get()) * price / X40_PER_ATOM;
        // Closing by liquidation costs no less than trading out would have, whoever gets the bounty.
        let ppm = i128::from(PPM);
        let spread = reference::ceil_div(reference::spread_at(state, 0) * ppm, price);
        let (penalty_rate, fee) = (state.parameters.penalty.get(), state.parameters.taker_fee.get());
        let impact = i128::from(state.parameters.impact_limit.get());
        let bounty = i128::from(penalty_rate) * i128::from(state.parameters.bounty_share_max.get());
        let own = spread + impact + i128::from(fee) + reference::ceil_div(bounty, ppm);
        let rate = i128::from(penalty_rate).max(own).min(ppm);
        let nominal = closed_value * rate / ppm;
        assert_eq!(i128::from(penalty.charged.get()), nominal.min(was.equity).min(left.equity).max(0));

        self.check_least_bounty(market, plan, closed_value, rate, nominal);
    }

    /// For the notional whose penalty was not paid the caller gets ten basis points, or what the fee that opened it left, as long as
    /// there is anything, and nothing for the rest.
    fn check_least_bounty(&self, market: u16, plan: &LiquidationPlan, closed: i128, rate: i128, nominal: i128) {
        let (ppm, state, penalty) = (i128::from(PPM), self.market(market), plan.penalty);
        let fee = i128::from(state.parameters.taker_fee_rebalancing.get());
        let kept = fee * (ppm - i128::from(state.parameters.protocol_share.get())) / ppm;
        let charged = i128::from(penalty.charged.get());
        let uncovered = (closed - reference::ceil_div(charged * ppm, rate.max(1))).max(0);
        let uncovered = if charged == nominal && nominal > 0 { 0 } else { uncovered };
        let (least, added) = (uncovered * kept.min(1_000) / ppm, i128::from(penalty.added.get()));
        // An old debt paid from the balance reaches the market after the bounty.
        let empty = state.ledger.insurance.get() + state.ledger.backing.get() == plan.settled.repaid.get();
        assert!(added == least || (empty && added < least), "{penalty:?} of {closed}, least {least}");
    }
}

fn standing(exchange: &Exchange, account: usize, touched: Touched) -> Standing {
    reference::standing(exchange, &exchange.accounts()[account], touched)
}

fn judged_standing(exchange: &Exchange, account: usize, touched: Touched) -> Standing {
    reference::judged(exchange, &exchange.accounts()[account], touched)
}

pub fn check_health(stated: perp_engine::risk::portfolio::Health, reference: reference::Health) {
    let stated = (i128::from(stated.equity.get()), i128::from(stated.margin.get()));
    assert_eq!(stated, (reference.equity, reference.margin));
}

/// The exchange with the reading taken in, the position's funding settled and its claim redeemed: what a trade or a
/// liquidation starts from. Neither lowers the account's equity by an atom, so that nobody is pushed over an edge by it.
fn settled(before: &Exchange, account: usize, market: u16, reading: &OracleReading) -> Exchange {
    let refreshed = World::refreshed(before, market, Some(reading));
    if refreshed.accounts()[account].slot_of(market).is_none() {
        return refreshed;
    }
    let settled = posted(&refreshed, account, market, |ledger| {
        ledger.settle().unwrap();
    });
    let [was, is] = [&refreshed, &settled].map(|it| standing(it, account, Touched::InRange(market)));
    assert!(is.gross().equity >= was.gross().equity - 1, "settling funding took {was:?} to {is:?}");
    let [was, is] = [&refreshed, &settled].map(|it| judged_standing(it, account, Touched::InRange(market)).demanded());
    assert!(is.equity - is.margin >= was.equity - was.margin - 1, "settling funding took {was:?} to {is:?}");
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

fn means(exchange: &Exchange, market: u16) -> reference::Means {
    let state = exchange.market(market).unwrap();
    reference::means(&state.ledger, &state.parameters, i128::from(state.price.price.get()))
}

//! What holds for every liquidation.

use super::*;
use crate::state::Parameters;
use proptest::prelude::*;

proptest! {
    /// Every allowed liquidation of one position: it helps, does not overshoot its target by more than rounding, and the
    /// parts of the penalty add up.
    #[test]
    fn a_liquidation_helps_and_never_overshoots(
        size in 400_000_000u64..1 << 50, short: bool, equity_ppm in 0u64..1_000_000, premium in 0u64..1 << 34,
        max_size in 1u64..1 << 51,
    ) {
        let parameters = Parameters { size_premium: premium, ..sol_parameters() };
        let mut market = Market { parameters, ..sol_market() };
        market.ledger.backing = Atoms::new(1 << 50);
        let side = if short { Side::Short } else { Side::Long };
        let entry = size / 4;
        set_side(&mut market, side, size, entry);
        let value = notional(Size::new(size), market.price.price).unwrap().to_atoms_ceil().unwrap();
        let margin = maintenance_margin_ceil(value, Ppm::ZERO, &parameters).unwrap().margin.get();
        let balance = u64::try_from(u128::from(margin) * u128::from(equity_ppm) / 1_000_000).unwrap();
        let mut account = Account { balance: Atoms::new(balance), ..Account::zeroed() };
        account.positions[0] = Position {
            size: Size::new(size).on(side).unwrap(),
            entry_notional: QuoteX40::new(i128::from(entry) * X40_PER_ATOM).into(),
            ..Position::empty_in(0)
        };
        let order = LiquidationOrder { max_size: Size::new(max_size), min_bounty: Atoms::ZERO };
        // A remainder of an atom in the entry may leave the account just at its margin.
        let Ok(plan) = liquidate(&account, &market, order) else { return Ok(()) };

        let left = plan.ledger.position.size;
        prop_assert!(left.is_zero() || left.side() == Some(side));
        prop_assert_eq!(left.size().get() + plan.closed.get(), size);
        if !left.is_zero() {
            prop_assert!(plan.after.surplus() >= plan.before.surplus());
            prop_assert!(plan.closed.get() <= max_size);
            let (equity, margin) = (i128::from(plan.after.equity.get()), i128::from(plan.after.margin.get()));
            // The fraction is a whole number of ppm: a step of it moves the margin by 10^-6 of the position.
            let rounding = i128::from(value.get()) * 2 / 1_000_000 + 4;
            prop_assert!(equity * 4 <= margin * 5 + rounding * 5, "{equity} against {margin}");
        }
        let penalty = plan.penalty;
        let parts = penalty.bounty.get() + penalty.insurance.get() + penalty.backing.get();
        prop_assert_eq!(parts, penalty.collected.get() + penalty.added.get());
        prop_assert!(penalty.charged <= plan.before.equity.positive_part());
        prop_assert!((penalty.bounty.get() - penalty.added.get()) * 2 <= penalty.charged.get());
        // What is closed pays at least the smaller fee less the protocol's tenth, 180 ppm, whole or in part; what the market adds is
        // that of the notional of which the equity did not pay the penalty of 1 %.
        let closed = plan.notional.to_atoms_floor().unwrap();
        let nominal = share_floor(closed, Ppm::new(10_000)).unwrap();
        let covers = penalty.charged == nominal && !nominal.is_zero();
        let uncovered = if covers { 0 } else { closed.get().saturating_sub(penalty.charged.get() * 100) };
        prop_assert_eq!(penalty.added, share_floor(Atoms::new(uncovered), Ppm::new(180)).unwrap());
        prop_assert!(penalty.bounty.get() + 2 >= share_floor(closed, Ppm::new(180)).unwrap().get());
    }
}

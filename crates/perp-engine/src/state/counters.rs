//! Lifetime counters: what a market, an account and a position have seen so far.
//!
//! No rule reads them. They say without an indexer what history consists of, and they show that something happened where a
//! log was cut off. A counter wraps around instead of stopping an operation: the difference of two readings is right all
//! the same.

use crate::units::{Atoms, QuoteX40, SignedAtoms, StoredQuoteX40};
use bytemuck::{Pod, Zeroable};

/// What a market has seen. The backing's side of it is what the pool's yield consists of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct MarketCounters {
    /// Σ notional of fills at the index, in 2^-40 atoms.
    pub volume: StoredQuoteX40,
    /// Σ notional closed by liquidations, in 2^-40 atoms.
    pub liquidated: StoredQuoteX40,
    /// Σ what the spread added to traders' costs, in 2^-40 atoms. It lies in their entry notional until they close.
    pub spread: StoredQuoteX40,
    /// Σ what the impact added to traders' costs, in 2^-40 atoms. It lies in their entry notional until they close.
    pub impact: StoredQuoteX40,
    /// Σ funding that payers owe beyond what receivers are owed, in 2^-40 atoms: what the backing keeps.
    pub funding: StoredQuoteX40,
    /// Σ carry that both sides owe the backing, in 2^-40 atoms.
    pub carry: StoredQuoteX40,
    /// Σ traders' realized profit, negative for a loss, in atoms. The backing's result is the opposite.
    pub traders_result: SignedAtoms,
    /// Σ fees collected, the protocol's part included, in atoms.
    pub fees: Atoms,
    /// Σ the protocol's part of fees, in atoms.
    pub protocol_fees: Atoms,
    /// Σ penalties that stayed in the backing, in atoms.
    pub penalties: Atoms,
    /// Σ penalties that went to the market's insurance, in atoms.
    pub penalties_to_insurance: Atoms,
    /// Σ bounties paid to liquidators, in atoms.
    pub bounties: Atoms,
    /// Fills so far.
    pub trades: u64,
    /// Liquidations so far.
    pub liquidations: u64,
    /// Zero; room for what is added later.
    pub reserved: [u64; 8],
}

/// What a margin account has seen, in atoms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct AccountCounters {
    /// Σ deposits.
    pub deposited: Atoms,
    /// Σ withdrawals.
    pub withdrawn: Atoms,
    /// Σ realized profit, negative for a loss.
    pub realized: SignedAtoms,
    /// Σ funding received, negative where paid.
    pub funding: SignedAtoms,
    /// Σ fees charged.
    pub fees: Atoms,
    /// Σ penalties charged.
    pub penalties: Atoms,
    /// Σ bounties received for liquidating others.
    pub bounties: Atoms,
}

const _: () = assert!(core::mem::size_of::<MarketCounters>() == 6 * 16 + 8 * 8 + 64);
const _: () = assert!(core::mem::size_of::<AccountCounters>() == 56);

/// Adds to a counter in atoms.
pub(crate) fn count(counter: &mut Atoms, amount: Atoms) {
    *counter = Atoms::new(counter.get().wrapping_add(amount.get()));
}

/// Adds to a signed counter in atoms.
pub(crate) fn count_signed(counter: &mut SignedAtoms, amount: SignedAtoms) {
    *counter = SignedAtoms::new(counter.get().wrapping_add(amount.get()));
}

/// Adds to an exact counter.
pub(crate) fn count_exact(counter: &mut StoredQuoteX40, amount: QuoteX40) {
    *counter = QuoteX40::new(counter.get().get().wrapping_add(amount.get())).into();
}

/// Adds one to a counter.
pub(crate) fn count_one(counter: &mut u64) {
    *counter = counter.wrapping_add(1);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_add_up_with_their_signs() {
        let mut counters = MarketCounters::default();
        count(&mut counters.fees, Atoms::new(3));
        count(&mut counters.fees, Atoms::new(4));
        count_signed(&mut counters.traders_result, SignedAtoms::new(-9));
        count_signed(&mut counters.traders_result, SignedAtoms::new(2));
        count_exact(&mut counters.funding, QuoteX40::new(-5));
        count_exact(&mut counters.funding, QuoteX40::new(1 << 100));
        count_one(&mut counters.trades);
        let expected = MarketCounters {
            fees: Atoms::new(7),
            traders_result: SignedAtoms::new(-7),
            funding: QuoteX40::new((1 << 100) - 5).into(),
            trades: 1,
            ..MarketCounters::default()
        };
        assert_eq!(counters, expected);
    }

    #[test]
    fn a_counter_at_its_end_goes_on_and_differences_stay_right() {
        // Five before the end and eight more: the difference of the readings is eight.
        let mut atoms = Atoms::new(u64::MAX - 5);
        count(&mut atoms, Atoms::new(8));
        assert_eq!(atoms.get().wrapping_sub(u64::MAX - 5), 8);
        let mut signed = SignedAtoms::new(i64::MAX - 5);
        count_signed(&mut signed, SignedAtoms::new(8));
        assert_eq!(signed.get().wrapping_sub(i64::MAX - 5), 8);
        let mut exact = StoredQuoteX40::from(QuoteX40::new(i128::MIN + 5));
        count_exact(&mut exact, QuoteX40::new(-8));
        assert_eq!(exact.get().get().wrapping_sub(i128::MIN + 5), -8);
        let mut one = u64::MAX;
        count_one(&mut one);
        assert_eq!(one, 0);
    }
}

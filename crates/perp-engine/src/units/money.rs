use super::{MAX_ATOMS, X40_BITS, X40_PER_ATOM};
use crate::error::EngineError;
#[cfg(feature = "idl-build")]
use anchor_lang::{AnchorDeserialize, AnchorSerialize};
#[cfg(not(feature = "idl-build"))]
use borsh::{BorshDeserialize, BorshSerialize};
use bytemuck::{Pod, Zeroable};

/// Quote token atoms, never negative. Range 0 ..= 2^62.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(AnchorSerialize, AnchorDeserialize))]
#[cfg_attr(not(feature = "idl-build"), derive(BorshSerialize, BorshDeserialize))]
#[repr(transparent)]
pub struct Atoms(u64);

impl Atoms {
    /// No atom.
    pub const ZERO: Self = Self(0);

    /// That many atoms; where they come from outside, [`Self::in_range`] checks them.
    pub const fn new(atoms: u64) -> Self {
        Self(atoms)
    }

    /// The number of atoms.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// Whether there is none.
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// # Errors
    /// [`EngineError::Overflow`] above 2^62 atoms.
    pub fn checked_add(self, other: Self) -> Result<Self, EngineError> {
        match self.0.checked_add(other.0) {
            Some(sum) if sum <= MAX_ATOMS => Ok(Self(sum)),
            _ => Err(EngineError::Overflow),
        }
    }

    /// # Errors
    /// [`EngineError::Overflow`] below zero.
    pub fn checked_sub(self, other: Self) -> Result<Self, EngineError> {
        self.0.checked_sub(other.0).map(Self).ok_or(EngineError::Overflow)
    }

    /// `max(0, self − other)`: how much of `self` is above `other`.
    pub fn saturating_sub(self, other: Self) -> Self {
        self.0.checked_sub(other.0).map_or(Self::ZERO, Self)
    }

    /// The amount, where it is one: deserialization takes any number.
    ///
    /// # Errors
    /// [`EngineError::Overflow`] above 2^62 atoms.
    pub fn in_range(self) -> Result<Self, EngineError> {
        Self::ZERO.checked_add(self)
    }

    /// The same amount in 2^-40 atoms.
    ///
    /// # Errors
    /// [`EngineError::Overflow`] for no amount in range.
    pub fn to_x40(self) -> Result<QuoteX40, EngineError> {
        QuoteX40::from_atoms(i128::from(self.0))
    }

    /// The same amount with a sign.
    ///
    /// # Errors
    /// [`EngineError::Overflow`] above 2^63 − 1 atoms, for no amount in range.
    pub fn signed(self) -> Result<SignedAtoms, EngineError> {
        i64::try_from(self.0).map(SignedAtoms::new).map_err(|_| EngineError::Overflow)
    }
}

/// A signed amount of quote token atoms: a sum of amounts, which may exceed what any one of them can.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(AnchorSerialize, AnchorDeserialize))]
#[cfg_attr(not(feature = "idl-build"), derive(BorshSerialize, BorshDeserialize))]
#[repr(transparent)]
pub struct SignedAtoms(i64);

impl SignedAtoms {
    /// No atom.
    pub const ZERO: Self = Self(0);

    /// That many atoms.
    pub const fn new(atoms: i64) -> Self {
        Self(atoms)
    }

    /// The number of atoms.
    pub const fn get(self) -> i64 {
        self.0
    }

    /// # Errors
    /// [`EngineError::Overflow`] beyond 64 bits.
    pub fn checked_add(self, other: Self) -> Result<Self, EngineError> {
        self.0.checked_add(other.0).map(Self).ok_or(EngineError::Overflow)
    }

    /// # Errors
    /// [`EngineError::Overflow`] beyond 64 bits.
    pub fn checked_sub(self, other: Self) -> Result<Self, EngineError> {
        self.0.checked_sub(other.0).map(Self).ok_or(EngineError::Overflow)
    }

    /// # Errors
    /// [`EngineError::Overflow`] for −2^63.
    pub fn checked_neg(self) -> Result<Self, EngineError> {
        self.0.checked_neg().map(Self).ok_or(EngineError::Overflow)
    }

    /// `|self|`.
    pub const fn magnitude(self) -> Atoms {
        Atoms(self.0.unsigned_abs())
    }

    /// `max(0, self)`.
    pub fn positive_part(self) -> Atoms {
        Atoms(u64::try_from(self.0).unwrap_or(0))
    }

    /// Whether it is below zero.
    pub const fn is_negative(self) -> bool {
        self.0 < 0
    }
}

/// A signed amount in 2^-40 atoms: what sizes times prices and sums of them are measured in, exactly.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct QuoteX40(i128);

impl QuoteX40 {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// That many 2^-40 atoms.
    pub const fn new(raw: i128) -> Self {
        Self(raw)
    }

    /// The number of 2^-40 atoms.
    pub const fn get(self) -> i128 {
        self.0
    }

    /// # Errors
    /// [`EngineError::Overflow`] where the product leaves 127 bits.
    pub fn from_atoms(atoms: i128) -> Result<Self, EngineError> {
        // A shift, tested by shifting back: cheaper on chain than a checked 128-bit product.
        let raw = atoms << X40_BITS;
        if raw >> X40_BITS == atoms {
            Ok(Self(raw))
        } else {
            Err(EngineError::Overflow)
        }
    }

    /// # Errors
    /// [`EngineError::Overflow`] beyond 128 bits.
    pub fn checked_add(self, other: Self) -> Result<Self, EngineError> {
        self.0.checked_add(other.0).map(Self).ok_or(EngineError::Overflow)
    }

    /// # Errors
    /// [`EngineError::Overflow`] beyond 128 bits.
    pub fn checked_sub(self, other: Self) -> Result<Self, EngineError> {
        self.0.checked_sub(other.0).map(Self).ok_or(EngineError::Overflow)
    }

    /// # Errors
    /// [`EngineError::Overflow`] for −2^127.
    pub fn checked_neg(self) -> Result<Self, EngineError> {
        self.0.checked_neg().map(Self).ok_or(EngineError::Overflow)
    }

    /// `max(0, self)`.
    pub fn positive_part(self) -> Self {
        Self(self.0.max(0))
    }

    /// `max(0, −self)`.
    pub fn negative_part(self) -> Result<Self, EngineError> {
        Self(self.0.min(0)).checked_neg()
    }

    /// Whether it is below zero.
    pub const fn is_negative(self) -> bool {
        self.0 < 0
    }

    /// The amount in whole atoms, rounded towards plus infinity: what is owed against whoever owes it, and what is to be received
    /// against whoever receives it.
    ///
    /// # Errors
    /// [`EngineError::Overflow`] beyond 128 bits.
    pub fn whole_atoms_ceil(self) -> Result<Self, EngineError> {
        let above = self.0.checked_add(X40_PER_ATOM - 1).ok_or(EngineError::Overflow)?;
        Ok(Self(above & !(X40_PER_ATOM - 1)))
    }

    /// Whole atoms, rounded towards minus infinity.
    pub fn to_signed_atoms_floor(self) -> Result<SignedAtoms, EngineError> {
        // By halves, a third of what the range of 128 bits costs: the upper one holds the sign and what is shifted down of it.
        let StoredQuoteX40 { low, high } = self.into();
        let upper = high << (u64::BITS - X40_BITS);
        if upper >> (u64::BITS - X40_BITS) != high {
            return Err(EngineError::Overflow);
        }
        i64::try_from(low >> X40_BITS).map(|lower| SignedAtoms(upper | lower)).map_err(|_| EngineError::Overflow)
    }

    /// Whole atoms of a non-negative amount, rounded down.
    ///
    /// # Errors
    /// [`EngineError::Overflow`] for a negative amount or one above 2^62 atoms.
    pub fn to_atoms_floor(self) -> Result<Atoms, EngineError> {
        match u64::try_from(self.0 >> X40_BITS) {
            Ok(atoms) if atoms <= MAX_ATOMS => Ok(Atoms(atoms)),
            _ => Err(EngineError::Overflow),
        }
    }

    /// Whole atoms of a non-negative amount, rounded up.
    ///
    /// # Errors
    /// [`EngineError::Overflow`] for a negative amount or one above 2^62 atoms.
    pub fn to_atoms_ceil(self) -> Result<Atoms, EngineError> {
        if self.0 < 0 {
            return Err(EngineError::Overflow);
        }
        Self(self.0.checked_add(X40_PER_ATOM - 1).ok_or(EngineError::Overflow)?).to_atoms_floor()
    }
}

/// [`QuoteX40`] as it lies in an account: 16 bytes aligned to 8 on every target, unlike `i128`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct StoredQuoteX40 {
    low: u64,
    high: i64,
}

impl StoredQuoteX40 {
    /// Nothing.
    pub const ZERO: Self = Self { low: 0, high: 0 };

    /// The amount.
    pub fn get(self) -> QuoteX40 {
        QuoteX40((i128::from(self.high) << 64) | i128::from(self.low))
    }
}

impl From<QuoteX40> for StoredQuoteX40 {
    fn from(raw: QuoteX40) -> Self {
        bytemuck::cast(raw.0.to_le_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exact_amounts_round_down_towards_minus_infinity_and_up_towards_plus_infinity() {
        let three_halves = QuoteX40::new(X40_PER_ATOM + X40_PER_ATOM / 2);
        assert_eq!(three_halves.to_signed_atoms_floor(), Ok(SignedAtoms::new(1)));
        assert_eq!(three_halves.to_atoms_ceil(), Ok(Atoms::new(2)));
        assert_eq!(three_halves.checked_neg().unwrap().to_signed_atoms_floor(), Ok(SignedAtoms::new(-2)));
        assert_eq!(QuoteX40::new(-1).to_atoms_floor(), Err(EngineError::Overflow));
        assert_eq!(QuoteX40::new(-1).to_atoms_ceil(), Err(EngineError::Overflow));
    }

    #[test]
    fn signed_atoms_are_rounded_down_in_all_of_their_range() {
        let floor = |raw: i128| QuoteX40::new(raw).to_signed_atoms_floor();
        // The ends of 64 bits, and a unit of 2^-40 beyond each.
        let (least, most) = (i128::from(i64::MIN) << X40_BITS, ((i128::from(i64::MAX) + 1) << X40_BITS) - 1);
        assert_eq!((floor(least), floor(most)), (Ok(SignedAtoms::new(i64::MIN)), Ok(SignedAtoms::new(i64::MAX))));
        for refused in [least - 1, most + 1, i128::MIN, i128::MAX] {
            assert_eq!(floor(refused), Err(EngineError::Overflow));
        }
        assert_eq!(
            (floor(-1), floor(0), floor(1)),
            (Ok(SignedAtoms::new(-1)), Ok(SignedAtoms::ZERO), Ok(SignedAtoms::ZERO))
        );
        for bit in 0..103 {
            for raw in [1i128 << bit, (1 << bit) - 1, -(1 << bit), -(1 << bit) - 1] {
                assert_eq!(floor(raw), Ok(SignedAtoms::new(i64::try_from(raw >> X40_BITS).unwrap())));
            }
        }
    }

    #[test]
    fn an_amount_in_whole_atoms_is_rounded_up_whatever_its_sign() {
        let whole = |raw| QuoteX40::new(raw).whole_atoms_ceil();
        // 1.5 becomes 2, −1.5 becomes −1, and whole atoms stay.
        assert_eq!(whole(X40_PER_ATOM + X40_PER_ATOM / 2), Ok(QuoteX40::new(2 * X40_PER_ATOM)));
        assert_eq!(whole(-X40_PER_ATOM - X40_PER_ATOM / 2), Ok(QuoteX40::new(-X40_PER_ATOM)));
        for atoms in [0, 1, -1, 1 << 80, -(1 << 80)] {
            assert_eq!(whole(atoms * X40_PER_ATOM), Ok(QuoteX40::new(atoms * X40_PER_ATOM)));
        }
        assert_eq!((whole(1), whole(-1)), (Ok(QuoteX40::new(X40_PER_ATOM)), Ok(QuoteX40::ZERO)));
        assert_eq!(whole(i128::MAX), Err(EngineError::Overflow));
    }

    #[test]
    fn a_stored_amount_keeps_every_bit() {
        for amount in [0, 1, -1, i128::MAX, i128::MIN, 1 << 64, -(1 << 64), (1 << 64) - 1, -(1 << 63)] {
            assert_eq!(StoredQuoteX40::from(QuoteX40::new(amount)).get().get(), amount);
        }
    }

    #[test]
    fn atoms_stay_within_their_range() {
        assert_eq!(Atoms::new(MAX_ATOMS).checked_add(Atoms::new(1)), Err(EngineError::Overflow));
        assert_eq!(Atoms::new(1).checked_sub(Atoms::new(2)), Err(EngineError::Overflow));
        assert_eq!(Atoms::new(1).saturating_sub(Atoms::new(2)), Atoms::ZERO);
        assert_eq!(QuoteX40::from_atoms(i128::MAX), Err(EngineError::Overflow));
    }
}

use super::{MAX_ATOMS, RAW_BITS, RAW_PER_ATOM};
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
    pub const ZERO: Self = Self(0);

    pub const fn new(atoms: u64) -> Self {
        Self(atoms)
    }

    pub const fn get(self) -> u64 {
        self.0
    }

    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// # Errors
    /// [`EngineError::Overflow`] above 2^62 atoms.
    pub fn plus(self, other: Self) -> Result<Self, EngineError> {
        match self.0.checked_add(other.0) {
            Some(sum) if sum <= MAX_ATOMS => Ok(Self(sum)),
            _ => Err(EngineError::Overflow),
        }
    }

    /// # Errors
    /// [`EngineError::Overflow`] below zero.
    pub fn minus(self, other: Self) -> Result<Self, EngineError> {
        self.0.checked_sub(other.0).map(Self).ok_or(EngineError::Overflow)
    }

    /// `max(0, self − other)`: how much of `self` is above `other`.
    pub fn excess_over(self, other: Self) -> Self {
        self.0.checked_sub(other.0).map_or(Self::ZERO, Self)
    }

    /// The amount, where it is one: deserialisation takes any number.
    ///
    /// # Errors
    /// [`EngineError::Overflow`] above 2^62 atoms.
    pub fn in_range(self) -> Result<Self, EngineError> {
        Self::ZERO.plus(self)
    }

    pub fn raw(self) -> Result<Raw, EngineError> {
        Raw::from_atoms(i128::from(self.0))
    }

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
    pub const ZERO: Self = Self(0);

    pub const fn new(atoms: i64) -> Self {
        Self(atoms)
    }

    pub const fn get(self) -> i64 {
        self.0
    }

    pub fn plus(self, other: Self) -> Result<Self, EngineError> {
        self.0.checked_add(other.0).map(Self).ok_or(EngineError::Overflow)
    }

    pub fn minus(self, other: Self) -> Result<Self, EngineError> {
        self.0.checked_sub(other.0).map(Self).ok_or(EngineError::Overflow)
    }

    /// `max(0, self)`.
    pub fn positive_part(self) -> Atoms {
        Atoms(u64::try_from(self.0).unwrap_or(0))
    }

    pub const fn is_negative(self) -> bool {
        self.0 < 0
    }
}

/// A signed amount in 2^-40 atoms: what sizes times prices and sums of them are measured in, exactly.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Raw(i128);

impl Raw {
    pub const ZERO: Self = Self(0);

    pub const fn new(raw: i128) -> Self {
        Self(raw)
    }

    pub const fn get(self) -> i128 {
        self.0
    }

    /// # Errors
    /// [`EngineError::Overflow`] where the product leaves 127 bits.
    pub fn from_atoms(atoms: i128) -> Result<Self, EngineError> {
        // A shift, tested by shifting back: cheaper on chain than a checked 128-bit product.
        let raw = atoms << RAW_BITS;
        if raw >> RAW_BITS == atoms {
            Ok(Self(raw))
        } else {
            Err(EngineError::Overflow)
        }
    }

    pub fn plus(self, other: Self) -> Result<Self, EngineError> {
        self.0.checked_add(other.0).map(Self).ok_or(EngineError::Overflow)
    }

    pub fn minus(self, other: Self) -> Result<Self, EngineError> {
        self.0.checked_sub(other.0).map(Self).ok_or(EngineError::Overflow)
    }

    pub fn negated(self) -> Result<Self, EngineError> {
        self.0.checked_neg().map(Self).ok_or(EngineError::Overflow)
    }

    /// `max(0, self)`.
    pub fn positive_part(self) -> Self {
        Self(self.0.max(0))
    }

    /// `max(0, −self)`.
    pub fn negative_part(self) -> Result<Self, EngineError> {
        Self(self.0.min(0)).negated()
    }

    pub const fn is_negative(self) -> bool {
        self.0 < 0
    }

    /// Whole atoms, rounded towards minus infinity.
    pub fn atoms_floor(self) -> Result<SignedAtoms, EngineError> {
        i64::try_from(self.0 >> RAW_BITS).map(SignedAtoms).map_err(|_| EngineError::Overflow)
    }

    /// Whole atoms of a non-negative amount, rounded down.
    ///
    /// # Errors
    /// [`EngineError::Overflow`] for a negative amount or one above 2^62 atoms.
    pub fn amount_floor(self) -> Result<Atoms, EngineError> {
        match u64::try_from(self.0 >> RAW_BITS) {
            Ok(atoms) if atoms <= MAX_ATOMS => Ok(Atoms(atoms)),
            _ => Err(EngineError::Overflow),
        }
    }

    /// Whole atoms of a non-negative amount, rounded up.
    ///
    /// # Errors
    /// [`EngineError::Overflow`] for a negative amount or one above 2^62 atoms.
    pub fn amount_ceil(self) -> Result<Atoms, EngineError> {
        if self.0 < 0 {
            return Err(EngineError::Overflow);
        }
        Self(self.0.checked_add(RAW_PER_ATOM - 1).ok_or(EngineError::Overflow)?).amount_floor()
    }
}

/// [`Raw`] as it lies in an account: 16 bytes aligned to 8 on every target, unlike `i128`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct StoredRaw {
    low: u64,
    high: i64,
}

impl StoredRaw {
    pub const ZERO: Self = Self { low: 0, high: 0 };

    pub fn get(self) -> Raw {
        Raw((i128::from(self.high) << 64) | i128::from(self.low))
    }
}

impl From<Raw> for StoredRaw {
    fn from(raw: Raw) -> Self {
        bytemuck::cast(raw.0.to_le_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn raw_rounds_down_towards_minus_infinity_and_up_towards_plus_infinity() {
        let three_halves = Raw::new(RAW_PER_ATOM + RAW_PER_ATOM / 2);
        assert_eq!(three_halves.atoms_floor(), Ok(SignedAtoms::new(1)));
        assert_eq!(three_halves.amount_ceil(), Ok(Atoms::new(2)));
        assert_eq!(three_halves.negated().unwrap().atoms_floor(), Ok(SignedAtoms::new(-2)));
        assert_eq!(Raw::new(-1).amount_floor(), Err(EngineError::Overflow));
        assert_eq!(Raw::new(-1).amount_ceil(), Err(EngineError::Overflow));
    }

    #[test]
    fn stored_raw_keeps_every_bit() {
        for raw in [0, 1, -1, i128::MAX, i128::MIN, 1 << 64, -(1 << 64), (1 << 64) - 1, -(1 << 63)] {
            assert_eq!(StoredRaw::from(Raw::new(raw)).get().get(), raw);
        }
    }

    #[test]
    fn atoms_stay_within_their_range() {
        assert_eq!(Atoms::new(MAX_ATOMS).plus(Atoms::new(1)), Err(EngineError::Overflow));
        assert_eq!(Atoms::new(1).minus(Atoms::new(2)), Err(EngineError::Overflow));
        assert_eq!(Atoms::new(1).excess_over(Atoms::new(2)), Atoms::ZERO);
        assert_eq!(Raw::from_atoms(i128::MAX), Err(EngineError::Overflow));
    }
}

use super::{MAX_FUNDING_INDEX, MAX_PRICE, MAX_SIZE};
use crate::error::EngineError;
#[cfg(feature = "idl-build")]
use anchor_lang::{AnchorDeserialize, AnchorSerialize};
#[cfg(not(feature = "idl-build"))]
use borsh::{BorshDeserialize, BorshSerialize};
use bytemuck::{Pod, Zeroable};

/// Which way a position faces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Gains when the price rises.
    Long,
    /// Gains when the price falls.
    Short,
}

impl Side {
    /// Both sides, in the order in which pairs are stored.
    pub const BOTH: [Self; 2] = [Self::Long, Self::Short];

    /// The other side.
    pub const fn opposite(self) -> Self {
        match self {
            Self::Long => Self::Short,
            Self::Short => Self::Long,
        }
    }

    /// Where this side stands in a pair stored as `[long, short]`.
    pub const fn index(self) -> usize {
        match self {
            Self::Long => 0,
            Self::Short => 1,
        }
    }

    /// This side's of a pair stored as `[long, short]`.
    pub const fn of<T>(self, [long, short]: &[T; 2]) -> &T {
        match self {
            Self::Long => long,
            Self::Short => short,
        }
    }

    /// This side's of a pair stored as `[long, short]`, to be changed.
    pub fn of_mut<T>(self, [long, short]: &mut [T; 2]) -> &mut T {
        match self {
            Self::Long => long,
            Self::Short => short,
        }
    }
}

/// Base units without a sign. Range 0 ..= 2^57.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(AnchorSerialize, AnchorDeserialize))]
#[cfg_attr(not(feature = "idl-build"), derive(BorshSerialize, BorshDeserialize))]
#[repr(transparent)]
pub struct Size(u64);

impl Size {
    /// No base unit.
    pub const ZERO: Self = Self(0);

    /// That many base units.
    pub const fn new(size: u64) -> Self {
        Self(size)
    }

    /// The number of base units.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// Whether there is none.
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// # Errors
    /// [`EngineError::Overflow`] above 2^57 base units.
    pub fn checked_add(self, other: Self) -> Result<Self, EngineError> {
        match self.0.checked_add(other.0) {
            Some(sum) if sum <= MAX_SIZE => Ok(Self(sum)),
            _ => Err(EngineError::Overflow),
        }
    }

    /// # Errors
    /// [`EngineError::Overflow`] below zero.
    pub fn checked_sub(self, other: Self) -> Result<Self, EngineError> {
        self.0.checked_sub(other.0).map(Self).ok_or(EngineError::Overflow)
    }

    /// `max(0, self − other)`.
    pub fn saturating_sub(self, other: Self) -> Self {
        self.0.checked_sub(other.0).map_or(Self::ZERO, Self)
    }

    /// # Errors
    /// [`EngineError::SizeOutOfRange`] above 2^57 base units.
    pub fn on(self, side: Side) -> Result<SignedSize, EngineError> {
        let size = i64::try_from(self.0).map_err(|_| EngineError::SizeOutOfRange)?;
        if self.0 > MAX_SIZE {
            return Err(EngineError::SizeOutOfRange);
        }
        Ok(SignedSize(match side {
            Side::Long => size,
            Side::Short => size.checked_neg().ok_or(EngineError::SizeOutOfRange)?,
        }))
    }
}

/// Base units, positive for long and negative for short. Range −2^57 ..= 2^57.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(AnchorSerialize, AnchorDeserialize))]
#[cfg_attr(not(feature = "idl-build"), derive(BorshSerialize, BorshDeserialize))]
#[repr(transparent)]
pub struct SignedSize(i64);

impl SignedSize {
    /// No base unit.
    pub const ZERO: Self = Self(0);

    /// That many base units, positive for long.
    pub const fn new(base: i64) -> Self {
        Self(base)
    }

    /// The number of base units, positive for long.
    pub const fn get(self) -> i64 {
        self.0
    }

    /// Whether there is none.
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// The size without its sign.
    pub const fn size(self) -> Size {
        Size(self.0.unsigned_abs())
    }

    /// `None` at zero.
    pub const fn side(self) -> Option<Side> {
        match self.0 {
            0 => None,
            1.. => Some(Side::Long),
            _ => Some(Side::Short),
        }
    }

    /// # Errors
    /// [`EngineError::SizeOutOfRange`] beyond ±2^57 base units.
    pub fn checked_add(self, other: Self) -> Result<Self, EngineError> {
        match self.0.checked_add(other.0) {
            Some(sum) if sum.unsigned_abs() <= MAX_SIZE => Ok(Self(sum)),
            _ => Err(EngineError::SizeOutOfRange),
        }
    }
}

/// QuoteX40 quote per base unit. Range 1 ..= 2^50; zero stands for "no price yet".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(AnchorSerialize, AnchorDeserialize))]
#[cfg_attr(not(feature = "idl-build"), derive(BorshSerialize, BorshDeserialize))]
#[repr(transparent)]
pub struct Price(u64);

impl Price {
    /// No price yet.
    pub const ZERO: Self = Self(0);

    /// That many 2^-40 atoms per base unit; [`Self::checked`] where they come from outside.
    pub const fn new(price: u64) -> Self {
        Self(price)
    }

    /// 2^-40 atoms per base unit.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// # Errors
    /// [`EngineError::PriceOutOfRange`] outside 1 ..= 2^50.
    pub fn checked(price: u64) -> Result<Self, EngineError> {
        if price == 0 || price > MAX_PRICE {
            return Err(EngineError::PriceOutOfRange);
        }
        Ok(Self(price))
    }

    /// # Errors
    /// [`EngineError::PriceOutOfRange`] above 2^50.
    pub fn checked_add(self, other: Self) -> Result<Self, EngineError> {
        Self::checked(self.0.checked_add(other.0).ok_or(EngineError::PriceOutOfRange)?)
    }

    /// # Errors
    /// [`EngineError::PriceOutOfRange`] at or below zero.
    pub fn checked_sub(self, other: Self) -> Result<Self, EngineError> {
        Self::checked(self.0.checked_sub(other.0).ok_or(EngineError::PriceOutOfRange)?)
    }
}

/// Cumulative funding owed per base unit of one side, in 2^-40 atoms; grows when that side pays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(AnchorSerialize, AnchorDeserialize))]
#[cfg_attr(not(feature = "idl-build"), derive(BorshSerialize, BorshDeserialize))]
#[repr(transparent)]
pub struct FundingIndex(i64);

impl FundingIndex {
    /// That many 2^-40 atoms per base unit.
    pub const fn new(index: i64) -> Self {
        Self(index)
    }

    /// 2^-40 atoms per base unit.
    pub const fn get(self) -> i64 {
        self.0
    }

    /// # Errors
    /// [`EngineError::Overflow`] above 2^63 − 1.
    pub(crate) fn from_units(units: u64) -> Result<Self, EngineError> {
        i64::try_from(units).map(Self).map_err(|_| EngineError::Overflow)
    }

    /// # Errors
    /// [`EngineError::Overflow`] beyond ±2^60.
    pub fn checked_add(self, other: Self) -> Result<Self, EngineError> {
        match self.0.checked_add(other.0) {
            Some(sum) if sum.unsigned_abs() <= MAX_FUNDING_INDEX.unsigned_abs() => Ok(Self(sum)),
            _ => Err(EngineError::Overflow),
        }
    }

    /// The change from one index to another, which may be twice as far as an index.
    ///
    /// # Errors
    /// [`EngineError::Overflow`] for no two indices in range.
    pub fn checked_sub(self, other: Self) -> Result<Self, EngineError> {
        self.0.checked_sub(other.0).map(Self).ok_or(EngineError::Overflow)
    }

    /// # Errors
    /// [`EngineError::Overflow`] for −2^63, which no change of an index is.
    pub fn checked_neg(self) -> Result<Self, EngineError> {
        self.0.checked_neg().map(Self).ok_or(EngineError::Overflow)
    }
}

/// Parts per million.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(AnchorSerialize, AnchorDeserialize))]
#[cfg_attr(not(feature = "idl-build"), derive(BorshSerialize, BorshDeserialize))]
#[repr(transparent)]
pub struct Ppm(u32);

impl Ppm {
    /// None of it.
    pub const ZERO: Self = Self(0);
    /// All of it.
    pub const ONE: Self = Self(1_000_000);

    /// That many millionths.
    pub const fn new(ppm: u32) -> Self {
        Self(ppm)
    }

    /// The number of millionths.
    pub const fn get(self) -> u32 {
        self.0
    }

    /// The same number in the width products are formed in.
    pub fn wide(self) -> u64 {
        u64::from(self.0)
    }
}

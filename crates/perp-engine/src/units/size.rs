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
    Long,
    Short,
}

impl Side {
    pub const BOTH: [Self; 2] = [Self::Long, Self::Short];

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
}

/// Base units without a sign. Range 0 ..= 2^57.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(AnchorSerialize, AnchorDeserialize))]
#[cfg_attr(not(feature = "idl-build"), derive(BorshSerialize, BorshDeserialize))]
#[repr(transparent)]
pub struct Size(u64);

impl Size {
    pub const ZERO: Self = Self(0);

    pub const fn new(size: u64) -> Self {
        Self(size)
    }

    pub const fn get(self) -> u64 {
        self.0
    }

    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// # Errors
    /// [`EngineError::Overflow`] above 2^57 base units.
    pub fn plus(self, other: Self) -> Result<Self, EngineError> {
        match self.0.checked_add(other.0) {
            Some(sum) if sum <= MAX_SIZE => Ok(Self(sum)),
            _ => Err(EngineError::Overflow),
        }
    }

    /// # Errors
    /// [`EngineError::Overflow`] below zero.
    pub fn minus(self, other: Self) -> Result<Self, EngineError> {
        self.0.checked_sub(other.0).map(Self).ok_or(EngineError::Overflow)
    }

    /// `max(0, self − other)`.
    pub fn excess_over(self, other: Self) -> Self {
        self.0.checked_sub(other.0).map_or(Self::ZERO, Self)
    }

    /// # Errors
    /// [`EngineError::SizeOutOfRange`] above 2^57 base units.
    pub fn on(self, side: Side) -> Result<Base, EngineError> {
        let size = i64::try_from(self.0).map_err(|_| EngineError::SizeOutOfRange)?;
        if self.0 > MAX_SIZE {
            return Err(EngineError::SizeOutOfRange);
        }
        Ok(Base(match side {
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
pub struct Base(i64);

impl Base {
    pub const ZERO: Self = Self(0);

    pub const fn new(base: i64) -> Self {
        Self(base)
    }

    pub const fn get(self) -> i64 {
        self.0
    }

    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

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
    pub fn plus(self, other: Self) -> Result<Self, EngineError> {
        match self.0.checked_add(other.0) {
            Some(sum) if sum.unsigned_abs() <= MAX_SIZE => Ok(Self(sum)),
            _ => Err(EngineError::SizeOutOfRange),
        }
    }
}

/// Raw quote per base unit. Range 1 ..= 2^50; zero stands for "no price yet".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(AnchorSerialize, AnchorDeserialize))]
#[cfg_attr(not(feature = "idl-build"), derive(BorshSerialize, BorshDeserialize))]
#[repr(transparent)]
pub struct Price(u64);

impl Price {
    pub const ZERO: Self = Self(0);

    pub const fn new(price: u64) -> Self {
        Self(price)
    }

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
    pub fn plus(self, other: Self) -> Result<Self, EngineError> {
        Self::checked(self.0.checked_add(other.0).ok_or(EngineError::PriceOutOfRange)?)
    }

    /// # Errors
    /// [`EngineError::PriceOutOfRange`] at or below zero.
    pub fn minus(self, other: Self) -> Result<Self, EngineError> {
        Self::checked(self.0.checked_sub(other.0).ok_or(EngineError::PriceOutOfRange)?)
    }
}

/// Cumulative funding owed per base unit of one side, in raw; grows when that side pays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(AnchorSerialize, AnchorDeserialize))]
#[cfg_attr(not(feature = "idl-build"), derive(BorshSerialize, BorshDeserialize))]
#[repr(transparent)]
pub struct FundingIndex(i64);

impl FundingIndex {
    pub const fn new(index: i64) -> Self {
        Self(index)
    }

    pub const fn get(self) -> i64 {
        self.0
    }

    /// # Errors
    /// [`EngineError::Overflow`] beyond ±2^60.
    pub fn plus(self, other: Self) -> Result<Self, EngineError> {
        match self.0.checked_add(other.0) {
            Some(sum) if sum.unsigned_abs() <= MAX_FUNDING_INDEX.unsigned_abs() => Ok(Self(sum)),
            _ => Err(EngineError::Overflow),
        }
    }

    pub fn minus(self, other: Self) -> Result<Self, EngineError> {
        self.0.checked_sub(other.0).map(Self).ok_or(EngineError::Overflow)
    }

    pub fn negated(self) -> Result<Self, EngineError> {
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
    pub const ZERO: Self = Self(0);
    pub const ONE: Self = Self(1_000_000);

    pub const fn new(ppm: u32) -> Self {
        Self(ppm)
    }

    pub const fn get(self) -> u32 {
        self.0
    }

    /// The same number in the width products are formed in.
    pub fn wide(self) -> u64 {
        u64::from(self.0)
    }
}

use super::{MarketLedger, PriceAverages, PriceCache, SecondPrice};
use crate::error::EngineError;
use crate::units::{Atoms, Ppm, Price, Timestamp};
#[cfg(feature = "idl-build")]
use anchor_lang::{AnchorDeserialize, AnchorSerialize};
#[cfg(not(feature = "idl-build"))]
use borsh::{BorshDeserialize, BorshSerialize};
use bytemuck::{Pod, Zeroable};

#[cfg(test)]
mod tests;

/// What a liquidity request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "idl-build", derive(AnchorSerialize, AnchorDeserialize))]
#[cfg_attr(not(feature = "idl-build"), derive(BorshSerialize, BorshDeserialize))]
#[borsh(use_discriminant = false)]
#[repr(u8)]
pub enum RequestKind {
    /// Tokens in, shares out.
    Deposit = 0,
    /// Shares in, tokens out.
    Withdrawal = 1,
}

/// How far the share price may have moved against a request, from the epoch closed before the one it belongs to, or it is returned.
/// There are a few, so that what is accepted is known from as many sums.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "idl-build", derive(AnchorSerialize, AnchorDeserialize))]
#[cfg_attr(not(feature = "idl-build"), derive(BorshSerialize, BorshDeserialize))]
#[borsh(use_discriminant = false)]
#[repr(u8)]
pub enum PriceLimit {
    /// Any price.
    #[default]
    None = 0,
    /// At most one percent.
    OnePercent = 1,
    /// At most two percent.
    TwoPercent = 2,
    /// At most five percent.
    FivePercent = 3,
    /// At most ten percent.
    TenPercent = 4,
}

/// How many limits there are.
pub const PRICE_LIMITS: usize = 5;

impl PriceLimit {
    /// Every limit, each at the place of its number.
    pub const ALL: [Self; PRICE_LIMITS] =
        [Self::None, Self::OnePercent, Self::TwoPercent, Self::FivePercent, Self::TenPercent];

    /// The limit of this number.
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number)).copied()
    }

    /// The part of the price it may have moved; none where any.
    pub const fn part(self) -> Option<Ppm> {
        match self {
            Self::None => None,
            Self::OnePercent => Some(Ppm::new(10_000)),
            Self::TwoPercent => Some(Ppm::new(20_000)),
            Self::FivePercent => Some(Ppm::new(50_000)),
            Self::TenPercent => Some(Ppm::new(100_000)),
        }
    }

    /// Its place among [`PriceLimit::ALL`].
    pub const fn index(self) -> usize {
        self as usize
    }
}

/// Tokens or shares waiting to enter or leave the pool.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct Request {
    /// Tokens of a deposit or shares of a withdrawal.
    pub amount: Atoms,
    /// It belongs to the first boundary that the exchange waits for at or after this.
    pub belongs_from: Timestamp,
    /// [`PriceLimit`] as a byte.
    pub limit: u8,
    /// Zero; aligns what follows.
    pub padding: [u8; 7],
    /// Zero; room for what is added later.
    pub reserved: [u64; 4],
}

/// Requests of one kind by their limits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct RequestSums {
    /// Σ of the amounts under each limit.
    pub amounts: [Atoms; PRICE_LIMITS],
    /// How many requests there are under each.
    pub requests: [u32; PRICE_LIMITS],
    /// Zero; aligns what follows.
    pub padding: u32,
}

impl RequestSums {
    /// One request.
    pub fn one(limit: PriceLimit, amount: Atoms) -> Self {
        let mut sums = Self::default();
        if let (Some(sum), Some(count)) = (sums.amounts.get_mut(limit.index()), sums.requests.get_mut(limit.index())) {
            (*sum, *count) = (amount, 1);
        }
        sums
    }

    /// Both together, limit by limit.
    pub fn checked_add(mut self, other: &Self) -> Result<Self, EngineError> {
        for (sum, more) in self.amounts.iter_mut().zip(other.amounts) {
            *sum = sum.checked_add(more)?;
        }
        for (count, more) in self.requests.iter_mut().zip(other.requests) {
            *count = count.checked_add(more).ok_or(EngineError::Overflow)?;
        }
        Ok(self)
    }

    /// Σ of the amounts under those limits.
    pub fn amount_of(&self, limits: LimitSet) -> Result<Atoms, EngineError> {
        let chosen = PriceLimit::ALL.iter().zip(self.amounts).filter(|(limit, _)| limits.contains(**limit));
        chosen.map(|(_, amount)| amount).try_fold(Atoms::ZERO, Atoms::checked_add)
    }

    /// Those under these limits alone.
    pub fn only(mut self, limits: LimitSet) -> Self {
        for (limit, (sum, count)) in PriceLimit::ALL.iter().zip(self.amounts.iter_mut().zip(self.requests.iter_mut())) {
            if !limits.contains(*limit) {
                (*sum, *count) = (Atoms::ZERO, 0);
            }
        }
        self
    }

    /// How many requests there are.
    pub fn count(&self) -> Result<u32, EngineError> {
        self.requests.iter().try_fold(0u32, |sum, count| sum.checked_add(*count)).ok_or(EngineError::Overflow)
    }
}

/// Some of the limits, a bit each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(transparent)]
pub struct LimitSet(u8);

impl LimitSet {
    /// Those for which `holds` does.
    pub fn where_each(holds: impl Fn(PriceLimit) -> bool) -> Self {
        Self(PriceLimit::ALL.iter().filter(|limit| holds(**limit)).fold(0, |bits, limit| bits | 1 << limit.index()))
    }

    /// Whether the limit is one of them.
    pub const fn contains(self, limit: PriceLimit) -> bool {
        self.0 & 1 << limit.index() != 0
    }

    /// The bits.
    pub const fn get(self) -> u8 {
        self.0
    }
}

/// The requests of one boundary.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct Waiting {
    /// The first boundary they can belong to; zero where there are none.
    pub boundary: Timestamp,
    /// Lamports they have paid for its valuation.
    pub lamports: u64,
    /// Deposits.
    pub deposits: RequestSums,
    /// Withdrawals.
    pub withdrawals: RequestSums,
}

impl Waiting {
    /// One request.
    pub fn one(request: &Request, kind: RequestKind, boundary: Timestamp, lamports: u64) -> Self {
        let sums = RequestSums::one(request.price_limit(), request.amount);
        let none = RequestSums::default();
        let (deposits, withdrawals) = match kind {
            RequestKind::Deposit => (sums, none),
            RequestKind::Withdrawal => (none, sums),
        };
        Self { boundary, lamports, deposits, withdrawals }
    }

    /// Both together, at the boundary of `self`.
    pub fn checked_add(self, other: &Self) -> Result<Self, EngineError> {
        Ok(Self {
            boundary: self.boundary,
            lamports: self.lamports.checked_add(other.lamports).ok_or(EngineError::Overflow)?,
            deposits: self.deposits.checked_add(&other.deposits)?,
            withdrawals: self.withdrawals.checked_add(&other.withdrawals)?,
        })
    }
}

impl Request {
    /// The limit, as it is named.
    pub fn price_limit(&self) -> PriceLimit {
        PriceLimit::from_number(self.limit).unwrap_or_default()
    }
}

/// Boundaries ahead at which requests can wait at a time.
pub const QUEUE_BOUNDARIES: usize = 32;

/// Every request that waits for a boundary, in sums.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct Queue {
    /// Each at the place of its boundary.
    pub waiting: [Waiting; QUEUE_BOUNDARIES],
}

impl Default for Queue {
    fn default() -> Self {
        Self::zeroed()
    }
}

impl Queue {
    /// The earliest boundary that anybody waits for.
    pub fn earliest(&self) -> Option<Timestamp> {
        self.waiting.iter().map(|waiting| waiting.boundary).filter(|boundary| !boundary.is_never()).min()
    }

    /// Adds requests at the place of their boundary, `epoch` seconds being from one to the next. What is found there of a boundary
    /// long past has `next` before it as the first it can belong to.
    ///
    /// # Errors
    /// [`EngineError::Overflow`].
    pub fn add(&mut self, more: &Waiting, next: Timestamp, epoch: u32) -> Result<(), EngineError> {
        let place = self.place(more.boundary, epoch)?;
        let found = *place;
        if !found.boundary.is_never() && found.boundary != more.boundary {
            *place = Waiting::default();
            self.merge(&Waiting { boundary: next, ..found }, epoch)?;
        }
        self.merge(more, epoch)
    }

    fn merge(&mut self, more: &Waiting, epoch: u32) -> Result<(), EngineError> {
        let place = self.place(more.boundary, epoch)?;
        *place = more.checked_add(place)?;
        Ok(())
    }

    fn place(&mut self, boundary: Timestamp, epoch: u32) -> Result<&mut Waiting, EngineError> {
        let number = u64::try_from(boundary.get()).ok().and_then(|seconds| seconds.checked_div(u64::from(epoch)));
        let place = number.and_then(|number| number.checked_rem(32)).and_then(|place| usize::try_from(place).ok());
        place.and_then(|place| self.waiting.get_mut(place)).ok_or(EngineError::Overflow)
    }

    /// Takes out what belongs to this boundary.
    ///
    /// # Errors
    /// [`EngineError::Overflow`].
    pub fn take(&mut self, boundary: Timestamp) -> Result<Waiting, EngineError> {
        let mut taken = Waiting { boundary, ..Waiting::default() };
        for waiting in self.waiting.iter_mut().filter(|waiting| !waiting.boundary.is_never()) {
            if waiting.boundary <= boundary {
                taken = taken.checked_add(waiting)?;
                *waiting = Waiting::default();
            }
        }
        Ok(taken)
    }
}

/// The pool as it stood at a boundary, and what its markets are found to have been worth then.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct Epoch {
    /// The pool's cash then, and what the markets valued so far were worth at least.
    pub lower: Atoms,
    /// The same with what they may have been worth at most.
    pub upper: Atoms,
    /// Markets listed then.
    pub markets: u16,
    /// Markets valued so far.
    pub valued: u16,
    /// 1 where losers of a market owe too much for shares to be sold.
    pub sells_nothing: u8,
    /// Zero; aligns what follows.
    pub padding: [u8; 3],
    /// The boundary, zero between the close and the next one, and the requests that belong to it.
    pub waiting: Waiting,
}

/// What a share was worth at the last boundary that was closed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct LastEpoch {
    /// The boundary; zero before the first.
    pub boundary: Timestamp,
    /// Least the pool was worth.
    pub lower: Atoms,
    /// Most it may have been worth.
    pub upper: Atoms,
    /// The shares there were.
    pub shares: Atoms,
}

/// What a boundary made of its requests, kept until each of them is paid out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct ClosedEpoch {
    /// The boundary closed before it: later requests belong to this one.
    pub previous: Timestamp,
    /// The boundary: requests up to here belong to it.
    pub boundary: Timestamp,
    /// From when on what was left for want of cash belongs to a boundary.
    pub rest_belongs_from: Timestamp,
    /// Least the pool was worth.
    pub lower: Atoms,
    /// Most it may have been worth.
    pub upper: Atoms,
    /// The shares there were.
    pub shares: Atoms,
    /// Tokens of the deposits that were accepted, before their fee.
    pub deposited: Atoms,
    /// Shares they get together.
    pub issued: Atoms,
    /// Shares of the withdrawals that were accepted.
    pub leaving: Atoms,
    /// Shares of them that were redeemed; the rest waits for the next boundary.
    pub redeemed: Atoms,
    /// Tokens they get together.
    pub paid: Atoms,
    /// What of that is not paid out yet.
    pub payable: Atoms,
    /// Lamports that each request gets back.
    pub lamports_each: u64,
    /// Requests not paid out yet.
    pub requests: u32,
    /// Limits under which deposits were accepted.
    pub deposits_accepted: LimitSet,
    /// Limits under which withdrawals were accepted.
    pub withdrawals_accepted: LimitSet,
    /// Zero; aligns what follows.
    pub padding: [u8; 2],
}

impl ClosedEpoch {
    /// Whether a request that belongs to the first boundary from `belongs_from` on belongs to this one.
    pub fn is_of(&self, request: &Request) -> bool {
        self.previous < request.belongs_from && request.belongs_from <= self.boundary
    }

    /// Whether withdrawals were paid in part for want of cash.
    pub fn is_partial(&self) -> bool {
        self.redeemed < self.leaving
    }
}

/// A reading that may be the one of a boundary.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct BoundaryReading {
    /// The price; zero where none was handed in.
    pub price: Price,
    /// Its confidence, in the price's unit, rounded up.
    pub confidence: Price,
    /// Its publish time.
    pub published: Timestamp,
    /// The publish time of the one before it.
    pub previous: Timestamp,
}

/// A market as it stood at the last boundary that the exchange waited for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct BoundaryLedger {
    /// The boundary.
    pub boundary: Timestamp,
    /// The last boundary at which the market was valued.
    pub valued: Timestamp,
    /// The earliest of the readings near the boundary, while the one of the boundary is missing.
    pub reading: BoundaryReading,
    /// Its price.
    pub price: PriceCache,
    /// What its second source had last said.
    pub second_price: SecondPrice,
    /// What it had measured.
    pub averages: PriceAverages,
    /// Its ledger.
    pub ledger: MarketLedger,
}

const _: () = assert!(core::mem::size_of::<Request>() == 56);
const _: () = assert!(core::mem::size_of::<RequestSums>() == 64);
const _: () = assert!(core::mem::size_of::<Waiting>() == 144);
const _: () = assert!(core::mem::size_of::<Queue>() == 32 * 144);
const _: () = assert!(core::mem::size_of::<Epoch>() == 24 + 144);
const _: () = assert!(core::mem::size_of::<LastEpoch>() == 32);
const _: () = assert!(core::mem::size_of::<ClosedEpoch>() == 112);
const _: () = assert!(core::mem::size_of::<BoundaryLedger>() == 16 + 32 + 64 + 24 + 128 + 576);

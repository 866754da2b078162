//! Closing a boundary, for anybody: every request that belongs to it is served at once, by a handful of sums.

use super::boundaries::next_boundary;
use super::request::CLOSE_LAMPORTS;
use super::value_market::require_kept;
use crate::error::EngineError;
use crate::session::Session;
use crate::state::{
    ClosedEpoch, Epoch, ExchangeState, LastEpoch, LimitSet, Pool, PriceLimit, Queue, RequestSums, Waiting, DEAD_SHARES,
};
use crate::units::products::{mul_div_ceil, mul_div_floor, part_of_atoms_floor, share_ceil, share_floor};
use crate::units::{Atoms, Ppm, Timestamp, PPM};

/// The pool and what its requests get.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EpochPlan {
    /// The pool.
    pub pool: Pool,
    /// What requests are paid by.
    pub closed: ClosedEpoch,
    /// What of the withdrawals waits for the next boundary for want of cash, if any does.
    pub rest: Option<Waiting>,
    /// What the caller gets, in lamports, for the close and for the epoch's rent.
    pub lamports: u64,
    /// Lamports that are kept with the epoch, for those who are paid out.
    pub lamports_kept: u64,
}

impl EpochPlan {
    /// Stores the plan and names the next boundary.
    ///
    /// # Errors
    /// [`EngineError::Overflow`].
    pub fn apply(&self, pool: &mut Pool, queue: &mut Queue, exchange: &mut ExchangeState) -> Result<(), EngineError> {
        let next = self.closed.rest_belongs_from;
        if let Some(rest) = &self.rest {
            queue.add(rest, next, pool.parameters.epoch_seconds)?;
        }
        exchange.boundary = queue.earliest().map_or(Timestamp::NEVER, |boundary| boundary.max(next));
        *pool = self.pool;
        Ok(())
    }

    /// Shares that come into being in the escrow; the others cease to exist there.
    pub fn shares_minted(&self) -> Result<Atoms, EngineError> {
        self.closed.issued.checked_sub(self.closed.issued.min(self.closed.redeemed))
    }

    /// Shares in the escrow that cease to exist.
    pub fn shares_burned(&self) -> Result<Atoms, EngineError> {
        self.closed.redeemed.checked_sub(self.closed.issued.min(self.closed.redeemed))
    }
}

/// Serves the requests of a boundary at which every market is valued: withdrawals at the lower value, deposits at the upper one, so
/// that what lies between is left to whoever stays. Of both [`queue_fee`](crate::state::PoolParameters) is set apart for settling
/// traders. What the pool's cash does not reach is paid in proportion; the rest passes on. The caller has paid `epoch_rent` for the
/// account in which the epoch is kept. A boundary that sells nothing leaves the price of a share as it was, for the limits of the next.
///
/// # Errors
/// [`EngineError::NoBoundary`], [`EngineError::BoundaryAhead`], [`EngineError::MarketsNotValued`].
pub fn plan_close_epoch(pool: &Pool, epoch_rent: u64, session: &Session) -> Result<EpochPlan, EngineError> {
    require_kept(pool, session)?;
    let Epoch { markets, valued, sells_nothing, waiting, .. } = pool.epoch;
    if valued != markets {
        return Err(EngineError::MarketsNotValued { markets, valued });
    }
    let (boundary, lower, shares) = (session.boundary, pool.epoch.lower, pool.shares);
    let upper = if sells_nothing == 0 { pool.epoch.upper } else { pool.last.upper_of(shares).max(lower) };
    let price = LastEpoch { boundary, lower, upper, shares };
    // Of a pool worth next to nothing a deposit may buy more shares than there can be. It is returned, as from one worth nothing: a
    // close that failed would keep what everybody else has in the queue.
    let sells = |limit: PriceLimit| sells_nothing == 0 && price.sells_within(&pool.last, limit.part());
    let within = LimitSet::where_each(sells);
    let Sale { accepted: deposits_accepted, deposited, fee: entry_fee, entering, created, issued } =
        Sale::of(pool, &price, within).unwrap_or_default();
    let withdrawals_accepted = LimitSet::where_each(|limit| price.redeems_within(&pool.last, limit.part()));

    let leaving = waiting.withdrawals.amount_of(withdrawals_accepted)?;
    let cash = pool.cash.checked_add(entering)?;
    let (redeemed, taken) = price.redeemed(leaving, cash)?;
    let exit_fee = share_ceil(taken, pool.parameters.queue_fee)?;
    let paid = taken.checked_sub(exit_fee)?;

    let requests = waiting.deposits.count()?.checked_add(waiting.withdrawals.count()?).ok_or(EngineError::Overflow)?;
    // What cannot be divided goes to the caller besides.
    let closing = CLOSE_LAMPORTS.checked_add(epoch_rent).ok_or(EngineError::Overflow)?;
    let lamports_left = waiting.lamports.saturating_sub(closing);
    let lamports_each = lamports_left.checked_div(u64::from(requests)).unwrap_or(0);
    let next = next_boundary(session.clock.now, pool.parameters.epoch_seconds)?;
    let closed = ClosedEpoch {
        previous: pool.last.boundary,
        boundary: session.boundary,
        rest_belongs_from: next,
        lower: price.lower,
        upper: price.upper,
        shares: price.shares,
        deposited,
        issued,
        leaving,
        redeemed,
        paid,
        payable: paid,
        lamports_each,
        requests,
        deposits_accepted,
        withdrawals_accepted,
        padding: [0; 2],
    };
    let rest = if closed.is_partial() {
        Some(rest_of(&waiting.withdrawals.only(withdrawals_accepted), &closed, lamports_each, next)?)
    } else {
        None
    };
    let passing = rest.as_ref().map_or(Ok(0), |rest| rest.withdrawals.count())?;
    let lamports_of = |requests: u32| lamports_each.checked_mul(u64::from(requests)).ok_or(EngineError::Overflow);
    let lamports_kept = lamports_of(requests.checked_sub(passing).ok_or(EngineError::Overflow)?)?;
    let lamports = waiting.lamports.checked_sub(lamports_of(requests)?).ok_or(EngineError::Overflow)?;
    let fees = entry_fee.checked_add(exit_fee)?;
    let pool = Pool {
        cash: cash.checked_sub(taken)?,
        escrow: pool.escrow.checked_sub(deposited)?,
        payable: pool.payable.checked_add(paid)?,
        settling: pool.settling.checked_add(fees)?,
        shares: pool.shares.checked_add(created)?.checked_sub(redeemed)?,
        epoch: Epoch::default(),
        // The first shares are worth an atom each whatever the pool is worth.
        last: if pool.shares.is_zero() { price.at_par(created) } else { price },
        ..*pool
    };
    Ok(EpochPlan { pool, closed, rest, lamports, lamports_kept })
}

/// What deposits buy; by default nothing.
#[derive(Clone, Copy, Debug, Default)]
struct Sale {
    /// Limits under which they are accepted.
    accepted: LimitSet,
    /// Their tokens.
    deposited: Atoms,
    /// What of those is set apart for settling traders.
    fee: Atoms,
    /// What of them enters the pool.
    entering: Atoms,
    /// Shares that come into being.
    created: Atoms,
    /// What of them somebody gets.
    issued: Atoms,
}

impl Sale {
    /// What the deposits under these limits buy, where pool and shares have room for it.
    fn of(pool: &Pool, price: &LastEpoch, accepted: LimitSet) -> Result<Self, EngineError> {
        let deposited = pool.epoch.waiting.deposits.amount_of(accepted)?;
        let fee = share_ceil(deposited, pool.parameters.queue_fee)?;
        let entering = deposited.checked_sub(fee)?;
        let (created, issued) = price.issued_floor(entering)?;
        pool.shares.checked_add(created)?;
        pool.cash.checked_add(entering)?;
        Ok(Self { accepted, deposited, fee, entering, created, issued })
    }
}

/// What passes to the next boundary: of every limit the part that was not redeemed, with all its requests and their lamports.
fn rest_of(
    accepted: &RequestSums,
    closed: &ClosedEpoch,
    lamports_each: u64,
    boundary: Timestamp,
) -> Result<Waiting, EngineError> {
    let unredeemed = closed.leaving.checked_sub(closed.redeemed)?;
    let mut withdrawals = *accepted;
    for amount in &mut withdrawals.amounts {
        *amount = part_of_atoms_floor(*amount, unredeemed, closed.leaving)?;
    }
    let lamports = lamports_each.checked_mul(u64::from(accepted.count()?)).ok_or(EngineError::Overflow)?;
    Ok(Waiting { boundary, lamports, deposits: RequestSums::default(), withdrawals })
}

impl LastEpoch {
    /// What so many shares cost then; nothing where there were none.
    fn upper_of(&self, shares: Atoms) -> Atoms {
        let cost = mul_div_ceil(self.upper.get(), shares.get(), self.shares.get());
        cost.map(Atoms::new).and_then(Atoms::in_range).unwrap_or(Atoms::ZERO)
    }

    /// Whether shares cost at most so much more than at the boundary before.
    fn sells_within(&self, before: &Self, part: Option<Ppm>) -> bool {
        if self.shares.is_zero() {
            return true;
        }
        if self.upper.is_zero() {
            return false;
        }
        let Some(part) = part.filter(|_| !before.shares.is_zero()) else { return true };
        let price = mul_div_ceil(self.upper.get(), before.shares.get(), self.shares.get());
        let rise = share_floor(before.upper, part).and_then(|rise| before.upper.checked_add(rise));
        matches!((price, rise), (Ok(price), Ok(most)) if price <= most.get())
    }

    /// Whether shares bring at most so much less than at the boundary before.
    fn redeems_within(&self, before: &Self, part: Option<Ppm>) -> bool {
        if self.lower.is_zero() || self.shares.is_zero() {
            return false;
        }
        let Some(part) = part.filter(|_| !before.shares.is_zero()) else { return true };
        let kept = PPM.checked_sub(part.wide()).and_then(|kept| u32::try_from(kept).ok()).map(Ppm::new);
        let least = kept.and_then(|kept| share_ceil(before.lower, kept).ok());
        match (mul_div_floor(self.lower.get(), before.shares.get(), self.shares.get()), least) {
            (Ok(price), Some(least)) => price >= least.get(),
            // Beyond 64 bits it has risen.
            (Err(_), _) => true,
            (Ok(_), None) => false,
        }
    }

    /// Shares that come into being for so many tokens, and what of them somebody gets.
    fn issued_floor(&self, entering: Atoms) -> Result<(Atoms, Atoms), EngineError> {
        if self.shares.is_zero() {
            return Ok((entering, entering.saturating_sub(Atoms::new(DEAD_SHARES))));
        }
        if entering.is_zero() {
            return Ok((Atoms::ZERO, Atoms::ZERO));
        }
        let shares = part_of_atoms_floor(entering, self.shares, self.upper)?;
        Ok((shares, shares))
    }

    /// Of so many shares those that the cash redeems, rounded up, and what for, rounded down.
    fn redeemed(&self, leaving: Atoms, cash: Atoms) -> Result<(Atoms, Atoms), EngineError> {
        if leaving.is_zero() {
            return Ok((Atoms::ZERO, Atoms::ZERO));
        }
        let due = part_of_atoms_floor(leaving, self.lower, self.shares)?;
        if due <= cash {
            return Ok((leaving, due));
        }
        Ok((Atoms::new(mul_div_ceil(leaving.get(), cash.get(), due.get())?), cash))
    }

    /// The price of an atom a share.
    const fn at_par(self, shares: Atoms) -> Self {
        Self { lower: shares, upper: shares, shares, ..self }
    }
}

use anchor_lang::prelude::Pubkey;
use anchor_lang::solana_program::instruction::Instruction;
use perp_engine::units::{Atoms, Timestamp};
use std::cmp::Reverse;
use std::fmt;

/// What a job does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Task {
    /// Liquidates a position, or settles the profit of one that is healthy by it alone.
    Liquidate {
        /// The margin account.
        account: Pubkey,
        /// The market of the position.
        market: u16,
    },
    /// Turns a position's profit or loss into cash.
    SettlePnl {
        /// The margin account.
        account: Pubkey,
        /// The market of the position.
        market: u16,
    },
    /// Settles a position's funding, and pays what is owed where the position is closed.
    SettleFunding {
        /// The margin account.
        account: Pubkey,
        /// The market of the position.
        market: u16,
    },
    /// Sets cash aside for a market's claims.
    FundClaims {
        /// The market.
        market: u16,
    },
    /// Pays what is funded of a claim.
    RedeemClaim {
        /// The margin account.
        account: Pubkey,
        /// The market that owes it.
        market: u16,
    },
    /// Ends what a bankrupt account owes a market.
    ResolveBankruptcy {
        /// The margin account.
        account: Pubkey,
        /// The market.
        market: u16,
    },
    /// Moves a market's backing toward its target.
    AllocateBacking {
        /// The market.
        market: u16,
    },
    /// Values a market as it stood at the awaited boundary.
    ValueMarket {
        /// The market.
        market: u16,
    },
    /// Serves the requests of a boundary.
    CloseEpoch {
        /// The boundary.
        boundary: Timestamp,
    },
    /// Pays a liquidity request.
    PayRequest {
        /// The request.
        request: Pubkey,
    },
    /// Arms an order that is met, or moves the trigger of one that trails.
    ArmOrder {
        /// The margin account.
        account: Pubkey,
        /// The order's place, from 0 on.
        place: u8,
    },
    /// Fills an armed order.
    ExecuteOrder {
        /// The margin account.
        account: Pubkey,
        /// The order's place, from 0 on.
        place: u8,
    },
    /// Takes a dead order out.
    SweepOrder {
        /// The margin account.
        account: Pubkey,
        /// The order's place, from 0 on.
        place: u8,
    },
    /// Accrues a market's funding.
    UpdateFunding {
        /// The market.
        market: u16,
    },
    /// Keeps what a market's second source says.
    UpdateSecondPrice {
        /// The market.
        market: u16,
    },
    /// Takes prices into the caches of their markets.
    UpdatePrices {
        /// The first of the markets.
        market: u16,
    },
    /// Hands in the first reading after a silence of the feed.
    ProveSilence {
        /// The market.
        market: u16,
    },
    /// Hands in a reading of an outage that was none, so that the market goes on.
    UndoSettlement {
        /// The market.
        market: u16,
    },
    /// Notes that no valid price arrives.
    ReportOutage {
        /// The market.
        market: u16,
    },
    /// Moves a market to settlement.
    BeginSettlement {
        /// The market.
        market: u16,
    },
}

impl fmt::Display for Task {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Liquidate { account, market } => write!(formatter, "liquidate {account} in market {market}"),
            Self::SettlePnl { account, market } => write!(formatter, "settle {account} in market {market}"),
            Self::SettleFunding { account, market } => {
                write!(formatter, "settle the funding of {account} in market {market}")
            }
            Self::FundClaims { market } => write!(formatter, "fund the claims of market {market}"),
            Self::RedeemClaim { account, market } => {
                write!(formatter, "redeem the claim of {account} on market {market}")
            }
            Self::ResolveBankruptcy { account, market } => {
                write!(formatter, "resolve the bankruptcy of {account} in market {market}")
            }
            Self::AllocateBacking { market } => write!(formatter, "allocate the backing of market {market}"),
            Self::ValueMarket { market } => write!(formatter, "value market {market}"),
            Self::CloseEpoch { boundary } => write!(formatter, "close the epoch of {}", boundary.get()),
            Self::PayRequest { request } => write!(formatter, "pay request {request}"),
            Self::ArmOrder { account, place } => write!(formatter, "arm order {place} of {account}"),
            Self::ExecuteOrder { account, place } => write!(formatter, "fill order {place} of {account}"),
            Self::SweepOrder { account, place } => write!(formatter, "sweep order {place} of {account}"),
            Self::UpdateFunding { market } => write!(formatter, "accrue the funding of market {market}"),
            Self::UpdateSecondPrice { market } => write!(formatter, "update the second price of market {market}"),
            Self::UpdatePrices { market } => write!(formatter, "update prices from market {market} on"),
            Self::ProveSilence { market } => write!(formatter, "prove the silence of market {market}"),
            Self::UndoSettlement { market } => write!(formatter, "undo the settlement of market {market}"),
            Self::ReportOutage { market } => write!(formatter, "report the oracle outage of market {market}"),
            Self::BeginSettlement { market } => write!(formatter, "begin the settlement of market {market}"),
        }
    }
}

/// What a job pays its caller.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pays {
    /// Atoms of the quote token, credited to the caller's margin account.
    pub atoms: Atoms,
    /// Lamports, paid to the caller's wallet.
    pub lamports: u64,
}

impl Pays {
    /// Nothing.
    pub const NOTHING: Self = Self { atoms: Atoms::ZERO, lamports: 0 };

    /// So many atoms.
    pub const fn atoms(atoms: Atoms) -> Self {
        Self { atoms, lamports: 0 }
    }

    /// So many lamports.
    pub const fn lamports(lamports: u64) -> Self {
        Self { atoms: Atoms::ZERO, lamports }
    }
}

/// Something that can be done now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// What it does.
    pub task: Task,
    /// What it pays.
    pub pays: Pays,
    /// Lamports of what another job pays once this one is done, as far as they are due to this one: of a tip the half that arming is
    /// counted for. Nobody is paid them twice.
    pub promises: u64,
    /// Lamports that its caller lays out besides the fee and does not get back: the rent of what it makes for others.
    pub advances: u64,
    /// Atoms that it moves for others: what ranks jobs that pay the same. Zero where that says nothing.
    pub moves: Atoms,
    /// What to send, in this order and in one transaction.
    pub instructions: Vec<Instruction>,
    /// What the instructions may take, in compute units: what was measured and an eighth.
    pub compute_units: u32,
}

impl Job {
    /// The accounts it writes, each once, in the order of their addresses.
    pub fn writes(&self) -> Vec<Pubkey> {
        let metas = self.instructions.iter().flat_map(|instruction| &instruction.accounts);
        let mut written: Vec<_> = metas.filter(|meta| meta.is_writable).map(|meta| meta.pubkey).collect();
        written.sort_unstable();
        written.dedup();
        written
    }

    /// The keys that must sign it, each once, in the order in which they are named.
    pub fn signers(&self) -> Vec<Pubkey> {
        let mut signers = Vec::new();
        for meta in self.instructions.iter().flat_map(|instruction| &instruction.accounts) {
            if meta.is_signer && !signers.contains(&meta.pubkey) {
                signers.push(meta.pubkey);
            }
        }
        signers
    }
}

impl fmt::Display for Job {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.task)?;
        match self.pays {
            Pays { atoms, lamports: 0 } if atoms.is_zero() => Ok(()),
            Pays { atoms, .. } if !atoms.is_zero() => write!(formatter, " for {} atoms", atoms.get()),
            Pays { lamports, .. } => write!(formatter, " for {lamports} lamports"),
        }
    }
}

/// The most valuable first; the same order whatever they came in.
pub(super) fn ranked(mut jobs: Vec<Job>) -> Vec<Job> {
    jobs.sort_by_key(|job| (Reverse(job.pays), Reverse(job.promises), Reverse(job.moves), job.task));
    jobs
}

//! Decisions: proposing, applying and cancelling them, and what acts at once.

pub mod apply_insurance;
pub mod apply_listing;
pub mod apply_oracle;
pub mod apply_parameters;
pub mod apply_pool_parameters;
pub mod apply_role;
pub mod cancel_proposal;
pub mod propose_insurance;
pub mod propose_listing;
pub mod propose_oracle;
pub mod propose_parameters;
pub mod propose_pool_parameters;
pub mod propose_role;
pub mod tighten_market;

pub use apply_insurance::*;
pub use apply_listing::*;
pub use apply_oracle::*;
pub use apply_parameters::*;
pub use apply_pool_parameters::*;
pub use apply_role::*;
pub use cancel_proposal::*;
pub use propose_insurance::*;
pub use propose_listing::*;
pub use propose_oracle::*;
pub use propose_parameters::*;
pub use propose_pool_parameters::*;
pub use propose_role::*;
pub use tighten_market::*;

use crate::context;
use crate::errors::{require, ExchangeError};
use crate::events::{log, ProposalApplied, ProposalMade};
use crate::state::{Exchange, Proposal, VERSION};
use anchor_lang::prelude::*;
use perp_accounts::oracle::OracleBinding;

/// What of a proposal the engine does not know.
#[derive(Clone, Copy)]
struct Content {
    holder: Pubkey,
    oracle: OracleBinding,
    second_oracle: OracleBinding,
    symbol: [u8; 16],
}

impl Content {
    const NONE: Self = Self {
        holder: Pubkey::new_from_array([0; 32]),
        oracle: OracleBinding::NONE,
        second_oracle: OracleBinding::NONE,
        symbol: [0; 16],
    };
}

/// Stores a proposal in its new account and tells of it.
#[inline(never)]
fn store<'info>(
    exchange: &AccountLoader<'info, Exchange>,
    proposal: &AccountLoader<'info, Proposal>,
    proposer: &Pubkey,
    bump: u8,
    state: &perp_engine::state::Proposal,
    content: &Content,
) -> Result<()> {
    let exchange_sequence = exchange.load_mut()?.state.next_event();
    let mut stored = proposal.load_init()?;
    stored.exchange = *exchange.as_ref().key;
    stored.proposer = *proposer;
    stored.holder = content.holder;
    stored.oracle = content.oracle;
    stored.second_oracle = content.second_oracle;
    stored.symbol = content.symbol;
    stored.state = *state;
    stored.bump = bump;
    stored.version = VERSION;
    log(&ProposalMade {
        exchange: stored.exchange,
        time: state.proposed_at.get(),
        exchange_sequence,
        proposal: *proposal.as_ref().key,
        proposer: *proposer,
        kind: state.kind,
        subject: state.subject,
        ripe_from: state.ripe_from.get(),
    })?;
    Ok(())
}

/// Tells that a proposal, or a step of it, is in force.
#[inline(never)]
fn tell_applied<'info>(
    exchange: &AccountLoader<'info, Exchange>,
    proposal: &AccountLoader<'info, Proposal>,
    sequence: u64,
    left: bool,
    steps: u32,
) -> Result<()> {
    let stored = proposal.load()?;
    log(&ProposalApplied {
        exchange: *exchange.as_ref().key,
        time: context::now()?,
        sequence,
        proposal: *proposal.as_ref().key,
        kind: stored.state.kind,
        subject: stored.state.subject,
        steps,
        ripe_from: if left { stored.state.ripe_from.get() } else { 0 },
    })?;
    Ok(())
}

/// Whether the proposal is of this exchange, and what is left of its account goes to whoever paid for it.
///
/// # Errors
/// [`ExchangeError::ExchangeMismatch`], [`ExchangeError::NotTheProposer`].
fn check_proposal<'info>(
    exchange: &AccountLoader<'info, Exchange>,
    proposal: &AccountLoader<'info, Proposal>,
    proposer: &Pubkey,
) -> Result<()> {
    let stored = proposal.load()?;
    crate::access::check_exchange(exchange, &stored.exchange)?;
    require(stored.proposer == *proposer, ExchangeError::NotTheProposer)
}

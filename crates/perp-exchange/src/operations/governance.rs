//! Decisions: proposing, applying and cancelling them, and what acts at once. Which role acts, the program checks.

use crate::error::Refusal;
use crate::exchange::Exchange;
use alloc::collections::BTreeMap;
use perp_engine::operations::governance::{
    apply_oracle, check_cancel, plan_apply_insurance, plan_apply_listing, plan_apply_oracle, plan_apply_parameters,
    plan_apply_pool_parameters, plan_apply_role, plan_propose_insurance, plan_propose_listing, plan_propose_oracle,
    plan_propose_parameters, plan_propose_pool_parameters, plan_propose_role, plan_tighten_market, Listing, Tightening,
};
use perp_engine::oracle::OracleReading;
use perp_engine::state::{Canceller, Market, Parameters, PoolParameters, Proposal, ProposalKind, Role};
use perp_engine::units::{Atoms, Ppm};
use perp_engine::EngineError;

/// What is decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::large_enum_variant)] // handed over once and never stored
pub enum Change {
    /// Other parameters of a market, step by step.
    Parameters {
        /// The market's index.
        market: u16,
        /// Its parameters in the end.
        parameters: Parameters,
    },
    /// Other accounts from which a market's price is read.
    Oracle {
        /// The market's index.
        market: u16,
        /// How far a price may be from the second source's; zero for none.
        second_max_deviation: Ppm,
        /// How far in time; zero for none.
        second_max_age: u32,
    },
    /// Other parameters of the pool.
    PoolParameters(PoolParameters),
    /// A market under the next index.
    Listing(Listing),
    /// Another holder of a role.
    Role {
        /// The role.
        role: Role,
        /// Whoever is named; zero for nobody.
        holder: u64,
    },
    /// Shared insurance that becomes the pool's cash.
    Insurance {
        /// How much.
        amount: Atoms,
    },
}

/// A decision that waits, and whom it names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenProposal {
    /// What is stored of it.
    pub proposal: Proposal,
    /// Whoever is named for a role; zero for nobody.
    pub holder: u64,
}

/// Proposals by their kind, and the market or role that they are about.
pub type Proposals = BTreeMap<(ProposalKind, u16), OpenProposal>;

impl Exchange {
    /// Proposes a change. Of what it is about there is one proposal at a time.
    ///
    /// # Errors
    /// Those of the `plan_propose_*`; [`Refusal::ProposalOpen`], [`Refusal::NoMarket`].
    pub fn propose(&mut self, change: &Change) -> Result<(), Refusal> {
        let now = self.clock.now;
        let (proposal, holder) = match change {
            Change::Parameters { market, parameters } => {
                (plan_propose_parameters(self.market(*market)?, parameters, now)?, 0)
            }
            Change::Oracle { market, second_max_deviation, second_max_age } => {
                (plan_propose_oracle(self.market(*market)?, *second_max_deviation, *second_max_age, now)?, 0)
            }
            Change::PoolParameters(parameters) => (plan_propose_pool_parameters(&self.pool, parameters, now)?, 0),
            Change::Listing(listing) => (plan_propose_listing(listing, self.market_count, now)?, 0),
            Change::Role { role, holder } => (plan_propose_role(*role, now)?, *holder),
            Change::Insurance { amount } => (plan_propose_insurance(&self.pool, *amount, now)?, 0),
        };
        let place = place_of(&proposal)?;
        if self.proposals.contains_key(&place) {
            return Err(Refusal::ProposalOpen { subject: place.1 });
        }
        self.begin_changes();
        self.proposals.insert(place, OpenProposal { proposal, holder });
        self.tell_of_exchange();
        Ok(())
    }

    /// Puts a ripe proposal in force, or takes its next step. `reading` is what the other oracle says, of a change of oracle, or the
    /// market's own. Returns the index of a market that was listed.
    ///
    /// # Errors
    /// Those of the `plan_apply_*`; [`Refusal::NoProposal`].
    pub fn apply_proposal(
        &mut self,
        kind: ProposalKind,
        subject: u16,
        reading: Option<&OracleReading>,
    ) -> Result<Option<u16>, Refusal> {
        let open = *self.proposal(kind, subject)?;
        let (proposal, session, now) = (&open.proposal, self.session(), self.clock.now);
        match kind {
            ProposalKind::Parameters => {
                let mut state = *self.market(subject)?;
                let mut ready = state.refresh(reading, &session)?;
                let plan = plan_apply_parameters(proposal, &ready, &session)?;
                plan.apply(&mut ready);
                self.finish_proposal((kind, subject), plan.left);
                self.tell_of_market(state);
            }
            ProposalKind::Oracle => {
                let reading = reading.ok_or(EngineError::PriceStale { age: u64::MAX, allowed: 0 })?;
                let mut state = *self.market(subject)?;
                let mut ready = state.refresh(None, &session)?;
                let parameters = plan_apply_oracle(proposal, &ready, reading, &session)?;
                apply_oracle(&mut ready, parameters);
                self.finish_proposal((kind, subject), None);
                self.tell_of_market(state);
            }
            ProposalKind::PoolParameters => {
                let parameters = plan_apply_pool_parameters(proposal, &self.pool, &session)?;
                self.finish_proposal((kind, subject), None);
                self.store_pool(perp_engine::state::Pool { parameters, ..self.pool });
            }
            ProposalKind::Listing => {
                let listing = plan_apply_listing(proposal, self.market_count, now)?;
                self.finish_proposal((kind, subject), None);
                return self.store_listed(&listing).map(Some);
            }
            ProposalKind::Role => {
                let role = Role::ALL.into_iter().find(|role| *role as u16 == subject);
                let role = role.ok_or(EngineError::WrongProposal)?;
                plan_apply_role(proposal, role, now)?;
                self.finish_proposal((kind, subject), None);
                self.roles[usize::from(subject)] = open.holder;
                self.tell_of_exchange();
            }
            ProposalKind::Insurance => {
                let (mut pool, mut queue) = (self.pool, self.queue);
                plan_apply_insurance(proposal, &mut pool, &mut queue, self.market_count, &session)?;
                self.finish_proposal((kind, subject), None);
                self.queue = queue;
                self.store_pool(pool);
            }
        }
        Ok(None)
    }

    /// Cancels a proposal.
    ///
    /// # Errors
    /// Those of [`check_cancel`]; [`Refusal::NoProposal`].
    pub fn cancel_proposal(&mut self, kind: ProposalKind, subject: u16, canceller: Canceller) -> Result<(), Refusal> {
        let open = self.proposal(kind, subject)?;
        check_cancel(&open.proposal, canceller, self.market(subject).ok(), self.clock.now)?;
        self.begin_changes();
        self.proposals.remove(&(kind, subject));
        self.tell_of_exchange();
        Ok(())
    }

    /// Makes it harder to increase in a market, at once.
    ///
    /// # Errors
    /// Those of [`plan_tighten_market`]; [`Refusal::NoMarket`].
    pub fn tighten_market(&mut self, market: u16, to: &Tightening) -> Result<(), Refusal> {
        let mut state = *self.market(market)?;
        let mut ready = state.refresh(None, &self.session())?;
        let plan = plan_tighten_market(&ready, to)?;
        plan.apply(&mut ready);
        self.begin_changes();
        self.tell_of_market(state);
        Ok(())
    }

    /// The proposal of this kind about that.
    ///
    /// # Errors
    /// [`Refusal::NoProposal`].
    pub fn proposal(&self, kind: ProposalKind, subject: u16) -> Result<&OpenProposal, Refusal> {
        self.proposals.get(&(kind, subject)).ok_or(Refusal::NoProposal { subject })
    }

    /// Every proposal that waits.
    pub fn proposals(&self) -> &Proposals {
        &self.proposals
    }

    /// Who holds the roles: admin, risk admin and guardian.
    pub const fn roles(&self) -> [u64; 3] {
        self.roles
    }

    fn finish_proposal(&mut self, place: (ProposalKind, u16), left: Option<Proposal>) {
        self.begin_changes();
        match left {
            Some(proposal) => {
                if let Some(open) = self.proposals.get_mut(&place) {
                    open.proposal = proposal;
                }
            }
            None => {
                self.proposals.remove(&place);
            }
        }
    }

    fn tell_of_market(&mut self, mut market: Market) {
        market.next_event();
        self.store_market(market);
    }

    fn tell_of_exchange(&mut self) {
        self.state.next_event();
        self.changes.exchange = true;
    }
}

fn place_of(proposal: &Proposal) -> Result<(ProposalKind, u16), EngineError> {
    let kind = ProposalKind::from_byte(proposal.kind).ok_or(EngineError::WrongProposal)?;
    Ok((kind, proposal.subject))
}

//! Decisions: proposals of every kind that has a formula, their steps, and what acts at once.

use crate::crowd::{Crowd, MARKETS};
use perp_engine::operations::governance::Tightening;
use perp_engine::state::{Canceller, Parameters, PoolParameters, ProposalKind, STEP_SECONDS};
use perp_engine::units::{Atoms, Ppm, Size};
use perp_engine::EngineError;
use perp_exchange::{Change, Operation, Refusal};
use std::io;

impl<W: io::Write> Crowd<W> {
    pub fn decide(&mut self) -> io::Result<()> {
        match self.rng.u8(..16) {
            0..6 => self.propose_a_change(),
            6..13 => self.put_in_force(),
            13 => self.tighten_a_market(),
            _ => self.cancel_a_proposal(),
        }
    }

    fn propose_a_change(&mut self) -> io::Result<()> {
        let market = self.market();
        let change = match self.rng.u8(..10) {
            0 => {
                let bounded = self.rng.bool();
                let second_max_deviation = Ppm::new(if bounded { 30_000 } else { 0 });
                Change::Oracle { market, second_max_deviation, second_max_age: if bounded { 300 } else { 0 } }
            }
            1 => {
                let parameters = self.exchange.pool.parameters;
                let withdrawal_notice = self.rng.u32(60..100_000);
                let shared_draw_share = Ppm::new(self.rng.u32(50_000..110_000));
                let hysteresis = Ppm::new(self.rng.u32(..100_000));
                Change::PoolParameters(PoolParameters {
                    withdrawal_notice,
                    shared_draw_share,
                    hysteresis,
                    ..parameters
                })
            }
            2 => Change::Insurance { amount: Atoms::new(self.any_size(40)) },
            _ => {
                let parameters = self.changed(self.exchange.market(market).expect("a listed market").parameters);
                Change::Parameters { market, parameters }
            }
        };
        self.push_coherent(Operation::Propose { change }).map(drop)
    }

    /// One that holds together: whether it does, another implementation does not look at.
    fn push_coherent(&mut self, operation: Operation) -> io::Result<bool> {
        let incoherent = |refusal| {
            matches!(refusal, Refusal::Rule(EngineError::MarketParameters { .. } | EngineError::PoolParameters { .. }))
        };
        if self.exchange.clone().execute(&operation).err().is_some_and(incoherent) {
            return Ok(false);
        }
        self.push(operation)
    }

    fn changed(&mut self, from: Parameters) -> Parameters {
        let mut to = from;
        for _ in 0..self.rng.u8(1..6) {
            let before = to;
            self.change_one(&mut to);
            if to.validate().is_err() {
                to = before;
            }
        }
        to
    }

    fn change_one(&mut self, parameters: &mut Parameters) {
        let factor = if self.rng.u8(..4) == 0 { self.rng.u32(..2_200) } else { self.rng.u32(900..1_100) };
        let scaled = |number: u64| (u128::from(number) * u128::from(factor) / 1_000) as u64;
        let part = |ppm: &mut Ppm| *ppm = Ppm::new(u32::try_from(scaled(ppm.get().into())).unwrap_or(u32::MAX));
        let size = |size: &mut Size| *size = Size::new(scaled(size.get()));
        match self.rng.u8(..32) {
            0 => size(&mut parameters.open_interest_cap),
            1 => size(&mut parameters.impact_scale),
            2 => size(&mut parameters.open_interest_low),
            3 => size(&mut parameters.open_interest_high),
            4 => parameters.size_premium = scaled(parameters.size_premium),
            5 => parameters.funding_velocity = scaled(parameters.funding_velocity),
            6 => parameters.funding_rate_cap = scaled(parameters.funding_rate_cap),
            7 => parameters.carry_rate = scaled(parameters.carry_rate),
            8 => parameters.carry_surge = scaled(parameters.carry_surge),
            9 => parameters.minimum_position = Atoms::new(scaled(parameters.minimum_position.get())),
            10..13 => part(&mut parameters.base_margin),
            13 => part(&mut parameters.maintenance_fraction),
            14 => parameters.volatility_margin = Ppm::new(self.rng.u32(..120_000)),
            15 => part(&mut parameters.measured_weight),
            16 => part(&mut parameters.measured_limit),
            17 => part(&mut parameters.penalty),
            18 => part(&mut parameters.bounty_share_max),
            19 => part(&mut parameters.liquidation_buffer),
            20 => part(&mut parameters.impact_limit),
            21 => part(&mut parameters.taker_fee),
            22 => part(&mut parameters.taker_fee_rebalancing),
            23 => part(&mut parameters.spread_confidence),
            24 => part(&mut parameters.spread_volatility),
            25 => part(&mut parameters.spread_measured),
            26 => part(&mut parameters.spread_drift),
            27 => part(&mut parameters.volatility),
            28 => part(&mut parameters.max_confidence_valid),
            29 => part(&mut parameters.stress_move),
            30 => part(&mut parameters.backing_cap),
            _ => parameters.max_age_trade = self.rng.u32(3..16),
        }
    }

    /// One that waits is put in force when it is ripe, or a second before; of a change in steps a few are taken.
    fn put_in_force(&mut self) -> io::Result<()> {
        let waiting: Vec<_> = self.exchange.proposals().keys().copied().collect();
        let Some((kind, subject)) = self.rng.choice(waiting) else { return self.propose_a_change() };
        for _ in 0..self.rng.u8(1..6) {
            let Ok(open) = self.exchange.proposal(kind, subject) else { break };
            let (now, ripe) = (self.exchange.clock.now, open.proposal.ripe_from);
            if now < ripe && self.rng.u8(..3) > 0 {
                if self.rng.u8(..2) == 0 {
                    self.answer_by_the_pool()?;
                }
                self.pass_until(ripe);
            }
            if self.rng.u8(..30) == 0 {
                // Until it has lapsed, or nearly.
                let lapses = self.exchange.proposal(kind, subject).map(|open| open.proposal.lapses_at());
                if let Ok(Ok(lapses)) = lapses {
                    self.pass_until(lapses);
                }
            }
            let reading = match kind {
                ProposalKind::Parameters => self.maybe_reading(subject),
                ProposalKind::Oracle => {
                    if let Some(own) = self.maybe_reading(subject) {
                        self.push(Operation::UpdatePrice { market: subject, reading: own })?;
                    }
                    self.reading(subject).checked().ok()
                }
                _ => None,
            };
            if kind == ProposalKind::Oracle && reading.is_none() {
                break;
            }
            self.push_coherent(Operation::ApplyProposal { kind, subject, reading })?;
            if self.rng.u8(..4) == 0 {
                self.trade()?;
            }
            if self.exchange.clock.now >= ripe && self.rng.bool() {
                self.pass(STEP_SECONDS);
            }
        }
        Ok(())
    }

    fn tighten_a_market(&mut self) -> io::Result<()> {
        let market = self.rng.u16(..MARKETS);
        let now = Tightening::of(&self.exchange.market(market).expect("a listed market").parameters);
        let part = self.rng.u64(950..=1_002);
        let size = |size: Size| Size::new(size.get() / 1_000 * part);
        let to = match self.rng.u8(..4) {
            0 => Tightening { open_interest_cap: size(now.open_interest_cap), ..now },
            1 => Tightening { open_interest_low: size(now.open_interest_low), ..now },
            2 => Tightening {
                max_confidence_to_increase: Ppm::new(now.max_confidence_to_increase.get() / 10 * 9),
                ..now
            },
            _ => now,
        };
        self.push_coherent(Operation::TightenMarket { market, to }).map(drop)
    }

    fn cancel_a_proposal(&mut self) -> io::Result<()> {
        let waiting: Vec<_> = self.exchange.proposals().keys().copied().collect();
        let Some((kind, subject)) = self.rng.choice(waiting) else { return Ok(()) };
        let canceller = match self.rng.u8(..6) {
            0 => Canceller::Proposer,
            1 => Canceller::Guardian,
            _ => Canceller::Anybody,
        };
        self.push(Operation::CancelProposal { kind, subject, canceller }).map(drop)
    }
}

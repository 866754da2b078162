//! A margin account's life, followed by its events with the engine's own postings.

use std::collections::BTreeMap;

use perp_client::events::{Event, MarketMoment};
use perp_engine::ledger::Ledger;
use perp_engine::market::claims::FULL_CLAIM_FACTOR;
use perp_engine::state::{AccountCounters, MarketLedger, Position, SideTotals};
use perp_engine::units::products::{notional, part_of_quote_floor};
use perp_engine::units::{Atoms, FundingIndex, Price, QuoteX40, Side, SignedAtoms, SignedSize, Size};
use perp_engine::EngineError;
use solana_pubkey::Pubkey;

use crate::chain::Chain;
use crate::failure::Failure;

/// What stands in for sums over a whole market of which one account's part is taken off: nothing that is told depends on them.
const PLENTY: QuoteX40 = QuoteX40::new(1 << 100);
/// A backing from which every profit is paid: what was not paid in cash is seen in the balance.
const BACKING: Atoms = Atoms::new(1 << 60);

/// An account as its events so far leave it.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// Its positions by market.
    pub positions: BTreeMap<u16, Position>,
    /// Its balance after the last event that told one.
    pub balance: Atoms,
    /// Whether something became a claim or a debt, which events tell only in part.
    pub owes: bool,
}

/// An account's events of its present life, each with what it was before.
pub struct Life {
    states: BTreeMap<u64, Known>,
}

impl Life {
    /// Reads the last `most` transactions that named the account.
    ///
    /// # Errors
    /// [`Failure`] where the node keeps no history.
    pub fn read(chain: &Chain, account: &Pubkey, most: usize) -> Result<Self, Failure> {
        let told = chain.venue.connection.history(account, most)?;
        Ok(Self::of(account, told.iter().flat_map(|told| &told.events)))
    }

    /// Follows events.
    pub fn of<'a>(account: &Pubkey, events: impl IntoIterator<Item = &'a Event>) -> Self {
        let mut own: Vec<(u64, &Event)> =
            events.into_iter().filter_map(|event| Some((number(event, account)?, event))).collect();
        // What a node tells of one slot may come in another order.
        if let Some(opened) = own.iter().rposition(|(_, event)| matches!(event, Event::AccountOpened(_))) {
            own.drain(..opened);
        }
        own.sort_by_key(|(number, _)| *number);
        let (mut states, mut known, mut next) = (BTreeMap::new(), Known::default(), 1u64);
        for (number, event) in own {
            if number > next {
                // One before it is missing: nothing after it is known.
                break;
            }
            states.entry(number).or_insert_with(|| known.clone());
            next = number.saturating_add(1);
            if known.follow(event).is_err() {
                break;
            }
        }
        Self { states }
    }

    /// The account as it was before its event of this number; none where not everything before is told.
    pub fn before(&self, sequence: u64) -> Option<Known> {
        self.states.get(&sequence).cloned()
    }
}

/// Number of an event among an account's; none where it is not about it.
fn number(event: &Event, account: &Pubkey) -> Option<u64> {
    macro_rules! number {
        ($($name:ident)+) => {
            match event {
                $(Event::$name(it) if it.account == *account => Some(it.account_sequence),)+
                Event::Liquidated(it) if it.account == *account => Some(it.account_sequence),
                Event::Liquidated(it) if it.liquidator_account == *account => Some(it.liquidator_sequence),
                Event::ProfitSettled(it) if it.account == *account => Some(it.account_sequence),
                Event::ProfitSettled(it) => {
                    it.reward.as_ref().filter(|reward| reward.account == *account).map(|reward| reward.account_sequence)
                }
                _ => None,
            }
        };
    }
    number! {
        AccountOpened AccountClosed DelegateSet Deposited Withdrawn Traded FundingSettled ClaimRedeemed ClaimWaived
        BankruptcyResolved OrdersOpened OrdersClosed OrdersPlaced OrderSwept OrderArmed OrderExecuted
    }
}

/// A fill as events of both kinds tell it.
#[derive(Clone, Copy, Debug)]
pub struct Filled {
    /// What was filled.
    pub size: SignedSize,
    /// For how much.
    pub notional: QuoteX40,
    /// The position before.
    pub before: SignedSize,
    /// The fee.
    pub fee: Atoms,
}

/// What a fill posts.
#[derive(Clone, Copy, Debug)]
pub struct Posted {
    /// Funding received.
    pub funding: SignedAtoms,
    /// Profit realized.
    pub realized: SignedAtoms,
    /// The slot and the balance after it.
    pub ledger: Ledger,
}

impl Known {
    /// The slot of a market, at the indices of a moment, with a market that pays every profit in cash.
    pub fn ledger(&self, market: u16, state: &MarketMoment, balance: u64) -> Ledger {
        let side = |index: i64, open_interest: u64| SideTotals {
            open_interest: Size::new(open_interest.max(1 << 56)),
            entry_notional: PLENTY.into(),
            funding_index: FundingIndex::new(index),
            funding_checkpoint: PLENTY.into(),
            ..SideTotals::default()
        };
        let position =
            self.positions.get(&market).copied().unwrap_or(Position { market, occupied: 1, ..Position::default() });
        let sides = [
            side(state.long_funding_index, state.long_open_interest),
            side(state.short_funding_index, state.short_open_interest),
        ];
        let (claims, debts) = (position.claim, position.debt);
        let market = MarketLedger {
            sides,
            backing: BACKING,
            claims,
            debts,
            claim_factor: FULL_CLAIM_FACTOR,
            ..MarketLedger::default()
        };
        Ledger { slot: 0, balance: Atoms::new(balance), counters: AccountCounters::default(), position, market }
    }

    /// What a fill comes to by the engine's postings.
    ///
    /// # Errors
    /// [`EngineError`] where the events contradict each other.
    pub fn fill(
        &self,
        ledger: Ledger,
        fill: &Filled,
        protocol: perp_engine::units::Ppm,
    ) -> Result<Posted, EngineError> {
        let mut ledger = ledger;
        let funding = ledger.settle()?.funding;
        let side = fill.size.side().ok_or(EngineError::SizeOutOfRange)?;
        let opposite = fill.before.side() == Some(side.opposite());
        let closed = if opposite { fill.size.size().min(fill.before.size()) } else { Size::ZERO };
        let opened = fill.size.size().checked_sub(closed)?;
        let mut realized = SignedAtoms::ZERO;
        let mut rest = fill.notional;
        if !closed.is_zero() {
            let part = if opened.is_zero() {
                fill.notional
            } else {
                part_of_quote_floor(fill.notional, closed, fill.size.size())?
            };
            realized = ledger.reduce(closed, part)?;
            rest = rest.checked_sub(part)?;
        }
        if !opened.is_zero() {
            ledger.increase(side, opened, rest, 0)?;
        }
        ledger.charge_fee(fill.fee, protocol)?;
        ledger.repay_debt()?;
        Ok(Posted { funding, realized, ledger })
    }

    fn keep(&mut self, market: u16, position: Position) {
        if position.size.is_zero() && position.claim.is_zero() && position.debt.is_zero() {
            self.positions.remove(&market);
        } else {
            self.positions.insert(market, position);
        }
    }

    /// The account after an event.
    fn follow(&mut self, event: &Event) -> Result<(), EngineError> {
        match event {
            Event::Deposited(it) => self.balance = Atoms::new(it.balance_after),
            Event::Withdrawn(it) => self.balance = Atoms::new(it.balance_after),
            Event::Traded(it) => {
                let filled = Filled::traded(it);
                let ledger = self.ledger(it.market_index, &it.state, it.balance_before);
                let posted = self.fill(ledger, &filled, perp_engine::units::Ppm::ZERO)?;
                self.note(posted.ledger.balance, it.balance_after);
                self.keep(it.market_index, posted.ledger.position);
            }
            Event::OrderExecuted(it) => {
                if let Some(filled) = Filled::executed(it) {
                    let ledger = self.ledger(it.market_index, &it.state, it.balance_before);
                    let posted = self.fill(ledger, &filled, perp_engine::units::Ppm::ZERO)?;
                    self.note(posted.ledger.balance, it.balance_after);
                    self.keep(it.market_index, posted.ledger.position);
                }
                self.balance = Atoms::new(it.balance_after);
            }
            Event::FundingSettled(it) => {
                let mut ledger = self.ledger(it.market_index, &it.state, it.balance_before);
                ledger.settle()?;
                ledger.repay_debt()?;
                self.note(ledger.balance, it.balance_after);
                self.keep(it.market_index, ledger.position);
            }
            Event::ProfitSettled(it) if self.positions.contains_key(&it.market_index) => {
                let mut ledger = self.ledger(it.market_index, &it.state, it.balance_before);
                ledger.settle()?;
                ledger.shift_entry(SignedAtoms::new(it.profit))?;
                ledger.repay_debt()?;
                self.note(ledger.balance, it.balance_after);
                self.keep(it.market_index, ledger.position);
            }
            Event::Liquidated(it) if self.positions.contains_key(&it.market_index) => {
                let mut ledger = self.ledger(it.market_index, &it.state, it.balance_before);
                ledger.settle()?;
                if it.closed == 0 {
                    ledger.shift_entry(SignedAtoms::new(it.realized))?;
                } else {
                    ledger.reduce(Size::new(it.closed), QuoteX40::new(it.notional))?;
                }
                ledger.loss(Atoms::new(it.penalty))?;
                ledger.repay_debt()?;
                self.note(ledger.balance, it.balance_after);
                self.keep(it.market_index, ledger.position);
            }
            Event::Liquidated(it) => self.balance = Atoms::new(it.liquidator_balance_after),
            Event::ClaimRedeemed(it) => {
                if let Some(position) = self.positions.get_mut(&it.market_index) {
                    position.claim = Atoms::new(it.left);
                }
                self.balance = Atoms::new(it.balance_after);
            }
            Event::ClaimWaived(it) => {
                if let Some(position) = self.positions.get_mut(&it.market_index) {
                    position.claim = Atoms::ZERO;
                }
                self.balance = Atoms::new(it.balance_after);
            }
            Event::BankruptcyResolved(it) => {
                if let Some(position) = self.positions.get_mut(&it.market_index) {
                    position.debt = Atoms::ZERO;
                }
                self.balance = Atoms::new(it.balance_after);
            }
            _ => {}
        }
        Ok(())
    }

    /// Takes the balance that was told; where the postings came to another one something became a claim, or was set off.
    fn note(&mut self, computed: Atoms, told: u64) {
        self.owes |= computed != Atoms::new(told);
        self.balance = Atoms::new(told);
    }
}

impl Filled {
    /// Of a market order.
    pub fn traded(it: &perp_client::events::Traded) -> Self {
        Self {
            size: SignedSize::new(it.size),
            notional: QuoteX40::new(it.notional),
            before: SignedSize::new(it.size_before),
            fee: Atoms::new(it.fee),
        }
    }

    /// Of a resting order; none where it was not filled.
    pub fn executed(it: &perp_client::events::OrderExecuted) -> Option<Self> {
        let fill = it.fill.as_ref()?;
        Some(Self {
            size: SignedSize::new(fill.size),
            notional: QuoteX40::new(fill.notional),
            before: SignedSize::new(fill.size_before),
            fee: Atoms::new(fill.fee),
        })
    }

    /// What of it is at the index: without the charge.
    ///
    /// # Errors
    /// [`EngineError`].
    pub fn at_index(&self, price: Price) -> Result<QuoteX40, EngineError> {
        notional(self.size.size(), price)
    }

    /// Its side.
    pub fn side(&self) -> Side {
        self.size.side().unwrap_or(Side::Long)
    }
}

//! A margin account from its opening to its closing: what each event means to it.

use anchor_lang::prelude::{AnchorDeserialize, AnchorSerialize, Pubkey};
use perp_client::events::Event;
use perp_engine::units::X40_PER_ATOM;
use sqlx::{AnyConnection, Row};

use super::orders::Orders;
use super::positions::{Outcome, Positions};
use super::rows::{row, Rows, Value};
use super::streams::{stream, StreamState};
use super::StoreError;
use crate::facts::Fill;
use crate::place::Place;

/// What a margin account counts itself, in atoms. They wrap around as the account's do.
#[derive(AnchorDeserialize, AnchorSerialize, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AccountCounters {
    /// Σ deposits.
    pub deposited: u64,
    /// Σ withdrawals.
    pub withdrawn: u64,
    /// Σ realized profit, negative for a loss.
    pub realized: i64,
    /// Σ funding received, negative where paid.
    pub funding: i64,
    /// Σ fees charged.
    pub fees: u64,
    /// Σ penalties charged.
    pub penalties: u64,
    /// Σ bounties received.
    pub bounties: u64,
}

/// A margin account from its opening to its closing.
#[derive(AnchorDeserialize, AnchorSerialize, Clone, Debug)]
pub(super) struct Life {
    pub(super) stream: StreamState,
    pub(super) owner: String,
    opened_at: Option<i64>,
    pub(super) closed_at: Option<i64>,
    pub(super) last_place: i64,
    balance: u64,
    counters: AccountCounters,
    /// Σ notional of fills at the index, in 2^-40 atoms.
    volume: i128,
    trades: i64,
    /// The number of its last event when it was kept last as it was then; zero where it never was.
    pub(super) kept: u64,
    pub(super) positions: Positions,
    pub(super) orders: Orders,
}

impl Life {
    pub(super) fn new(stream: StreamState) -> Self {
        Self {
            stream,
            owner: String::new(),
            opened_at: None,
            closed_at: None,
            last_place: -1,
            balance: 0,
            counters: AccountCounters::default(),
            volume: 0,
            trades: 0,
            kept: 0,
            positions: Positions::default(),
            orders: Orders::default(),
        }
    }

    /// Takes in an event.
    pub(super) fn apply(&mut self, place: Place, event: &Event) {
        let is_mine = |account: &Pubkey| account.to_string() == self.stream.address;
        let counters = &mut self.counters;
        match event {
            Event::AccountOpened(event) => {
                self.owner = event.owner.to_string();
                self.opened_at = Some(event.time);
            }
            Event::AccountClosed(event) => {
                self.owner = event.owner.to_string();
                self.closed_at = Some(event.time);
            }
            Event::DelegateSet(event) => self.owner = event.owner.to_string(),
            Event::Deposited(event) => {
                self.owner = event.owner.to_string();
                counters.deposited = counters.deposited.wrapping_add(event.amount);
                self.balance = event.balance_after;
            }
            Event::Withdrawn(event) => {
                self.owner = event.owner.to_string();
                counters.withdrawn = counters.withdrawn.wrapping_add(event.amount);
                self.balance = event.balance_after;
            }
            Event::Traded(event) => {
                self.owner = event.owner.to_string();
                self.balance = event.balance_after;
            }
            Event::OrderExecuted(event) => {
                self.owner = event.owner.to_string();
                // What an order costs that could not be filled is a fee of the account's, of no position.
                counters.fees = counters.fees.wrapping_add(event.forfeited);
                self.balance = event.balance_after;
            }
            Event::OrdersOpened(event) => self.owner = event.owner.to_string(),
            Event::OrdersClosed(event) => self.owner = event.owner.to_string(),
            Event::OrdersPlaced(event) => self.owner = event.owner.to_string(),
            Event::OrderArmed(event) => self.owner = event.owner.to_string(),
            Event::OrderSwept(event) => self.owner = event.owner.to_string(),
            Event::FundingSettled(event) => {
                self.owner = event.owner.to_string();
                self.balance = event.balance_after;
                let outcome = Outcome { funding: event.funding, ..Outcome::default() };
                self.post(place, event.time, event.market_index, outcome);
            }
            Event::ProfitSettled(event) if is_mine(&event.account) => {
                self.owner = event.owner.to_string();
                self.balance = event.balance_after;
                let outcome = Outcome { realized: event.profit, funding: event.funding, ..Outcome::default() };
                self.post(place, event.time, event.market_index, outcome);
            }
            Event::ProfitSettled(event) => {
                if let Some(reward) = &event.reward {
                    self.balance = reward.balance_after;
                }
            }
            Event::ClaimRedeemed(event) => {
                self.owner = event.owner.to_string();
                self.balance = event.balance_after;
            }
            Event::ClaimWaived(event) => {
                self.owner = event.owner.to_string();
                self.balance = event.balance_after;
            }
            Event::Liquidated(event) if is_mine(&event.account) => {
                self.owner = event.owner.to_string();
                self.balance = event.balance_after;
                let outcome = Outcome {
                    sizes: Some((event.size_before, event.size_after)),
                    realized: event.realized,
                    funding: event.funding,
                    penalty: event.penalty,
                    ..Outcome::default()
                };
                self.post(place, event.time, event.market_index, outcome);
            }
            Event::Liquidated(event) => {
                counters.bounties = counters.bounties.wrapping_add(event.bounty);
                self.balance = event.liquidator_balance_after;
            }
            Event::BankruptcyResolved(event) => {
                self.owner = event.owner.to_string();
                self.balance = event.balance_after;
            }
            _ => {}
        }
        if let Some(fill) = Fill::of(event) {
            self.fill(place, event.time(), &fill);
        }
        self.orders.apply(place, event);
    }

    fn fill(&mut self, place: Place, time: i64, fill: &Fill) {
        let volume = fill.index_notional();
        self.volume = self.volume.wrapping_add(volume);
        self.trades = self.trades.wrapping_add(1);
        let outcome = Outcome {
            sizes: Some((fill.size_before, fill.size_after)),
            realized: fill.realized,
            funding: fill.funding,
            fee: fill.fee,
            volume,
            trades: 1,
            ..Outcome::default()
        };
        self.post(place, time, fill.market, outcome);
    }

    fn post(&mut self, place: Place, time: i64, market: u16, outcome: Outcome) {
        let counters = &mut self.counters;
        counters.realized = counters.realized.wrapping_add(outcome.realized);
        counters.funding = counters.funding.wrapping_add(outcome.funding);
        counters.fees = counters.fees.wrapping_add(outcome.fee);
        counters.penalties = counters.penalties.wrapping_add(outcome.penalty);
        self.positions.post(place, time, market, &outcome);
    }

    /// As it is stored.
    pub(super) fn row(&self) -> Vec<Value> {
        let counters = &self.counters;
        row![
            self.stream.id,
            self.stream.address.as_str(),
            self.owner.as_str(),
            self.opened_at,
            self.closed_at,
            self.last_place,
            self.balance,
            counters.deposited,
            counters.withdrawn,
            counters.realized,
            counters.funding,
            counters.fees,
            counters.penalties,
            counters.bounties,
            part(self.volume.div_euclid(X40_PER_ATOM)),
            part(self.volume.rem_euclid(X40_PER_ATOM)),
            self.trades,
            self.kept
        ]
    }
}

/// A part of a volume: all that is ever traded is less than 2^62 atoms.
fn part(amount: i128) -> i64 {
    i64::try_from(amount).unwrap_or(i64::MAX)
}

const LIFE_COLUMNS: [&str; 18] = [
    "stream",
    "account",
    "owner",
    "opened_at",
    "closed_at",
    "last_place",
    "balance",
    "deposited",
    "withdrawn",
    "realized",
    "funding",
    "fees",
    "penalties",
    "bounties",
    "volume",
    "volume_rest",
    "trades",
    "kept",
];

/// Rows of lives.
pub(super) fn life_rows() -> Rows {
    Rows::replacing("lives", &["stream"], &LIFE_COLUMNS)
}

/// The latest life of an account; none where it has had none.
pub(super) async fn load(connection: &mut AnyConnection, address: &str) -> Result<Option<Life>, StoreError> {
    const SELECT: &str = "SELECT s.id, s.kind, s.address, s.opened, s.contiguous, s.highest, l.owner, l.opened_at, \
         l.closed_at, l.last_place, l.balance, l.deposited, l.withdrawn, l.realized, l.funding, l.fees, l.penalties, \
         l.bounties, l.volume, l.volume_rest, l.trades, l.kept FROM lives l JOIN streams s ON s.id = l.stream WHERE l.account = $1 \
         ORDER BY l.last_place DESC LIMIT 1";
    let Some(row) = sqlx::query(SELECT).bind(address).fetch_optional(&mut *connection).await? else {
        return Ok(None);
    };
    let stream = stream(&row)?;
    let count = |column: usize| row.try_get::<i64, _>(column).map(i64::cast_unsigned);
    let life = Life {
        owner: row.try_get(6)?,
        opened_at: row.try_get(7)?,
        closed_at: row.try_get(8)?,
        last_place: row.try_get(9)?,
        balance: count(10)?,
        counters: AccountCounters {
            deposited: count(11)?,
            withdrawn: count(12)?,
            realized: row.try_get(13)?,
            funding: row.try_get(14)?,
            fees: count(15)?,
            penalties: count(16)?,
            bounties: count(17)?,
        },
        volume: i128::from(row.try_get::<i64, _>(18)?) * X40_PER_ATOM + i128::from(row.try_get::<i64, _>(19)?),
        trades: row.try_get(20)?,
        kept: count(21)?,
        positions: Positions::load(connection, address, stream.id).await?,
        orders: Orders::load(connection, address).await?,
        stream,
    };
    Ok(Some(life))
}

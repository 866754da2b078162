//! Events of the program, found in a transaction's logs and inner instructions.
//!
//! Most events are logged. Those of liquidations and bankruptcies, which happen to an account without its owner's doing, are
//! instructions of the program to itself: nobody can push them out of a log that nodes cut off.

use anchor_lang::event::EVENT_IX_TAG_LE;
use anchor_lang::prelude::Pubkey;
use anchor_lang::{AnchorDeserialize, Discriminator};
use base64::prelude::{Engine, BASE64_STANDARD};
use perp_swap::events;

/// What events are made of, for whoever looks into them.
pub use perp_swap::events::{
    BankruptcyResolved, ClaimRedeemed, FundingSettled, Liquidated, MarketMoment, OrderExecuted, OrderFill, OrderMoment,
    ProfitSettled, Traded,
};

macro_rules! events {
    ($($event:ident)+) => {
        /// One event of the program.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum Event {
            $(#[doc = concat!("[`", stringify!($event), "`](events::", stringify!($event), ").")] $event(events::$event),)+
        }

        impl Event {
            /// The names of all events.
            pub const NAMES: &'static [&'static str] = &[$(stringify!($event)),+];

            /// The event's name.
            pub const fn name(&self) -> &'static str {
                match self { $(Self::$event(_) => stringify!($event),)+ }
            }

            /// The exchange it happened on.
            pub const fn exchange(&self) -> Pubkey {
                match self { $(Self::$event(event) => event.exchange,)+ }
            }

            /// When it happened, in Unix seconds.
            pub const fn time(&self) -> i64 {
                match self { $(Self::$event(event) => event.time,)+ }
            }

            /// Its bytes as they are logged: discriminator, then fields in Borsh.
            pub fn data(&self) -> Vec<u8> {
                match self { $(Self::$event(event) => anchor_lang::Event::data(event),)+ }
            }
        }

        /// The event in these bytes; `None` where they begin like none.
        fn event(bytes: &[u8]) -> Option<std::io::Result<Event>> {
            $(if let Some(mut fields) = bytes.strip_prefix(events::$event::DISCRIMINATOR) {
                return Some(events::$event::deserialize(&mut fields).map(Event::$event));
            })+
            None
        }

        $(impl From<events::$event> for Event {
            fn from(event: events::$event) -> Self {
                Self::$event(event)
            }
        })+
    };
}

events! {
    ExchangeCreated AdminProposed AdminAccepted RolesSet ExchangeStatusSet SolvencyAttested
    MarketCreated MarketStatusSet BackingTargetSet ProtocolFeesWithdrawn PriceUpdated SecondPriceUpdated OracleOutageReported
    FundingUpdated
    MarketDelisted SettlementBegun ClaimsFunded InsuranceFunded
    AccountOpened AccountClosed DelegateSet Deposited Withdrawn
    Traded FundingSettled ProfitSettled ClaimRedeemed ClaimWaived Liquidated BankruptcyResolved
    OrdersOpened OrdersClosed OrdersPlaced OrderPlaced OrderSwept OrderArmed OrderExecuted
    LiquidityRequested MarketValued EpochClosed LiquidityPaid BackingAllocated
}

impl Event {
    /// The event in bytes that were logged; `None` where they are none that this client knows.
    pub fn from_data(data: &[u8]) -> Option<Self> {
        event(data)?.ok()
    }
}

/// Why the logs do not tell all events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Gap {
    /// The node cut the logs off.
    #[error("the node cut the logs off, so events may be missing: the sequence numbers of the next ones say how many")]
    Truncated,
    /// An event is none that this client knows.
    #[error("an event of the program is not of this client's version (line {line} of the logs): update the client")]
    Unknown {
        /// The line, counted from 1.
        line: usize,
    },
    /// An event that the program sent to itself is none that this client knows.
    #[error("an event of the program is not of this client's version (inner instruction {number}): update the client")]
    UnknownInstruction {
        /// Which of the transaction's inner instructions, counted from 1.
        number: usize,
    },
}

/// What was seen although not everything was.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{gap}")]
pub struct Incomplete {
    /// The events that could be read, in order.
    pub seen: Vec<Event>,
    /// The first thing that kept others from being read.
    pub gap: Gap,
}

/// Every event the program logged, in order. What other programs logged is not looked at, whatever it looks like.
///
/// # Errors
/// [`Incomplete`], with the events that were seen.
pub fn events_in_logs<S: AsRef<str>>(logs: &[S]) -> Result<Vec<Event>, Incomplete> {
    events_in_transaction(logs, std::iter::empty::<(Pubkey, &[u8])>())
}

/// Every event of a transaction, in order: those in its logs, and those in its inner instructions, each of which is a program
/// and the data it was called with. Cut-off logs hide no event of an inner instruction.
///
/// # Errors
/// [`Incomplete`], with the events that were seen.
pub fn events_in_transaction<S: AsRef<str>, D: AsRef<[u8]>>(
    logs: &[S],
    inner: impl IntoIterator<Item = (Pubkey, D)>,
) -> Result<Vec<Event>, Incomplete> {
    let mut gap = None;
    let mut sent = Vec::new();
    for (place, (program, data)) in inner.into_iter().enumerate() {
        match event_in_instruction(&program, data.as_ref()) {
            Some(event) => sent.push(event),
            None if is_event(&program, data.as_ref()) => {
                gap = gap.or(Some(Gap::UnknownInstruction { number: place + 1 }));
            }
            None => {}
        }
    }
    let mut sent = sent.into_iter();
    let mut running: Vec<Pubkey> = Vec::new();
    let mut seen = Vec::new();
    for (line, text) in logs.iter().map(AsRef::as_ref).enumerate() {
        if text == "Log truncated" {
            gap = gap.or(Some(Gap::Truncated));
            break;
        }
        let Some(rest) = text.strip_prefix("Program ") else { continue };
        if let Some(data) = rest.strip_prefix("data: ") {
            if running.last() == Some(&perp_swap::ID) {
                match decode(data) {
                    Some(event) => seen.push(event),
                    None => gap = gap.or(Some(Gap::Unknown { line: line + 1 })),
                }
            }
        } else if let Some((program, what)) = rest.split_once(' ') {
            let Ok(program) = program.parse() else { continue };
            match what.split([' ', ':']).next() {
                Some("invoke") => {
                    // The program calls itself for an event and for nothing else.
                    if program == perp_swap::ID && running.last() == Some(&program) {
                        seen.extend(sent.next());
                    }
                    running.push(program);
                }
                Some("success" | "failed") => drop(running.pop()),
                _ => {}
            }
        }
    }
    seen.extend(sent);
    match gap {
        None => Ok(seen),
        Some(gap) => Err(Incomplete { seen, gap }),
    }
}

/// The event in an instruction that the program sent to itself; `None` for any other instruction, and for an event that this
/// client does not know.
pub fn event_in_instruction(program: &Pubkey, data: &[u8]) -> Option<Event> {
    if !is_event(program, data) {
        return None;
    }
    Event::from_data(data.strip_prefix(EVENT_IX_TAG_LE)?)
}

fn is_event(program: &Pubkey, data: &[u8]) -> bool {
    *program == perp_swap::ID && data.starts_with(EVENT_IX_TAG_LE)
}

fn decode(data: &str) -> Option<Event> {
    Event::from_data(&BASE64_STANDARD.decode(data).ok()?)
}

#[cfg(test)]
mod tests;

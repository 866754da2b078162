//! Events of the program, found in the logs of a transaction.

use anchor_lang::prelude::Pubkey;
use anchor_lang::{AnchorDeserialize, Discriminator};
use base64::prelude::{Engine, BASE64_STANDARD};
use perp_swap::events;

macro_rules! events {
    ($($event:ident)+) => {
        /// One event of the program.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum Event {
            $($event(events::$event),)+
        }

        #[cfg(test)]
        const NAMES: &[&str] = &[$(stringify!($event)),+];

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
    ExchangeCreated MarketCreated AdminChanged RolesSet StatusSet BackingTargetSet ProtocolFeesWithdrawn
    AccountOpened AccountClosed DelegateSet Deposited Withdrawn
    PriceUpdated MarkedDark FundingUpdated FundingSettled ProfitSettled ClaimsFunded ClaimRedeemed
    Traded Liquidated BankruptcyResolved InsuranceFunded
    LiquidityRequested LiquidityDeposited LiquidityWithdrawn LiquidityReturned BackingAllocated
}

/// Why the logs do not tell all events.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EventError {
    #[error("the node cut the logs off, so events may be missing: send fewer instructions in one transaction")]
    Truncated,
    #[error("an event of the program is not of this client's version (line {line} of the logs): update the client")]
    Unknown { line: usize },
}

/// Every event the program emitted, in order. What other programs logged is not looked at, whatever it looks like.
///
/// # Errors
/// [`EventError`].
pub fn events_in_logs<S: AsRef<str>>(logs: &[S]) -> Result<Vec<Event>, EventError> {
    let mut running: Vec<Pubkey> = Vec::new();
    let mut found = Vec::new();
    for (line, text) in logs.iter().map(AsRef::as_ref).enumerate() {
        if text == "Log truncated" {
            return Err(EventError::Truncated);
        }
        let Some(rest) = text.strip_prefix("Program ") else { continue };
        if let Some(data) = rest.strip_prefix("data: ") {
            if running.last() == Some(&perp_swap::ID) {
                found.push(decode(data).ok_or(EventError::Unknown { line: line + 1 })?);
            }
        } else if let Some((program, what)) = rest.split_once(' ') {
            let Ok(program) = program.parse() else { continue };
            match what.split([' ', ':']).next() {
                Some("invoke") => running.push(program),
                Some("success" | "failed") => drop(running.pop()),
                _ => {}
            }
        }
    }
    Ok(found)
}

fn decode(data: &str) -> Option<Event> {
    event(&BASE64_STANDARD.decode(data).ok()?)?.ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use anchor_lang::Event as _;

    fn line(event: &events::Deposited) -> String {
        format!("Program data: {}", BASE64_STANDARD.encode(event.data()))
    }

    fn deposited() -> events::Deposited {
        events::Deposited { account: Pubkey::new_unique(), amount: 5, balance_before: 1, balance_after: 6 }
    }

    #[test]
    fn every_event_of_the_program_is_known() {
        let source = include_str!("../../../programs/perp-swap/src/events.rs");
        // A struct that is only part of an event has no such attribute.
        let mut names: Vec<_> = source
            .split("#[event]")
            .skip(1)
            .filter_map(|rest| rest.lines().find_map(|line| line.strip_prefix("pub struct ")?.strip_suffix(" {")))
            .collect();
        let mut known = NAMES.to_vec();
        names.sort_unstable();
        known.sort_unstable();
        assert_eq!(names, known);
    }

    #[test]
    fn an_event_is_found_after_an_inner_call() {
        let (exchange, token) = (perp_swap::ID, anchor_spl::token::ID);
        let logs = [
            format!("Program {exchange} invoke [1]"),
            "Program log: Instruction: Deposit".into(),
            format!("Program {token} invoke [2]"),
            format!("Program {token} consumed 100 of 200 compute units"),
            format!("Program {token} success"),
            line(&deposited()),
            format!("Program {exchange} success"),
        ];
        let events = events_in_logs(&logs).unwrap();
        assert!(matches!(&events[..], [Event::Deposited(event)] if event.amount == 5));
    }

    #[test]
    fn another_program_cannot_speak_for_the_exchange() {
        let (exchange, liar) = (perp_swap::ID, Pubkey::new_unique());
        let logs = [
            format!("Program {liar} invoke [1]"),
            line(&deposited()),
            format!("Program log: Program {exchange} invoke [2]"),
            line(&deposited()),
            format!("Program {exchange} invoke [2]"),
            format!("Program {exchange} failed: custom program error: 0x1770"),
            line(&deposited()),
        ];
        assert_eq!(events_in_logs(&logs), Ok(vec![]));
    }

    #[test]
    fn what_cannot_be_read_is_an_error_not_a_gap() {
        let begin = format!("Program {} invoke [1]", perp_swap::ID);
        assert_eq!(events_in_logs(&[&begin, "Log truncated"]), Err(EventError::Truncated));
        let unknown = format!("Program data: {}", BASE64_STANDARD.encode([7; 16]));
        assert_eq!(events_in_logs(&[&begin, &unknown]), Err(EventError::Unknown { line: 2 }));
        let short = format!("Program data: {}", BASE64_STANDARD.encode(&deposited().data()[..20]));
        assert_eq!(events_in_logs(&[&begin, &short]), Err(EventError::Unknown { line: 2 }));
    }
}

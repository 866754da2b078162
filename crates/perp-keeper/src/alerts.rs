//! What operators and traders are told of: margin calls, orders that were filled, outages, empty wallets.
//!
//! An alert is raised once and is over once: each has two bounds, so that it does not come and go with every price. A fill is told, and
//! never over.

use std::collections::BTreeSet;

use serde::Serialize;

pub mod margin;
pub mod webhook;

/// Something to be told of, with the numbers whose comparison decided. Amounts are in atoms of the quote token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "alert", rename_all = "snake_case")]
pub enum Alert {
    /// An account's equity is below so many percent of its maintenance margin.
    MarginCall {
        /// The margin account.
        account: String,
        /// Its owner.
        owner: String,
        /// The call.
        percent: u64,
        /// Its equity.
        equity_atoms: i64,
        /// Its maintenance margin.
        margin_atoms: u64,
    },
    /// An order of an account was filled by this keeper.
    OrderFilled {
        /// The margin account.
        account: String,
        /// Its owner.
        owner: String,
        /// The order's place.
        order: u8,
        /// Which of the account's orders it is.
        number: u64,
        /// The market.
        market: u16,
        /// What was bought, or sold where negative, in base units.
        size_base: i64,
        /// The position after it, in base units.
        size_after_base: i64,
        /// The fee.
        fee_atoms: u64,
    },
    /// A market's price is old.
    PriceStale {
        /// The market.
        market: u16,
        /// The age of its price.
        age_seconds: u64,
        /// The most.
        limit_seconds: u64,
    },
    /// The node does not answer.
    NodeGone {
        /// Since how long.
        seconds: u64,
        /// The most.
        limit_seconds: u64,
        /// Why, as far as is known.
        reason: Option<String>,
    },
    /// There is no subscription.
    WebsocketGone {
        /// Since how long.
        seconds: u64,
        /// The most.
        limit_seconds: u64,
    },
    /// A wallet holds too little to pay with.
    WalletLow {
        /// The wallet.
        wallet: String,
        /// What it holds.
        lamports: u64,
        /// What it must hold to pay; once it was below, what it must hold to pay again.
        needed_lamports: u64,
    },
}

/// The names of all alerts.
pub const ALERTS: [&str; 6] =
    ["margin_call", "order_filled", "price_stale", "node_gone", "websocket_gone", "wallet_low"];

/// Whether an alert begins or ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Turn {
    /// It begins.
    Raised,
    /// It is over.
    Over,
}

/// An alert as it is posted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Notice {
    /// What it is about.
    #[serde(flatten)]
    pub alert: Alert,
    /// Whether it begins or ends.
    pub state: Turn,
    /// The exchange.
    pub exchange: String,
    /// In words: the key that chat programs show.
    pub text: String,
    /// When, in seconds since 1970.
    pub time: u64,
}

impl Alert {
    /// Its name.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::MarginCall { .. } => "margin_call",
            Self::OrderFilled { .. } => "order_filled",
            Self::PriceStale { .. } => "price_stale",
            Self::NodeGone { .. } => "node_gone",
            Self::WebsocketGone { .. } => "websocket_gone",
            Self::WalletLow { .. } => "wallet_low",
        }
    }

    /// What it is about: with its name, what tells it from others.
    pub fn subject(&self) -> String {
        match self {
            Self::MarginCall { account, .. } => account.clone(),
            Self::OrderFilled { account, number, .. } => format!("{account} {number}"),
            Self::PriceStale { market, .. } => market.to_string(),
            Self::NodeGone { .. } | Self::WebsocketGone { .. } => String::new(),
            Self::WalletLow { wallet, .. } => wallet.clone(),
        }
    }

    /// In words, with what to do.
    pub fn text(&self, turn: Turn) -> String {
        match (self, turn) {
            (Self::MarginCall { account, percent, equity_atoms, margin_atoms, .. }, Turn::Raised) => format!(
                "margin account {account}: equity of {equity_atoms} atoms is below {percent} % of its maintenance margin of \
                 {margin_atoms}: deposit, or close a part"
            ),
            (Self::MarginCall { account, equity_atoms, margin_atoms, .. }, Turn::Over) => format!(
                "margin account {account}: equity of {equity_atoms} atoms is enough again for a maintenance margin of {margin_atoms}"
            ),
            (Self::OrderFilled { account, order, number, market, size_base, size_after_base, fee_atoms, .. }, _) => {
                let (traded, size) = if *size_base < 0 { ("sold", size_base) } else { ("bought", size_base) };
                format!(
                    "margin account {account}: order {number} at place {order} {traded} {} base units in market {market} for a fee of \
                     {fee_atoms} atoms: the position is {size_after_base}",
                    size.unsigned_abs()
                )
            }
            (Self::PriceStale { market, age_seconds, limit_seconds }, Turn::Raised) => format!(
                "market {market}: its price is {age_seconds} s old, and may be {limit_seconds} s: see whether its feed is posted"
            ),
            (Self::PriceStale { market, age_seconds, .. }, Turn::Over) => {
                format!("market {market}: its price is {age_seconds} s old, as it should be")
            }
            (Self::NodeGone { seconds, limit_seconds, reason }, Turn::Raised) => {
                let reason = reason.as_ref().map(|reason| format!(" ({reason})")).unwrap_or_default();
                format!("nothing was read from the node for {seconds} s, and {limit_seconds} s are allowed{reason}")
            }
            (Self::NodeGone { .. }, Turn::Over) => "the node answers again".into(),
            (Self::WebsocketGone { seconds, limit_seconds }, Turn::Raised) => format!(
                "no subscription for {seconds} s, and {limit_seconds} s are allowed: accounts are read once a second meanwhile"
            ),
            (Self::WebsocketGone { .. }, Turn::Over) => "the subscription is back".into(),
            (Self::WalletLow { wallet, lamports, needed_lamports }, Turn::Raised) => format!(
                "wallet {wallet} holds {lamports} lamports, and pays for nothing below {needed_lamports}: send it SOL"
            ),
            (Self::WalletLow { wallet, lamports, .. }, Turn::Over) => {
                format!("wallet {wallet} holds {lamports} lamports, and pays again")
            }
        }
    }
}

/// Which alerts are on.
#[derive(Debug, Default)]
pub struct Latches {
    on: BTreeSet<(&'static str, String)>,
}

impl Latches {
    /// Whether an alert is on.
    pub fn is_on(&self, alert: &Alert) -> bool {
        self.on.contains(&(alert.name(), alert.subject()))
    }

    /// An alert is on or not from now on; says whether that is news.
    pub fn set(&mut self, alert: &Alert, is_on: bool) -> Option<Turn> {
        let key = (alert.name(), alert.subject());
        match is_on {
            true => self.on.insert(key).then_some(Turn::Raised),
            false => self.on.remove(&key).then_some(Turn::Over),
        }
    }
}

/// Whether a value is too large, given whether it was: beyond its limit, and then until it is half of that again.
pub const fn is_beyond(was_beyond: bool, value: u64, limit: u64) -> bool {
    if was_beyond {
        value > limit / 2
    } else {
        value > limit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILLED: Alert = Alert::OrderFilled {
        account: String::new(),
        owner: String::new(),
        order: 3,
        number: 7,
        market: 0,
        size_base: -5,
        size_after_base: 2,
        fee_atoms: 9,
    };
    const STALE: Alert = Alert::PriceStale { market: 3, age_seconds: 61, limit_seconds: 60 };

    #[test]
    fn a_price_whose_age_swings_around_its_limit_is_one_alert() {
        let mut latches = Latches::default();
        let mut turns = Vec::new();
        for age in [59, 60, 61, 40, 31, 62, 30, 29, 60] {
            let is_on = is_beyond(latches.is_on(&STALE), age, 60);
            turns.extend(latches.set(&STALE, is_on).map(|turn| (age, turn)));
        }
        // Raised above 60, over at half of it.
        assert_eq!(turns, [(61, Turn::Raised), (30, Turn::Over)]);
    }

    #[test]
    fn alerts_about_different_things_are_different_alerts() {
        let mut latches = Latches::default();
        let other = Alert::PriceStale { market: 4, age_seconds: 61, limit_seconds: 60 };
        assert_eq!(latches.set(&STALE, true), Some(Turn::Raised));
        assert_eq!(latches.set(&other, true), Some(Turn::Raised));
        // The same about the same thing, with other numbers.
        let later = Alert::PriceStale { market: 3, age_seconds: 99, limit_seconds: 60 };
        assert_eq!(latches.set(&later, true), None);
        assert_eq!(latches.set(&other, false), Some(Turn::Over));
        assert!(latches.is_on(&STALE) && !latches.is_on(&other));
    }

    #[test]
    fn a_notice_is_one_flat_object() {
        let text = STALE.text(Turn::Raised);
        let notice = Notice { alert: STALE, state: Turn::Raised, exchange: "X".into(), text, time: 7 };
        let expected = serde_json::json!({
            "alert": "price_stale", "market": 3, "age_seconds": 61, "limit_seconds": 60, "state": "raised", "exchange": "X",
            "text": "market 3: its price is 61 s old, and may be 60 s: see whether its feed is posted", "time": 7,
        });
        assert_eq!(serde_json::to_value(&notice).unwrap(), expected);
    }

    #[test]
    fn every_alert_has_its_name_everywhere() {
        let (account, owner, wallet) = (String::new(), String::new(), String::new());
        let alerts = [
            Alert::MarginCall { account, owner, percent: 105, equity_atoms: 1, margin_atoms: 1 },
            FILLED,
            STALE,
            Alert::NodeGone { seconds: 1, limit_seconds: 1, reason: None },
            Alert::WebsocketGone { seconds: 1, limit_seconds: 1 },
            Alert::WalletLow { wallet, lamports: 1, needed_lamports: 1 },
        ];
        assert_eq!(alerts.each_ref().map(Alert::name), ALERTS);
        for alert in alerts {
            assert_eq!(serde_json::to_value(&alert).unwrap()["alert"], alert.name());
            // A fill is never over.
            let ends = alert.text(Turn::Raised) != alert.text(Turn::Over);
            assert_eq!(ends, alert != FILLED);
        }
    }
}

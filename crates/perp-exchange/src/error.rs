use core::fmt;
use perp_engine::EngineError;

/// Why an operation did not take place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// There is no such market here: list it, or fetch it and add it.
    NoMarket {
        /// The index asked for.
        market: u16,
    },
    /// There is no such margin account here.
    NoAccount {
        /// The number asked for.
        account: usize,
    },
    /// There is no such liquidity provider here.
    NoProvider {
        /// The number asked for.
        provider: usize,
    },
    /// There is no such request here: it was paid out, or never made.
    NoRequest {
        /// The number asked for.
        request: u64,
    },
    /// No epoch to which the request belongs is closed.
    NoEpoch {
        /// From when on it belongs to one.
        belongs_from: i64,
    },
    /// There is no account of this margin account's orders: it was closed, or never opened.
    NoOrders {
        /// The margin account's number.
        account: usize,
    },
    /// The account of this margin account's orders is open already.
    OrdersOpen {
        /// The margin account's number.
        account: usize,
    },
    /// Orders rest, so that their account is not closed.
    OrdersNotEmpty {
        /// The margin account's number.
        account: usize,
    },
    /// There is no such proposal here: it was applied, cancelled, or never made.
    NoProposal {
        /// The market or role asked for.
        subject: u16,
    },
    /// There is a proposal of this kind about the same already.
    ProposalOpen {
        /// The market or role that it is about.
        subject: u16,
    },
    /// The liquidated account cannot receive the bounty, nor the settled one the reward.
    SelfLiquidation,
    /// A rule of the exchange, with its numbers.
    Rule(EngineError),
}

impl Refusal {
    /// The rule of the exchange, where that is the reason.
    pub const fn rule(&self) -> Option<EngineError> {
        match self {
            Self::Rule(rule) => Some(*rule),
            _ => None,
        }
    }
}

impl From<EngineError> for Refusal {
    fn from(rule: EngineError) -> Self {
        Self::Rule(rule)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoMarket { market } => {
                write!(formatter, "market {market} is not here: list it, or fetch it and add it")
            }
            Self::NoAccount { account } => write!(formatter, "there is no margin account {account}"),
            Self::NoProvider { provider } => write!(formatter, "there is no liquidity provider {provider}"),
            Self::NoRequest { request } => write!(formatter, "there is no liquidity request {request}"),
            Self::NoEpoch { belongs_from } => write!(
                formatter,
                "no epoch is closed to which a request from {belongs_from} on belongs: close the next boundary first"
            ),
            Self::NoOrders { account } => {
                write!(formatter, "no orders are kept for margin account {account}: open them")
            }
            Self::OrdersOpen { account } => write!(formatter, "orders are kept for margin account {account} already"),
            Self::OrdersNotEmpty { account } => {
                write!(formatter, "orders of margin account {account} rest: cancel them")
            }
            Self::NoProposal { subject } => write!(formatter, "there is no proposal of this kind about {subject}"),
            Self::ProposalOpen { subject } => {
                write!(formatter, "a proposal of this kind about {subject} waits already: apply or cancel it")
            }
            Self::SelfLiquidation => {
                write!(formatter, "the liquidated or settled account cannot receive what is paid for it")
            }
            Self::Rule(rule) => write!(formatter, "{rule}: {} {}", rule.text(), rule.remedy()),
        }
    }
}

impl core::error::Error for Refusal {}

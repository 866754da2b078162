use crate::layout::Refusal as RefusalWords;
use perp_engine::parameters::{ChangeRule, MarketRule, PoolChangeRule, PoolRule};
use perp_engine::units::{Atoms, Price, SignedAtoms, Size};
use perp_engine::EngineError;
use perp_exchange::sizing::SizingError;

macro_rules! statuses {
    ($($(#[doc = $doc:literal])+ $name:ident = $number:literal [$($field:literal),*];)+) => {
        /// The first word of an answer, and what `load` and `price` return.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u64)]
        pub enum Status { $($(#[doc = $doc])+ $name = $number,)+ }

        /// Number, name, text and numbers that follow of every status.
        #[cfg(not(target_arch = "wasm32"))]
        pub(crate) const STATUSES: &[(u64, &str, &str, &[&str])] =
            &[$(($number, stringify!($name), concat!($($doc),+), &[$($field),*])),+];
    };
}

statuses! {
    /// The answer follows.
    Answered = 0 [];
    /// A rule of the exchange refuses: code and numbers follow.
    Rule = 1 [];
    /// The market is not loaded.
    NoMarket = 2 ["market"];
    /// The margin account is not loaded.
    NoAccount = 3 ["account"];
    /// No order rests at this place.
    NoOrder = 4 ["place"];
    /// There is no question of this number.
    UnknownQuestion = 5 ["question"];
    /// A question is shorter or longer than its structs.
    WrongLength = 6 ["words", "expected"];
    /// The exchange is not loaded: it comes first.
    NoExchange = 7 [];
    /// The answer is longer than the output buffer.
    AnswerTooLong = 8 [];
    /// A stop of a long position must be below the price, that of a short one above it.
    StopOnWrongSide = 9 ["price", "stop"];
    /// The equity is not above zero.
    NoEquity = 10 ["equity"];
    /// The volatility is zero.
    NoVolatility = 11 [];
    /// There are no days of observation.
    NoObservations = 12 [];
    /// There are too few candles.
    TooFewCandles = 13 ["candles", "needed"];
    /// A candle's low and high do not enclose it.
    BrokenCandle = 14 ["place"];
    /// A field holds a number that it cannot: a side, a kind, a limit.
    OutOfRange = 15 ["number"];
    /// The bytes are no account of the program.
    WrongType = 16 [];
    /// The account is not as long as accounts of its type are.
    WrongAccountLength = 17 ["length", "space"];
    /// The account has another layout version than this module reads.
    WrongVersion = 18 ["version"];
    /// Margin accounts are numbered from zero up without gaps.
    NotNext = 19 ["next"];
    /// The numbers are no oracle's reading.
    NoReading = 20 [];
    /// The exchange has no such thing: an operation of its own, not a rule.
    Unsupported = 21 [];
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The status.
    pub status: Status,
    /// What follows it.
    pub words: RefusalWords,
}

impl Refused {
    /// A status with its numbers.
    pub(crate) const fn with(status: Status, first: u64, second: u64) -> Self {
        Self { status, words: RefusalWords { code: 0, first, second, third: 0 } }
    }

    pub(crate) const fn of(status: Status) -> Self {
        Self::with(status, 0, 0)
    }

    /// A field's number is beyond what it can be.
    pub(crate) const fn out_of_range(number: u64) -> Self {
        Self::with(Status::OutOfRange, number, 0)
    }
}

/// A number of a rule as one word.
trait Word {
    fn word(self) -> u64;
}

macro_rules! words {
    ($($type:ty: $name:ident => $word:expr;)+) => {
        $(impl Word for $type { fn word(self) -> u64 { let $name = self; $word } })+
    };
}

words! {
    u64: number => number;
    u16: number => u64::from(number);
    i64: number => number.cast_unsigned();
    Atoms: number => number.get();
    Size: number => number.get();
    Price: number => number.get();
    SignedAtoms: number => number.get().cast_unsigned();
    MarketRule: rule => rule as u64;
    PoolRule: rule => rule as u64;
    ChangeRule: rule => rule as u64;
    PoolChangeRule: rule => rule as u64;
}

macro_rules! rules {
    ($($code:literal $name:ident $({ $($field:ident: $type:ty),* })? $text:literal $remedy:literal;)+) => {
        fn words_of(rule: EngineError) -> RefusalWords {
            let numbered = |code: u64, numbers: &[u64]| {
                let at = |place: usize| numbers.get(place).copied().unwrap_or(0);
                RefusalWords { code, first: at(0), second: at(1), third: at(2) }
            };
            match rule {
                $(EngineError::$name $({ $($field),* })? => numbered($code, &[$($($field.word()),*)?]),)+
            }
        }

        /// Code, name and numbers of every rule.
        #[cfg(not(target_arch = "wasm32"))]
        pub(crate) const RULES: &[(u32, &str, &[(&str, &str)])] =
            &[$(($code, stringify!($name), &[$($((stringify!($field), stringify!($type))),*)?])),+];
    };
}

perp_engine::engine_rules!(rules);

impl From<EngineError> for Refused {
    #[inline(never)]
    fn from(rule: EngineError) -> Self {
        Self { status: Status::Rule, words: words_of(rule) }
    }
}

impl From<perp_exchange::Refusal> for Refused {
    fn from(refusal: perp_exchange::Refusal) -> Self {
        match refusal {
            perp_exchange::Refusal::Rule(rule) => rule.into(),
            perp_exchange::Refusal::NoMarket { market } => Self::with(Status::NoMarket, market.into(), 0),
            perp_exchange::Refusal::NoAccount { account } => Self::with(Status::NoAccount, account as u64, 0),
            _ => Self::of(Status::Unsupported),
        }
    }
}

impl From<SizingError> for Refused {
    fn from(error: SizingError) -> Self {
        match error {
            SizingError::Refused(refusal) => refusal.into(),
            SizingError::StopOnWrongSide { price, stop, .. } => {
                Self::with(Status::StopOnWrongSide, price.get(), stop.get())
            }
            SizingError::NoEquity { equity } => Self::with(Status::NoEquity, equity.word(), 0),
            SizingError::NoVolatility => Self::of(Status::NoVolatility),
            SizingError::NoObservations => Self::of(Status::NoObservations),
            SizingError::TooFewCandles { candles, needed } => {
                Self::with(Status::TooFewCandles, candles as u64, needed as u64)
            }
            SizingError::BrokenCandle { place } => Self::with(Status::BrokenCandle, place as u64, 0),
        }
    }
}

//! The rules that parameters must satisfy. They call margin and price, and are called where parameters are set.

/// An enum of rules in the order in which they are checked, each with what must hold.
macro_rules! rules {
    ($name:ident $doc:literal $($rule:ident $text:literal;)+) => {
        #[doc = $doc]
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name {
            $(#[doc = $text] $rule,)+
        }

        impl $name {
            /// Every rule, in the order in which they are checked.
            pub const ALL: &'static [Self] = &[$(Self::$rule),+];

            /// What must hold.
            pub const fn text(self) -> &'static str {
                match self { $(Self::$rule => $text,)+ }
            }
        }
    };
}

mod change;
mod market;
mod pool;
mod pool_change;

pub use change::{
    check_change, check_listing, cost_of_change_ceil, next_step, ChangeRule, CARRY_A_DAY_PPM, FIRST_BACKING_CAP,
    LARGEST_BACKING_STEP, STEP_PPM,
};
pub use market::MarketRule;
pub(crate) use market::{MAX_ACCRUAL_SECONDS, MAX_FUNDING_RATE, MAX_FUNDING_VELOCITY, MAX_WEIGHT};
pub use pool::PoolRule;
pub use pool_change::{check_pool_change, PoolChangeRule};

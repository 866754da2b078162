//! Accounts with positions in several markets, whose prices are posted one after the other by whom it suits.

use super::*;

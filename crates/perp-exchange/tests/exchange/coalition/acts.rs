//! What the coalition may do.

use super::COALITION;
use crate::steps::MARKETS;
use proptest::prelude::*;

#[derive(Clone, Debug)]
pub enum Act {
    Trade {
        member: usize,
        market: u16,
        thousandths: i64,
    },
    TradeDust {
        member: usize,
        market: u16,
        size: i64,
    },
    Close {
        member: usize,
        market: u16,
    },
    /// Anybody's position, also a member's.
    Liquidate {
        member: usize,
        pick: usize,
        percent: u64,
    },
    SettlePnl {
        pick: usize,
    },
    SettleFunding {
        pick: usize,
    },
    FundClaims {
        market: u16,
    },
    RedeemClaim {
        pick: usize,
    },
    /// A member's.
    WaiveClaim {
        pick: usize,
    },
    ResolveBankruptcy {
        pick: usize,
    },
    Allocate {
        market: u16,
    },
    RequestDeposit {
        dollars: u64,
    },
    RequestWithdrawal {
        percent: u64,
    },
    /// The boundary that has come is closed, and what it owes is paid; one that has not is waited for if there is time.
    Serve,
    Withdraw {
        member: usize,
        percent: u64,
    },
    NextSlot,
}

pub fn act() -> impl Strategy<Value = Act> {
    let (member, market, pick) = (0..COALITION.len(), 0..MARKETS, any::<usize>());
    prop_oneof![
        8 => (member.clone(), market.clone(), -25_000i64..25_000)
            .prop_map(|(member, market, thousandths)| Act::Trade { member, market, thousandths }),
        2 => (member.clone(), market.clone(), -400i64..400)
            .prop_map(|(member, market, size)| Act::TradeDust { member, market, size }),
        4 => (member.clone(), market.clone()).prop_map(|(member, market)| Act::Close { member, market }),
        6 => (member.clone(), pick, prop_oneof![1u64..100, Just(100)])
            .prop_map(|(member, pick, percent)| Act::Liquidate { member, pick, percent }),
        4 => pick.prop_map(|pick| Act::SettlePnl { pick }),
        2 => pick.prop_map(|pick| Act::SettleFunding { pick }),
        2 => market.clone().prop_map(|market| Act::FundClaims { market }),
        2 => pick.prop_map(|pick| Act::RedeemClaim { pick }),
        1 => pick.prop_map(|pick| Act::WaiveClaim { pick }),
        2 => pick.prop_map(|pick| Act::ResolveBankruptcy { pick }),
        2 => market.prop_map(|market| Act::Allocate { market }),
        1 => (10u64..200_000).prop_map(|dollars| Act::RequestDeposit { dollars }),
        1 => (1u64..=100).prop_map(|percent| Act::RequestWithdrawal { percent }),
        1 => Just(Act::Serve),
        1 => (member, 1u64..100).prop_map(|(member, percent)| Act::Withdraw { member, percent }),
        4 => Just(Act::NextSlot),
    ]
}

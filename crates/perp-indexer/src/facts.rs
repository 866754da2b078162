//! What an event says of itself: which streams it is a numbered part of, what follows it, what was filled.

use anchor_lang::prelude::{AnchorDeserialize, AnchorSerialize, Pubkey};
use perp_client::events::Event;

/// What numbers its events.
#[derive(AnchorDeserialize, AnchorSerialize, Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum StreamKind {
    /// The exchange, for what is about neither market, account nor pool.
    Exchange,
    /// The pool.
    Pool,
    /// A market.
    Market,
    /// A margin account from its opening to its closing.
    Account,
}

impl StreamKind {
    /// As it is stored and shown.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Exchange => "exchange",
            Self::Pool => "pool",
            Self::Market => "market",
            Self::Account => "account",
        }
    }

    /// The kind of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Exchange, Self::Pool, Self::Market, Self::Account].into_iter().find(|kind| kind.name() == name)
    }
}

/// The number of an event in one of its streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Numbered {
    /// What numbers it.
    pub kind: StreamKind,
    /// Its address.
    pub address: Pubkey,
    /// The number, counted from 1.
    pub sequence: u64,
}

/// Every stream that the event is a part of. `pool` is the pool's address, which events do not name.
pub fn numbers(event: &Event, pool: Pubkey) -> Vec<Numbered> {
    use StreamKind::{Account, Exchange, Market, Pool};
    let exchange = |sequence| Numbered { kind: Exchange, address: event.exchange(), sequence };
    let of_pool = |sequence| Numbered { kind: Pool, address: pool, sequence };
    let market = |address, sequence| Numbered { kind: Market, address, sequence };
    let account = |address, sequence| Numbered { kind: Account, address, sequence };
    match event {
        Event::ExchangeCreated(event) => vec![exchange(event.exchange_sequence)],
        Event::AdminProposed(event) => vec![exchange(event.exchange_sequence)],
        Event::AdminAccepted(event) => vec![exchange(event.exchange_sequence)],
        Event::RolesSet(event) => vec![exchange(event.exchange_sequence)],
        Event::SolvencyAttested(_) => vec![],
        Event::ExchangeStatusSet(event) => vec![exchange(event.exchange_sequence)],
        Event::MarketCreated(event) => vec![market(event.market, event.market_sequence)],
        Event::MarketStatusSet(event) => vec![market(event.market, event.state.sequence)],
        Event::BackingTargetSet(event) => vec![market(event.market, event.market_sequence)],
        Event::ProtocolFeesWithdrawn(event) => vec![market(event.market, event.market_sequence)],
        Event::PriceUpdated(event) => vec![market(event.market, event.state.sequence)],
        Event::SecondPriceUpdated(event) => vec![market(event.market, event.market_sequence)],
        Event::OracleOutageReported(event) => vec![market(event.market, event.market_sequence)],
        Event::FundingUpdated(event) => vec![market(event.market, event.state.sequence)],
        Event::MarketDelisted(event) => vec![market(event.market, event.state.sequence)],
        Event::SettlementBegun(event) => vec![market(event.market, event.state.sequence)],
        Event::ClaimsFunded(event) => vec![market(event.market, event.market_sequence)],
        Event::InsuranceFunded(event) => {
            let of_market =
                event.market.zip(event.market_sequence).map(|(address, sequence)| market(address, sequence));
            of_market.into_iter().chain(event.pool_sequence.map(of_pool)).collect()
        }
        Event::AccountOpened(event) => vec![account(event.account, event.account_sequence)],
        Event::AccountClosed(event) => vec![account(event.account, event.account_sequence)],
        Event::DelegateSet(event) => vec![account(event.account, event.account_sequence)],
        Event::Deposited(event) => vec![account(event.account, event.account_sequence)],
        Event::Withdrawn(event) => vec![account(event.account, event.account_sequence)],
        Event::Traded(event) => {
            vec![account(event.account, event.account_sequence), market(event.market, event.state.sequence)]
        }
        // What is one of several of the event before it has that event's number.
        Event::OrderPlaced(_) => vec![],
        Event::OrdersOpened(event) => vec![account(event.account, event.account_sequence)],
        Event::OrdersClosed(event) => vec![account(event.account, event.account_sequence)],
        Event::OrderSwept(event) => vec![account(event.account, event.account_sequence)],
        Event::OrdersPlaced(event) => {
            vec![account(event.account, event.account_sequence), market(event.market, event.state.sequence)]
        }
        Event::OrderArmed(event) => {
            vec![account(event.account, event.account_sequence), market(event.market, event.state.sequence)]
        }
        Event::OrderExecuted(event) => {
            vec![account(event.account, event.account_sequence), market(event.market, event.state.sequence)]
        }
        Event::FundingSettled(event) => {
            vec![account(event.account, event.account_sequence), market(event.market, event.state.sequence)]
        }
        Event::ProfitSettled(event) => {
            let mut numbers =
                vec![account(event.account, event.account_sequence), market(event.market, event.state.sequence)];
            if let Some(reward) = &event.reward {
                numbers.extend([account(reward.account, reward.account_sequence), of_pool(reward.pool_sequence)]);
            }
            numbers
        }
        Event::ClaimRedeemed(event) => {
            vec![account(event.account, event.account_sequence), market(event.market, event.market_sequence)]
        }
        Event::ClaimWaived(event) => {
            vec![account(event.account, event.account_sequence), market(event.market, event.market_sequence)]
        }
        Event::Liquidated(event) => vec![
            account(event.account, event.account_sequence),
            account(event.liquidator_account, event.liquidator_sequence),
            market(event.market, event.state.sequence),
        ],
        Event::BankruptcyResolved(event) => vec![
            account(event.account, event.account_sequence),
            market(event.market, event.state.sequence),
            of_pool(event.pool_sequence),
        ],
        Event::LiquidityRequested(event) => vec![of_pool(event.pool_sequence)],
        Event::MarketValued(event) => vec![market(event.market, event.state.sequence), of_pool(event.pool_sequence)],
        Event::EpochClosed(event) => vec![of_pool(event.pool_sequence)],
        Event::LiquidityPaid(event) => vec![of_pool(event.pool_sequence)],
        Event::BackingAllocated(event) => {
            vec![market(event.market, event.state.sequence), of_pool(event.pool_sequence)]
        }
    }
}

/// The market's state after the event with the market's index, where the event carries it.
pub fn moment(event: &Event) -> Option<(u16, &perp_swap::events::MarketMoment)> {
    Some(match event {
        Event::MarketStatusSet(event) => (event.market_index, &event.state),
        Event::PriceUpdated(event) => (event.market_index, &event.state),
        Event::FundingUpdated(event) => (event.market_index, &event.state),
        Event::MarketDelisted(event) => (event.market_index, &event.state),
        Event::SettlementBegun(event) => (event.market_index, &event.state),
        Event::Traded(event) => (event.market_index, &event.state),
        Event::OrdersPlaced(event) => (event.market_index, &event.state),
        Event::OrderArmed(event) => (event.market_index, &event.state),
        Event::OrderExecuted(event) => (event.market_index, &event.state),
        Event::FundingSettled(event) => (event.market_index, &event.state),
        Event::ProfitSettled(event) => (event.market_index, &event.state),
        Event::Liquidated(event) => (event.market_index, &event.state),
        Event::BankruptcyResolved(event) => (event.market_index, &event.state),
        Event::BackingAllocated(event) => (event.market_index, &event.state),
        Event::MarketValued(event) => (event.market_index, &event.state),
        _ => return None,
    })
}

/// Of an event that has no number of its own, since it is one of several that follow another: the margin account, and that
/// one's number among the account's.
pub fn follows(event: &Event) -> Option<(Pubkey, u64)> {
    match event {
        Event::OrderPlaced(event) => Some((event.account, event.account_sequence)),
        _ => None,
    }
}

/// Why a transaction's events are not all: numbers tell of a missing one only where it has a number of its own, so an event that
/// others follow says how many. None where as many follow each.
pub fn missing_followers(events: &[Event]) -> Option<String> {
    let mut rest = events.iter().peekable();
    while let Some(event) = rest.next() {
        let (followed, expected) = match event {
            Event::OrdersPlaced(event) => ((event.account, event.account_sequence), event.placed.count_ones()),
            Event::OrderPlaced(_) => return Some(format!("{} follows no event that it is a part of", event.name())),
            _ => continue,
        };
        let mut placed = 0_u32;
        while rest.next_if(|next| follows(next) == Some(followed)).is_some() {
            placed = placed.saturating_add(1);
        }
        if placed != expected {
            return Some(format!("{expected} OrderPlaced are to follow OrdersPlaced, and {placed} do"));
        }
    }
    None
}

/// What was filled, of a market order or of a resting one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fill {
    /// The market's index.
    pub market: u16,
    /// The margin account.
    pub account: Pubkey,
    /// Its owner.
    pub owner: Pubkey,
    /// Who signed: the owner or the delegate; of a resting order whoever filled it.
    pub trader: Pubkey,
    /// Number of the account's resting order; none of a market order.
    pub order: Option<u64>,
    /// The market's index price afterwards, in 2^-40 atoms per base unit.
    pub index_price: u64,
    /// What was filled, in base units; positive for a buy.
    pub size: i64,
    /// What it was bought or sold for, in 2^-40 atoms.
    pub notional: i128,
    /// What spread and impact cost together, in 2^-40 atoms.
    pub charge: i128,
    /// The spread's part, in 2^-40 atoms.
    pub spread: i128,
    /// The impact's part, in 2^-40 atoms.
    pub impact: i128,
    /// The fee, in atoms.
    pub fee: u64,
    /// Profit realized, in atoms.
    pub realized: i64,
    /// Funding received, in atoms.
    pub funding: i64,
    /// The position before, in base units.
    pub size_before: i64,
    /// The position after, in base units.
    pub size_after: i64,
}

impl Fill {
    /// What the event filled, if it did.
    pub fn of(event: &Event) -> Option<Self> {
        macro_rules! fill {
            ($event:expr, $fill:expr, $trader:expr, $order:expr) => {
                Self {
                    market: $event.market_index,
                    account: $event.account,
                    owner: $event.owner,
                    trader: $trader,
                    order: $order,
                    index_price: $event.state.index_price,
                    size: $fill.size,
                    notional: $fill.notional,
                    charge: $fill.charge,
                    spread: $fill.spread,
                    impact: $fill.impact,
                    fee: $fill.fee,
                    realized: $fill.realized,
                    funding: $fill.funding,
                    size_before: $fill.size_before,
                    size_after: $fill.size_after,
                }
            };
        }
        match event {
            Event::Traded(event) => Some(fill!(event, event, event.trader, None)),
            Event::OrderExecuted(event) => {
                event.fill.map(|fill| fill!(event, fill, event.caller, Some(event.order.number)))
            }
            _ => None,
        }
    }

    /// What it was worth at the index: what it was bought or sold for without the charge, which buyers pay on top.
    pub fn index_notional(&self) -> i128 {
        index_notional(self.size, self.notional, self.charge)
    }
}

/// What so much was worth at the index.
pub(crate) fn index_notional(size: i64, notional: i128, charge: i128) -> i128 {
    if size < 0 {
        notional.wrapping_add(charge)
    } else {
        notional.wrapping_sub(charge)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use anchor_lang::Discriminator;
    use perp_swap::events::{
        InsuranceFunded, Liquidated, OrderExecuted, OrderPlaced, OrderSwept, OrdersPlaced, ProfitSettled,
    };

    /// An event of ones: options hold something, enumerations know the value.
    fn of<E: AnchorDeserialize + Discriminator>(byte: u8) -> Event
    where
        Event: From<E>,
    {
        E::deserialize(&mut &[byte; 2_048][..]).unwrap().into()
    }

    #[test]
    fn an_event_can_be_part_of_several_streams() {
        let pool = Pubkey::new_unique();
        let kinds = |event: &Event| numbers(event, pool).iter().map(|number| number.kind).collect::<Vec<_>>();
        use StreamKind::{Account, Market, Pool};
        assert_eq!(kinds(&of::<Liquidated>(1)), [Account, Account, Market]);
        assert_eq!(kinds(&of::<ProfitSettled>(1)), [Account, Market, Account, Pool]);
        assert_eq!(kinds(&of::<ProfitSettled>(0)), [Account, Market]);
        assert_eq!(kinds(&of::<InsuranceFunded>(1)), [Market, Pool]);
        assert_eq!(numbers(&of::<Liquidated>(1), pool)[0].sequence, u64::from_le_bytes([1; 8]));
    }

    #[test]
    fn an_event_that_others_follow_says_how_many() {
        // Of bytes that are all one two places are named, 2^0 and 2^8.
        let (head, placed) = (of::<OrdersPlaced>(1), of::<OrderPlaced>(1));
        let (filled, swept) = (of::<OrderExecuted>(1), of::<OrderSwept>(1));
        let whole = [head.clone(), placed.clone(), placed.clone(), filled.clone()];
        assert_eq!(missing_followers(&whole), None);
        assert_eq!(missing_followers(&[swept.clone(), of::<Liquidated>(1)]), None);
        let without = missing_followers(&[head.clone(), placed.clone(), filled.clone()]).unwrap();
        assert_eq!(without, "2 OrderPlaced are to follow OrdersPlaced, and 1 do");
        for faulty in [vec![head.clone()], vec![swept, placed.clone()], vec![of::<Liquidated>(1), placed]] {
            assert!(missing_followers(&faulty).is_some(), "{faulty:?}");
        }
        // Another account's orders follow nothing of this one's.
        let Event::OrderPlaced(mut other) = of::<OrderPlaced>(1) else { unreachable!("it is one") };
        other.account = Pubkey::new_unique();
        assert!(missing_followers(&[head, other.clone().into(), other.into()]).is_some());
    }

    #[test]
    fn buyers_pay_the_charge_on_top_and_sellers_get_less() {
        // 1000 at the index and a charge of 3: bought for 1003, sold for 997.
        assert_eq!((index_notional(5, 1_003, 3), index_notional(-5, 997, 3)), (1_000, 1_000));
    }

    #[test]
    fn names_come_back() {
        for kind in [StreamKind::Exchange, StreamKind::Pool, StreamKind::Market, StreamKind::Account] {
            assert_eq!(StreamKind::from_name(kind.name()), Some(kind));
        }
        assert_eq!(StreamKind::from_name("moon"), None);
    }
}

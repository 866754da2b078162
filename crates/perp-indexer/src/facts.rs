//! What an event says of itself: which streams it is a numbered part of.

use anchor_lang::prelude::Pubkey;
use perp_client::events::Event;

/// What numbers its events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
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

#[cfg(test)]
mod tests {
    use super::*;
    use anchor_lang::{AnchorDeserialize, Discriminator};
    use perp_swap::events::{InsuranceFunded, Liquidated, ProfitSettled};

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
    fn names_come_back() {
        for kind in [StreamKind::Exchange, StreamKind::Pool, StreamKind::Market, StreamKind::Account] {
            assert_eq!(StreamKind::from_name(kind.name()), Some(kind));
        }
        assert_eq!(StreamKind::from_name("moon"), None);
    }
}

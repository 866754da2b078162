//! An instruction of the program, read back into what it asks of the exchange.

use super::InMemory;
use anchor_lang::prelude::Pubkey;
use anchor_lang::{AnchorDeserialize, Discriminator};
use perp_accounts::oracle::OracleBinding;
use perp_engine::operations::exchange::{StatusAuthority, StatusOrder};
use perp_engine::operations::orders::NewOrder;
use perp_engine::operations::position::{LiquidationOrder, Order};
use perp_engine::oracle::OracleReading;
use perp_engine::state::PriceLimit;
use perp_engine::units::{Atoms, Price, SignedSize, Size};
use perp_exchange::Operation;
use perp_oracle::read_oracle;
use perp_swap::instruction as data;
use perp_tests::World;
use solana_instruction::Instruction;

/// An instruction of the program; its accounts stand where the program's account structs have them.
#[derive(Clone, Copy)]
pub struct Sent<'a>(pub &'a Instruction);

impl Sent<'_> {
    pub fn key(self, place: usize) -> Pubkey {
        self.0.accounts[place].pubkey
    }

    pub fn is<T: Discriminator>(self) -> bool {
        self.0.data.starts_with(T::DISCRIMINATOR)
    }

    /// Whether it only asks: nothing is executed.
    pub fn asks(self) -> bool {
        let views = [
            data::ViewHealth::DISCRIMINATOR,
            data::ViewPosition::DISCRIMINATOR,
            data::ViewLiquidationPrice::DISCRIMINATOR,
            data::ViewTrade::DISCRIMINATOR,
            data::ViewFunding::DISCRIMINATOR,
            data::ViewMarket::DISCRIMINATOR,
            data::AttestSolvency::DISCRIMINATOR,
        ];
        views.iter().any(|view| self.0.data.starts_with(view))
    }

    /// Its arguments; none where it is another instruction.
    pub fn arguments<T: Discriminator + AnchorDeserialize>(self) -> Option<T> {
        let mut arguments = self.0.data.strip_prefix(T::DISCRIMINATOR)?;
        Some(T::deserialize(&mut arguments).expect("stories send what can be read"))
    }

    /// The instruction of which this is the form that does nothing where a rule refuses it.
    pub fn single(self) -> Option<Instruction> {
        let forms = [
            (data::LiquidateIfDue::DISCRIMINATOR, data::Liquidate::DISCRIMINATOR),
            (data::ArmOrderIfDue::DISCRIMINATOR, data::ArmOrder::DISCRIMINATOR),
            (data::ExecuteOrderIfDue::DISCRIMINATOR, data::ExecuteOrder::DISCRIMINATOR),
        ];
        forms.into_iter().find_map(|(form, single)| {
            let arguments = self.0.data.strip_prefix(form)?;
            Some(Instruction { data: [single, arguments].concat(), ..self.0.clone() })
        })
    }

    /// What the oracle account in this place says to the market; none where it is left out.
    fn reading(self, place: usize, market: u16, world: &mut World) -> Option<OracleReading> {
        let binding = world.market(market).oracle;
        self.read(place, &binding, world)
    }

    /// The same to a market bound so.
    fn read(self, place: usize, binding: &OracleBinding, world: &mut World) -> Option<OracleReading> {
        let address = self.key(place);
        if address == perp_swap::ID {
            return None;
        }
        let account = world.chain.account(&address).expect("the price account exists");
        Some(read_oracle(&address, &account.owner, &account.data, binding).expect("the price account can be read"))
    }

    /// The role by which the first signer sets a status.
    fn status_authority(self, world: &mut World) -> StatusAuthority {
        let exchange = world.exchange();
        if [exchange.admin, exchange.risk_admin].contains(&self.key(0)) {
            StatusAuthority::RiskAdmin
        } else {
            StatusAuthority::Guardian
        }
    }

    /// What it asks for: one operation, or one for each price.
    pub fn operations(self, memory: &InMemory, world: &mut World) -> Vec<Operation> {
        if self.is::<data::UpdatePrices>() {
            let prices = self.0.accounts[1..].chunks(2).enumerate().map(|(pair, accounts)| {
                let market = memory.markets[&accounts[0].pubkey];
                let reading = self.reading(2 * pair + 2, market, world).expect("a price account is passed");
                Operation::UpdatePrice { market, reading }
            });
            return prices.collect();
        }
        let operation = self
            .of_exchange(world)
            .or_else(|| self.of_market(memory, world))
            .or_else(|| self.of_account(memory))
            .or_else(|| self.of_position(memory, world))
            .or_else(|| self.of_orders(memory, world))
            .or_else(|| self.of_liquidity(memory, world));
        vec![operation.expect("every instruction of the program is known here")]
    }

    fn of_exchange(self, world: &mut World) -> Option<Operation> {
        let data::SetExchangeStatus { status, seconds } = self.arguments()?;
        let order = StatusOrder { status, seconds, authority: self.status_authority(world) };
        Some(Operation::SetExchangeStatus { order })
    }

    fn of_market(self, memory: &InMemory, world: &mut World) -> Option<Operation> {
        let market = |place| memory.markets[&self.key(place)];
        Some(if self.is::<data::UpdateSecondPrice>() {
            let binding = world.market(market(1)).second_oracle;
            let reading = self.read(2, &binding, world).expect("a price account is passed");
            Operation::UpdateSecondPrice { market: market(1), reading }
        } else if self.is::<data::ReportOracleOutage>() {
            Operation::ReportOracleOutage { market: market(0) }
        } else if self.is::<data::DelistMarket>() {
            Operation::DelistMarket { market: market(2) }
        } else if self.is::<data::BeginSettlement>() {
            Operation::BeginSettlement { market: market(1) }
        } else if self.is::<data::UpdateFunding>() {
            Operation::UpdateFunding { market: market(1), reading: self.reading(2, market(1), world) }
        } else if self.is::<data::FundClaims>() {
            Operation::FundClaims { market: market(1) }
        } else if let Some(data::FundInsurance { amount }) = self.arguments() {
            let market = memory.markets.get(&self.key(3)).copied();
            Operation::FundInsurance { market, amount: Atoms::new(amount) }
        } else if self.is::<data::WithdrawProtocolFees>() {
            Operation::WithdrawProtocolFees { market: market(2) }
        } else if let Some(data::SetBackingTarget { target }) = self.arguments() {
            Operation::SetBackingTarget { market: market(2), target: Atoms::new(target) }
        } else if let Some(data::SetMarketStatus { status, seconds }) = self.arguments() {
            let order = StatusOrder { status, seconds, authority: self.status_authority(world) };
            Operation::SetMarketStatus { market: market(2), order }
        } else {
            return None;
        })
    }

    fn of_account(self, memory: &InMemory) -> Option<Operation> {
        let account = |place| memory.accounts[&self.key(place)];
        Some(if let Some(data::OpenAccount { isolated_market, .. }) = self.arguments() {
            Operation::OpenAccount { isolated_market }
        } else if self.is::<data::CloseAccount>() {
            Operation::CloseAccount { account: account(1) }
        } else if let Some(data::Deposit { amount }) = self.arguments() {
            Operation::Deposit { account: account(2), amount: Atoms::new(amount) }
        } else if let Some(data::Withdraw { amount }) = self.arguments() {
            Operation::Withdraw { account: account(2), amount: Atoms::new(amount) }
        } else {
            return None;
        })
    }

    fn of_position(self, memory: &InMemory, world: &mut World) -> Option<Operation> {
        let account = |place| memory.accounts[&self.key(place)];
        let market = |place| memory.markets[&self.key(place)];
        Some(if let Some(data::Trade { size, acceptable_price, reduce_only }) = self.arguments() {
            let (size, acceptable_price) = (SignedSize::new(size), Price::new(acceptable_price));
            let (account, market) = (account(2), market(3));
            let order = Order { size, acceptable_price, reduce_only };
            Operation::Trade { account, market, order, reading: self.reading(4, market, world) }
        } else if let Some(data::Liquidate { max_size, min_bounty }) = self.arguments() {
            let order = LiquidationOrder { max_size: Size::new(max_size), min_bounty: Atoms::new(min_bounty) };
            let (liquidator, account, market) = (account(2), account(3), market(4));
            Operation::Liquidate { liquidator, account, market, order, reading: self.reading(5, market, world) }
        } else if self.is::<data::SettleFunding>() {
            Operation::SettleFunding { account: account(1), market: market(2) }
        } else if self.is::<data::SettlePnl>() {
            let (account, market) = (account(1), market(2));
            let keeper = memory.accounts.get(&self.key(5)).copied();
            Operation::SettlePnl { account, market, reading: self.reading(3, market, world), keeper }
        } else if self.is::<data::RedeemClaim>() {
            Operation::RedeemClaim { account: account(1), market: market(2) }
        } else if self.is::<data::WaiveClaim>() {
            Operation::WaiveClaim { account: account(2), market: market(3) }
        } else if self.is::<data::ResolveBankruptcy>() {
            Operation::ResolveBankruptcy { account: account(2), market: market(3) }
        } else {
            return None;
        })
    }

    fn of_orders(self, memory: &InMemory, world: &mut World) -> Option<Operation> {
        let account = |place| memory.accounts[&self.key(place)];
        let market = |place| memory.markets[&self.key(place)];
        Some(if self.is::<data::OpenOrders>() {
            Operation::OpenOrders { account: account(2) }
        } else if self.is::<data::CloseOrders>() {
            Operation::CloseOrders { account: account(1) }
        } else if let Some(data::PlaceOrders { cancel, orders }) = self.arguments() {
            let (account, market) = (account(3), market(5));
            let orders = orders.into_iter().map(NewOrder::from).collect();
            Operation::PlaceOrders { account, market, cancel, orders, reading: self.reading(6, market, world) }
        } else if let Some(data::ArmOrder { slot }) = self.arguments() {
            let (account, market, slot) = (account(1), market(3), usize::from(slot));
            Operation::ArmOrder { account, slot, market, reading: self.reading(4, market, world) }
        } else if let Some(data::ExecuteOrder { slot }) = self.arguments() {
            let (account, market, slot) = (account(3), market(5), usize::from(slot));
            let reading = self.reading(6, market, world).expect("a price account is passed");
            Operation::ExecuteOrder { account, slot, market, reading }
        } else if let Some(data::SweepOrder { slot }) = self.arguments() {
            let market = memory.markets.get(&self.key(3)).copied();
            Operation::SweepOrder { account: account(1), slot: usize::from(slot), market }
        } else {
            return None;
        })
    }

    fn of_liquidity(self, memory: &InMemory, world: &mut World) -> Option<Operation> {
        let provider = || memory.providers[&self.key(0)];
        let limit = |number| PriceLimit::from_number(number).expect("stories give limits there are");
        Some(if let Some(data::RequestLiquidityDeposit { amount, limit: number, .. }) = self.arguments() {
            let (amount, limit) = (Atoms::new(amount), limit(number));
            Operation::RequestLiquidityDeposit { provider: provider(), amount, limit }
        } else if let Some(data::RequestLiquidityWithdrawal { amount, limit: number, .. }) = self.arguments() {
            let (shares, limit) = (Atoms::new(amount), limit(number));
            Operation::RequestLiquidityWithdrawal { provider: provider(), shares, limit }
        } else if self.is::<data::ValueMarket>() {
            let market = memory.markets[&self.key(3)];
            Operation::ValueMarket { market, reading: self.reading(4, market, world) }
        } else if self.is::<data::CloseEpoch>() {
            Operation::CloseEpoch
        } else if self.is::<data::PayLiquidityRequest>() {
            Operation::PayLiquidityRequest { request: memory.requests[&self.key(4)] }
        } else if self.is::<data::AllocateBacking>() {
            let market = memory.markets[&self.key(2)];
            Operation::AllocateBacking { market, reading: self.reading(3, market, world) }
        } else {
            return None;
        })
    }
}

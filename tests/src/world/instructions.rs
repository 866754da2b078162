//! One function per instruction, with the accounts of a well-meaning caller.

use super::{Ran, World};
use anchor_lang::prelude::Pubkey;
use perp_client::instructions::{self as build, Authority, NewRequest, TargetMarket};
use perp_engine::operations::position::{LiquidationOrder, Order};
use perp_engine::state::{PriceLimit, Status};
use perp_engine::units::{Atoms, SignedSize, Size, Timestamp};
use solana_instruction::Instruction;

/// A market order at any price.
pub fn order(size: i64) -> Order {
    Order::at_any_price(SignedSize::new(size))
}

/// As much as the rules allow, whatever it pays.
pub const ALL: LiquidationOrder = LiquidationOrder { max_size: Size::new(u64::MAX >> 1), min_bounty: Atoms::ZERO };

impl World {
    /// The market after it has read its oracle.
    pub fn target(&self, market: u16) -> TargetMarket {
        TargetMarket::with_oracle(market, self.oracle(market))
    }

    // Margin accounts.

    pub fn open_account(&mut self, owner: Pubkey, sub_account: u16, isolated_market: Option<u16>) -> Ran {
        self.run(&[build::open_account(&self.addresses, owner, owner, sub_account, isolated_market)])
    }

    pub fn close_account(&mut self, owner: Authority) -> Ran {
        self.run(&[build::close_account(owner)])
    }

    pub fn set_delegate(&mut self, owner: Authority, delegate: Pubkey) -> Ran {
        self.run(&[build::set_delegate(owner, delegate)])
    }

    pub fn deposit(&mut self, owner: Authority, amount: u64) -> Ran {
        let source = self.addresses.tokens_of(&owner.signer);
        self.run(&[build::deposit(&self.addresses, owner, source, Atoms::new(amount))])
    }

    pub fn withdrawal(&mut self, owner: Authority, amount: u64) -> Instruction {
        let account = self.margin_account(&owner.margin_account).state;
        let destination = self.addresses.tokens_of(&owner.signer);
        build::withdraw(&self.addresses, owner, &account, destination, Atoms::new(amount))
    }

    pub fn withdraw(&mut self, owner: Authority, amount: u64) -> Ran {
        let instruction = self.withdrawal(owner, amount);
        self.run(&[instruction])
    }

    // Prices and funding.

    pub fn update_price(&mut self, market: u16) -> Ran {
        self.run(&[build::update_prices(&self.addresses, [(market, self.oracle(market))])])
    }

    pub fn update_second_price(&mut self, market: u16) -> Ran {
        self.run(&[build::update_second_price(&self.addresses, market, self.second_oracle(market))])
    }

    pub fn report_oracle_outage(&mut self, market: u16) -> Ran {
        self.run(&[build::report_oracle_outage(&self.addresses, market)])
    }

    pub fn delist_market(&mut self, market: u16) -> Ran {
        self.run(&[build::delist_market(&self.addresses, self.admin, market)])
    }

    pub fn begin_settlement(&mut self, market: u16) -> Ran {
        self.run(&[build::begin_settlement(&self.addresses, market)])
    }

    pub fn update_funding(&mut self, market: u16) -> Ran {
        self.run(&[build::update_funding(&self.addresses, self.target(market))])
    }

    pub fn settle_funding(&mut self, margin_account: Pubkey, market: u16) -> Ran {
        self.run(&[build::settle_funding(&self.addresses, margin_account, market)])
    }

    pub fn settle_pnl(&mut self, margin_account: Pubkey, market: u16) -> Ran {
        self.run(&[build::settle_pnl(&self.addresses, margin_account, self.target(market), None)])
    }

    // Trading.

    /// The instruction of [`World::trade_order`].
    pub fn trade_instruction(&mut self, trader: Authority, target: TargetMarket, order: &Order) -> Instruction {
        let account = self.margin_account(&trader.margin_account).state;
        build::trade(&self.addresses, trader, &account, target, order)
    }

    pub fn trade_order(&mut self, trader: Authority, market: u16, order: &Order) -> Ran {
        let instruction = self.trade_instruction(trader, self.target(market), order);
        self.run(&[instruction])
    }

    /// A market order of `size` base units at the oracle's present price.
    pub fn trade(&mut self, trader: Authority, market: u16, size: i64) -> Ran {
        self.trade_order(trader, market, &order(size))
    }

    /// A reduce-only order of the whole position.
    pub fn close_position(&mut self, trader: Authority, market: u16) -> Ran {
        let size = self.position(&trader.margin_account, market).size.get();
        self.trade_order(trader, market, &Order { reduce_only: true, ..order(-size) })
    }

    // Liquidation and settlement.

    /// The instruction of [`World::liquidate_order`].
    pub fn liquidation(
        &mut self,
        liquidator: Authority,
        margin_account: Pubkey,
        target: TargetMarket,
        order: &LiquidationOrder,
    ) -> Instruction {
        let account = self.margin_account(&margin_account).state;
        build::liquidate(&self.addresses, liquidator, margin_account, &account, target, order)
    }

    pub fn liquidate_order(
        &mut self,
        liquidator: Authority,
        margin_account: Pubkey,
        market: u16,
        order: &LiquidationOrder,
    ) -> Ran {
        let instruction = self.liquidation(liquidator, margin_account, self.target(market), order);
        self.run(&[instruction])
    }

    pub fn liquidate(&mut self, liquidator: Authority, margin_account: Pubkey, market: u16) -> Ran {
        self.liquidate_order(liquidator, margin_account, market, &ALL)
    }

    pub fn resolve_bankruptcy(&mut self, margin_account: Pubkey, market: u16) -> Ran {
        let account = self.margin_account(&margin_account).state;
        self.run(&[build::resolve_bankruptcy(&self.addresses, margin_account, &account, market)])
    }

    pub fn fund_claims(&mut self, market: u16) -> Ran {
        self.run(&[build::fund_claims(&self.addresses, market)])
    }

    pub fn waive_claim(&mut self, owner: Authority, market: u16) -> Ran {
        self.run(&[build::waive_claim(&self.addresses, owner, market)])
    }

    pub fn redeem_claim(&mut self, margin_account: Pubkey, market: u16) -> Ran {
        self.run(&[build::redeem_claim(&self.addresses, margin_account, market)])
    }

    /// Gives the owner's tokens to a market's insurance, or to the shared one.
    pub fn fund_insurance(&mut self, funder: Pubkey, market: Option<u16>, amount: u64) -> Ran {
        let source = self.addresses.tokens_of(&funder);
        self.run(&[build::fund_insurance(&self.addresses, funder, source, market, Atoms::new(amount))])
    }

    // Liquidity.

    /// Makes the owner's share account and escrows tokens that will buy shares.
    #[track_caller]
    pub fn request_liquidity_deposit(&mut self, owner: Pubkey, nonce: u64, amount: u64, limit: PriceLimit) -> Ran {
        let (source, destination) = (self.addresses.tokens_of(&owner), self.addresses.shares_of(&owner));
        if !self.token_accounts.contains(&destination) {
            self.run(&[build::create_share_account(&self.addresses, owner, owner)]).expect("it is made");
        }
        let request = NewRequest { nonce, amount: Atoms::new(amount), limit };
        self.run(&[build::request_liquidity_deposit(&self.addresses, owner, source, &request)])
    }

    /// Makes the owner's token account and escrows shares that will be sold for tokens.
    #[track_caller]
    pub fn request_liquidity_withdrawal(&mut self, owner: Pubkey, nonce: u64, shares: u64, limit: PriceLimit) -> Ran {
        let (source, destination) = (self.addresses.shares_of(&owner), self.addresses.tokens_of(&owner));
        if !self.token_accounts.contains(&destination) {
            self.give(owner, 0);
        }
        let request = NewRequest { nonce, amount: Atoms::new(shares), limit };
        self.run(&[build::request_liquidity_withdrawal(&self.addresses, owner, source, &request)])
    }

    /// Values a market at what its feed says now.
    pub fn value_market(&mut self, caller: Pubkey, market: u16) -> Ran {
        self.run(&[build::value_market(&self.addresses, caller, self.target(market))])
    }

    /// Values a market without a reading.
    pub fn value_unread(&mut self, caller: Pubkey, market: u16) -> Ran {
        self.run(&[build::value_market(&self.addresses, caller, TargetMarket::at_cached_price(market))])
    }

    pub fn close_epoch(&mut self, closer: Pubkey) -> Ran {
        let boundary = Timestamp::new(self.boundary());
        self.run(&[build::close_epoch(&self.addresses, closer, boundary)])
    }

    /// The instruction that pays a request of a closed epoch.
    #[track_caller]
    pub fn payment(&mut self, caller: Pubkey, owner: Pubkey, nonce: u64) -> Instruction {
        let request = self.request(&owner, nonce);
        let record = self.records().into_iter().find(|record| record.state.is_of(&request.state));
        build::pay_liquidity_request(&self.addresses, caller, &request, &record.expect("its epoch is closed"))
    }

    #[track_caller]
    pub fn pay_liquidity_request(&mut self, caller: Pubkey, owner: Pubkey, nonce: u64) -> Ran {
        let payment = self.payment(caller, owner, nonce);
        self.run(&[payment])
    }

    pub fn allocate_backing(&mut self, market: u16) -> Ran {
        self.run(&[build::allocate_backing(&self.addresses, self.target(market))])
    }

    pub fn set_backing_target(&mut self, market: u16, target: u64) -> Ran {
        let target = Atoms::new(target);
        self.run(&[build::set_backing_target(&self.addresses, self.risk_admin, market, target)])
    }

    // Administration.

    pub fn set_exchange_status(&mut self, signer: Pubkey, status: Status, seconds: u32) -> Ran {
        self.run(&[build::set_exchange_status(&self.addresses, signer, status, seconds)])
    }

    pub fn set_market_status(&mut self, signer: Pubkey, market: u16, status: Status, seconds: u32) -> Ran {
        self.run(&[build::set_market_status(&self.addresses, signer, market, status, seconds)])
    }

    pub fn withdraw_protocol_fees(&mut self, market: u16) -> Ran {
        let destination = self.addresses.tokens_of(&self.admin);
        self.run(&[build::withdraw_protocol_fees(&self.addresses, self.admin, market, destination)])
    }
}

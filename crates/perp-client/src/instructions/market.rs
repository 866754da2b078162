use super::{instruction, Touched, NO_OTHERS};
use crate::addresses::Addresses;
use anchor_lang::prelude::Pubkey;
use anchor_lang::solana_program::instruction::Instruction;
use anchor_lang::system_program;
use perp_engine::status::Status;
use perp_engine::units::Atoms;
use perp_swap::accounts::{
    AdministerMarket, CreateMarket, FundClaims, FundInsurance, MarkDark, UpdateFunding, UpdatePrice,
    WithdrawProtocolFees,
};
use perp_swap::instruction as data;
use perp_swap::instructions::CreateMarketArguments;

/// Lists the market of the arguments' index, which must be the exchange's next. The admin pays.
pub fn create_market(addresses: &Addresses, admin: Pubkey, arguments: CreateMarketArguments) -> Instruction {
    let accounts = CreateMarket {
        admin,
        exchange: addresses.exchange,
        market: addresses.market(arguments.index),
        system_program: system_program::ID,
    };
    instruction(accounts, data::CreateMarket { arguments }, NO_OTHERS)
}

fn administer(addresses: &Addresses, signer: Pubkey, market: u16) -> AdministerMarket {
    AdministerMarket { signer, exchange: addresses.exchange, market: addresses.market(market) }
}

/// Risk admin: any status without end. Guardian: a stricter one for a day.
pub fn set_market_status(addresses: &Addresses, signer: Pubkey, market: u16, status: Status) -> Instruction {
    instruction(administer(addresses, signer, market), data::SetMarketStatus { status: status as u8 }, NO_OTHERS)
}

/// Where `allocate_backing` moves the market's backing to.
pub fn set_backing_target(addresses: &Addresses, risk_admin: Pubkey, market: u16, target: Atoms) -> Instruction {
    instruction(administer(addresses, risk_admin, market), data::SetBackingTarget { target }, NO_OTHERS)
}

/// Pays the protocol's fees of a market to a token account of the admin's choice.
pub fn withdraw_protocol_fees(addresses: &Addresses, admin: Pubkey, market: u16, destination: Pubkey) -> Instruction {
    let accounts = WithdrawProtocolFees {
        admin,
        exchange: addresses.exchange,
        market: addresses.market(market),
        vault: addresses.vault,
        quote_mint: addresses.quote_mint,
        destination,
        token_program: addresses.token_program,
    };
    instruction(accounts, data::WithdrawProtocolFees {}, NO_OTHERS)
}

/// Takes the price of `oracle` into the market's cache.
pub fn update_price(addresses: &Addresses, market: u16, oracle: Pubkey) -> Instruction {
    let accounts = UpdatePrice { market: addresses.market(market), oracle };
    instruction(accounts, data::UpdatePrice {}, NO_OTHERS)
}

/// Notes that no good price arrives.
pub fn mark_dark(addresses: &Addresses, market: u16) -> Instruction {
    instruction(MarkDark { market: addresses.market(market) }, data::MarkDark {}, NO_OTHERS)
}

/// Accrues the market's funding and carry up to now.
pub fn update_funding(addresses: &Addresses, touched: Touched) -> Instruction {
    let accounts = UpdateFunding {
        exchange: addresses.exchange,
        market: addresses.market(touched.market),
        oracle: touched.oracle,
    };
    instruction(accounts, data::UpdateFunding {}, NO_OTHERS)
}

/// Sets backing aside for the market's claims.
pub fn fund_claims(addresses: &Addresses, market: u16) -> Instruction {
    instruction(FundClaims { market: addresses.market(market) }, data::FundClaims {}, NO_OTHERS)
}

/// Gives tokens to the insurance of `market`, or to the shared one where it is none.
pub fn fund_insurance(
    addresses: &Addresses,
    funder: Pubkey,
    source: Pubkey,
    market: Option<u16>,
    amount: Atoms,
) -> Instruction {
    let accounts = FundInsurance {
        funder,
        exchange: addresses.exchange,
        pool: addresses.pool,
        market: market.map(|market| addresses.market(market)),
        source,
        vault: addresses.vault,
        quote_mint: addresses.quote_mint,
        token_program: addresses.token_program,
    };
    instruction(accounts, data::FundInsurance { amount }, NO_OTHERS)
}

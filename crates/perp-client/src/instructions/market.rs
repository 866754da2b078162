use super::{instruction, read_only, writable, OracleSource, TargetMarket, NO_OTHERS};
use crate::addresses::Addresses;
use anchor_lang::prelude::Pubkey;
use anchor_lang::solana_program::instruction::Instruction;
use anchor_lang::system_program;
use perp_engine::state::{Parameters, Status};
use perp_engine::units::Atoms;
use perp_swap::accounts::{
    BeginSettlement, CreateMarket, DelistMarket, FundClaims, FundInsurance, ReportOracleOutage, SetBackingTarget,
    SetMarketStatus, UpdateFunding, UpdatePrices, UpdateSecondPrice, WithdrawProtocolFees,
};
use perp_swap::instruction as data;

/// How a new market is listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewMarket {
    /// The exchange's next index.
    pub index: u16,
    /// Asset symbol: UTF-8, zero-padded.
    pub symbol: [u8; 16],
    /// One base unit is 10^-`base_decimals` of the asset. 0 to 18.
    pub base_decimals: u8,
    /// Where its price comes from.
    pub oracle: OracleSource,
    /// Where the price comes from that bounds it; none for no bound.
    pub second_oracle: Option<OracleSource>,
    /// What it is listed with.
    pub parameters: Parameters,
    /// Where its backing is moved to.
    pub target_backing: Atoms,
}

/// Lists a market. The admin pays.
pub fn create_market(addresses: &Addresses, admin: Pubkey, market: &NewMarket) -> Instruction {
    let accounts = CreateMarket {
        admin,
        exchange: addresses.exchange,
        market: addresses.market(market.index),
        system_program: system_program::ID,
    };
    let NewMarket { index, symbol, base_decimals, oracle, second_oracle, parameters, target_backing } = *market;
    let (parameters, target_backing) = (parameters.into(), target_backing.get());
    let data = data::CreateMarket { index, symbol, base_decimals, oracle, second_oracle, parameters, target_backing };
    instruction(accounts, data, NO_OTHERS)
}

/// Makes a market reduce-only for so many seconds, or active. Risk admin: within its allowance. Guardian: only reduce-only,
/// within the upper half of it.
pub fn set_market_status(
    addresses: &Addresses,
    signer: Pubkey,
    market: u16,
    status: Status,
    seconds: u32,
) -> Instruction {
    let accounts =
        SetMarketStatus { authority: signer, exchange: addresses.exchange, market: addresses.market(market) };
    instruction(accounts, data::SetMarketStatus { status, seconds }, NO_OTHERS)
}

/// Where `allocate_backing` moves the market's backing to.
pub fn set_backing_target(addresses: &Addresses, risk_admin: Pubkey, market: u16, target: Atoms) -> Instruction {
    let accounts =
        SetBackingTarget { authority: risk_admin, exchange: addresses.exchange, market: addresses.market(market) };
    instruction(accounts, data::SetBackingTarget { target: target.get() }, NO_OTHERS)
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

/// Takes the prices of these markets' oracle accounts into their caches.
pub fn update_prices(addresses: &Addresses, prices: impl IntoIterator<Item = (u16, Pubkey)>) -> Instruction {
    let pairs = prices.into_iter().flat_map(|(market, oracle)| [writable(addresses.market(market)), read_only(oracle)]);
    instruction(UpdatePrices { exchange: addresses.exchange }, data::UpdatePrices {}, pairs)
}

/// Keeps what this price account of the market's second oracle says, where that is newer.
pub fn update_second_price(addresses: &Addresses, market: u16, second_oracle: Pubkey) -> Instruction {
    let accounts = UpdateSecondPrice { exchange: addresses.exchange, market: addresses.market(market), second_oracle };
    instruction(accounts, data::UpdateSecondPrice {}, NO_OTHERS)
}

/// Announces the end of a market.
pub fn delist_market(addresses: &Addresses, admin: Pubkey, market: u16) -> Instruction {
    let accounts = DelistMarket { admin, exchange: addresses.exchange, market: addresses.market(market) };
    instruction(accounts, data::DelistMarket {}, NO_OTHERS)
}

/// Moves a market to settlement at its final price.
pub fn begin_settlement(addresses: &Addresses, market: u16) -> Instruction {
    let accounts = BeginSettlement { exchange: addresses.exchange, market: addresses.market(market) };
    instruction(accounts, data::BeginSettlement {}, NO_OTHERS)
}

/// Notes that no valid price arrives.
pub fn report_oracle_outage(addresses: &Addresses, market: u16) -> Instruction {
    instruction(ReportOracleOutage { market: addresses.market(market) }, data::ReportOracleOutage {}, NO_OTHERS)
}

/// Accrues the market's funding and carry up to now.
pub fn update_funding(addresses: &Addresses, target: TargetMarket) -> Instruction {
    let accounts =
        UpdateFunding { exchange: addresses.exchange, market: addresses.market(target.market), oracle: target.oracle };
    instruction(accounts, data::UpdateFunding {}, NO_OTHERS)
}

/// Sets backing aside for the market's claims.
pub fn fund_claims(addresses: &Addresses, market: u16) -> Instruction {
    let accounts = FundClaims { exchange: addresses.exchange, market: addresses.market(market) };
    instruction(accounts, data::FundClaims {}, NO_OTHERS)
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
    instruction(accounts, data::FundInsurance { amount: amount.get() }, NO_OTHERS)
}

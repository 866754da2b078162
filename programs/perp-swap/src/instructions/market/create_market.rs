use crate::access::check_admin;
use crate::arguments::{check_name, check_oracles, MarketParameters, OracleSource};
use crate::context;
use crate::errors::{denied, refused, require, ExchangeError};
use crate::events::{log, MarketCreated};
use crate::state::{Exchange, Market, VERSION};
use anchor_lang::prelude::*;
use perp_accounts::oracle::OracleBinding;
use perp_engine::operations::governance::Listing;
use perp_engine::state::Parameters;
use perp_engine::units::{Atoms, MAX_BASE_DECIMALS};

/// Accounts of `create_market`.
#[derive(Accounts)]
#[instruction(index: u16)]
pub struct CreateMarket<'info> {
    /// The exchange's admin; pays for the account.
    #[account(mut)]
    pub admin: Signer<'info>,
    /// The exchange.
    #[account(mut)]
    pub exchange: AccountLoader<'info, Exchange>,
    /// The new market.
    #[account(
        init,
        payer = admin,
        space = Market::SPACE,
        seeds = [Market::SEED, exchange.key().as_ref(), &index.to_le_bytes()],
        bump
    )]
    pub market: AccountLoader<'info, Market>,
    /// The system program.
    pub system_program: Program<'info, System>,
}

impl CreateMarket<'_> {
    /// # Errors
    /// [`ExchangeError::MissingRole`], [`ExchangeError::FoundingOver`], [`ExchangeError::WrongMarketIndex`],
    /// [`ExchangeError::DecimalsOutOfRange`], [`ExchangeError::NameNotText`].
    pub fn validate(&self, index: u16, symbol: &[u8], base_decimals: u8) -> Result<()> {
        let Self { admin, exchange, market: _, system_program: _ } = self;
        let exchange = exchange.load()?;
        check_admin(&exchange, admin.key)?;
        exchange.state.require_founding().map_err(refused)?;
        require(index == exchange.market_count, ExchangeError::WrongMarketIndex)?;
        require(base_decimals <= MAX_BASE_DECIMALS, ExchangeError::DecimalsOutOfRange)?;
        check_name(symbol)
    }
}

/// Lists a market while the exchange is founded.
#[allow(clippy::too_many_arguments)] // a listing has as many
pub fn create_market(
    ctx: Context<CreateMarket>,
    index: u16,
    symbol: [u8; 16],
    base_decimals: u8,
    oracle: OracleSource,
    second_oracle: Option<OracleSource>,
    parameters: MarketParameters,
    target_backing: u64,
) -> Result<()> {
    let accounts = ctx.accounts;
    let (oracle, second_oracle) = check_oracles(oracle, second_oracle)?;
    let parameters = Parameters::from(parameters);
    require(second_oracle.is_some() == (parameters.second_max_age > 0), ExchangeError::SecondOracleParameters)?;
    let listing = Listing { parameters, base_decimals, target_backing: Atoms::new(target_backing) };

    let mut exchange = accounts.exchange.load_mut()?;
    listing.validate().map_err(refused)?;
    exchange.market_count =
        exchange.market_count.checked_add(1).ok_or_else(|| denied(ExchangeError::TooManyMarkets))?;
    let mut market = accounts.market.load_init()?;
    market.exchange = accounts.exchange.key();
    market.oracle = oracle;
    market.second_oracle = second_oracle.unwrap_or(OracleBinding::NONE);
    market.symbol = symbol;
    market.bump = ctx.bumps.market;
    market.version = VERSION;
    listing.begin(index, exchange.quote_decimals, &mut market.state);

    log(&MarketCreated {
        exchange: accounts.exchange.key(),
        time: context::now()?,
        market: accounts.market.key(),
        market_index: index,
        market_sequence: market.state.next_event(),
        symbol,
        base_decimals,
        target_backing,
    })?;
    Ok(())
}

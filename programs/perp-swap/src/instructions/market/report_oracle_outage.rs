use crate::context::clock;
use crate::errors::refused;
use crate::events::{log, OracleOutageReported};
use crate::state::Market;
use anchor_lang::prelude::*;
use perp_engine::operations::market::plan_report_oracle_outage;

/// Accounts of `report_oracle_outage`.
#[derive(Accounts)]
pub struct ReportOracleOutage<'info> {
    /// The market.
    #[account(mut)]
    pub market: AccountLoader<'info, Market>,
}

impl ReportOracleOutage<'_> {
    /// # Errors
    /// None: anybody may report an outage of any market.
    pub fn validate(&self) -> Result<()> {
        let Self { market: _ } = self;
        Ok(())
    }
}

/// Notes that no valid price arrives. One that is fresh when it is taken in takes the note away; without one the oracle is held
/// for dead after the market's delay.
pub fn report_oracle_outage(ctx: Context<ReportOracleOutage>) -> Result<()> {
    let clock = clock()?;
    let mut market = ctx.accounts.market.load_mut()?;

    market.state.price = plan_report_oracle_outage(&market.state, clock).map_err(refused)?;

    log(&OracleOutageReported {
        exchange: market.exchange,
        time: clock.now.get(),
        market: ctx.accounts.market.key(),
        market_index: market.state.index,
        market_sequence: market.state.next_event(),
        published: market.state.price.published.get(),
        outage_since: market.state.price.outage_since.get(),
    })?;
    Ok(())
}

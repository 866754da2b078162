pub mod oracle;

use anchor_lang::prelude::*;
declare_id!("Perp111111111111111111111111111111111111111");
#[program]
pub mod perp_swap { use super::*; pub fn nothing(_ctx: Context<Nothing>) -> Result<()> { Ok(()) } }
#[derive(Accounts)]
pub struct Nothing {}

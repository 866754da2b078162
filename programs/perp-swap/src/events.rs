//! One event per verb, with the values before and after. Amounts are in atoms of the quote token, sizes in base units,
//! prices in raw (2^-40 atom) per base unit, times in Unix seconds, unless said otherwise.

use anchor_lang::prelude::*;

#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExchangeCreated {
    pub exchange: Pubkey,
    pub creator: Pubkey,
    pub quote_mint: Pubkey,
    pub risk_admin: Pubkey,
    pub guardian: Pubkey,
}

#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MarketCreated {
    pub exchange: Pubkey,
    pub market: Pubkey,
    pub index: u16,
    pub symbol: [u8; 16],
    pub target_backing: u64,
}

/// Of a proposal, where the admin stays, and of its acceptance. The zero key is nobody.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdminChanged {
    pub exchange: Pubkey,
    pub admin_before: Pubkey,
    pub admin_after: Pubkey,
    pub pending_admin_before: Pubkey,
    pub pending_admin_after: Pubkey,
}

#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RolesSet {
    pub exchange: Pubkey,
    pub risk_admin_before: Pubkey,
    pub risk_admin_after: Pubkey,
    pub guardian_before: Pubkey,
    pub guardian_after: Pubkey,
}

/// `market` is none for the exchange's own status; `until` is zero where it does not end by itself.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusSet {
    pub exchange: Pubkey,
    pub market: Option<Pubkey>,
    pub before: u8,
    pub after: u8,
    pub until: i64,
}

#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackingTargetSet {
    pub market: Pubkey,
    pub before: u64,
    pub after: u64,
}

/// `before` and `after` are the market's protocol fees, `amount` of which went to the token account `destination`.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProtocolFeesWithdrawn {
    pub market: Pubkey,
    pub destination: Pubkey,
    pub amount: u64,
    pub before: u64,
    pub after: u64,
}

#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountOpened {
    pub exchange: Pubkey,
    pub account: Pubkey,
    pub owner: Pubkey,
    pub sub_account: u16,
    pub isolated_market: Option<u16>,
}

#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountClosed {
    pub account: Pubkey,
    pub owner: Pubkey,
}

#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DelegateSet {
    pub account: Pubkey,
    pub before: Pubkey,
    pub after: Pubkey,
}

#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deposited {
    pub account: Pubkey,
    pub amount: u64,
    pub balance_before: u64,
    pub balance_after: u64,
}

#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Withdrawn {
    pub account: Pubkey,
    pub amount: u64,
    pub balance_before: u64,
    pub balance_after: u64,
}

/// `outcome` is a [`perp_engine::price::PriceOutcome`].
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PriceUpdated {
    pub market: Pubkey,
    pub outcome: u8,
    pub before: u64,
    pub after: u64,
    pub confidence: u64,
    pub published: i64,
    pub newest_published: i64,
}

/// `published` is when the good price was; `dark_since` is zero where the market is not marked.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MarkedDark {
    pub market: Pubkey,
    pub published: i64,
    pub dark_since_before: i64,
    pub dark_since_after: i64,
}

/// `notional` and `charge` are raw, 2^-40 atom; `charge` is what spread and impact cost. Equity and maintenance margin are the
/// account's, this market at `index_price` and the others at their last good price; before the order, with funding settled
/// and the funded part of a claim redeemed.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Traded {
    pub account: Pubkey,
    pub market: Pubkey,
    pub trader: Pubkey,
    pub size: i64,
    pub index_price: u64,
    pub notional: i128,
    pub charge: i128,
    pub fee: u64,
    pub realised: i64,
    pub funding: i64,
    pub redeemed: u64,
    pub repaid: u64,
    pub size_before: i64,
    pub size_after: i64,
    pub balance_before: u64,
    pub balance_after: u64,
    pub equity_before: i64,
    pub equity_after: i64,
    pub maintenance_before: u64,
    pub maintenance_after: u64,
}

/// Rates are in 2^-60 per second, positive where longs pay; indices, what a side has owed so far, in raw per base unit.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FundingUpdated {
    pub market: Pubkey,
    pub seconds: u64,
    pub rate_before: i64,
    pub rate_after: i64,
    pub long_index_before: i64,
    pub long_index_after: i64,
    pub short_index_before: i64,
    pub short_index_after: i64,
}

/// `funding` is what the account received, negative where it paid; `redeemed` what was funded of its claim, `repaid` what
/// its balance paid of its debt.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FundingSettled {
    pub account: Pubkey,
    pub market: Pubkey,
    pub funding: i64,
    pub redeemed: u64,
    pub repaid: u64,
    pub balance_before: u64,
    pub balance_after: u64,
}

/// Equity does not fall. `profit` is negative for a loss; the others are as in [`FundingSettled`].
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProfitSettled {
    pub account: Pubkey,
    pub market: Pubkey,
    pub profit: i64,
    pub funding: i64,
    pub redeemed: u64,
    pub repaid: u64,
    pub balance_before: u64,
    pub balance_after: u64,
}

#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimsFunded {
    pub market: Pubkey,
    pub funded: u64,
    pub pot_before: u64,
    pub pot_after: u64,
    pub claims: u64,
}

#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimRedeemed {
    pub account: Pubkey,
    pub market: Pubkey,
    pub redeemed: u64,
    pub left: u64,
    pub balance_before: u64,
    pub balance_after: u64,
}

/// `bounty + insurance + backing` is what was collected of the penalty; `liquidator_account` got the bounty. Equity and
/// maintenance margin are the account's, as in [`Traded`].
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Liquidated {
    pub account: Pubkey,
    pub market: Pubkey,
    pub liquidator: Pubkey,
    pub liquidator_account: Pubkey,
    pub index_price: u64,
    pub closed: u64,
    pub size_before: i64,
    pub size_after: i64,
    pub realised: i64,
    pub funding: i64,
    pub redeemed: u64,
    pub repaid: u64,
    pub penalty: u64,
    pub bounty: u64,
    pub insurance: u64,
    pub backing: u64,
    pub balance_before: u64,
    pub balance_after: u64,
    pub liquidator_balance_before: u64,
    pub liquidator_balance_after: u64,
    pub equity_before: i64,
    pub equity_after: i64,
    pub maintenance_before: u64,
    pub maintenance_after: u64,
}

/// What a bankruptcy took of the account's claim on another market: `redeemed` was funded and came into its balance,
/// `set_off` was set off against the debt. By index, since an address for each would be 30 bytes more.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Debug, PartialEq, Eq)]
pub struct ClaimUsed {
    pub market_index: u16,
    pub redeemed: u64,
    pub set_off: u64,
}

/// The five ways of paying add up to `debt`. `claims_used` names each other market where a claim was redeemed or set off,
/// in the order of the account's slots; their `set_off` add up to `paid_by_claims`, and
/// `balance_before + Σ redeemed − paid_by_balance = balance_after`.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BankruptcyResolved {
    pub account: Pubkey,
    pub market: Pubkey,
    pub debt: u64,
    pub paid_by_balance: u64,
    pub paid_by_claims: u64,
    pub paid_by_insurance: u64,
    pub paid_by_shared_insurance: u64,
    pub written_off: u64,
    pub claims_used: Vec<ClaimUsed>,
    pub balance_before: u64,
    pub balance_after: u64,
    pub insurance_before: u64,
    pub insurance_after: u64,
    pub shared_insurance_before: u64,
    pub shared_insurance_after: u64,
}

/// `market` is none for the shared insurance.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InsuranceFunded {
    pub exchange: Pubkey,
    pub market: Option<Pubkey>,
    pub funder: Pubkey,
    pub before: u64,
    pub after: u64,
}

/// `kind` is a [`perp_engine::state::RequestKind`]; `amount` is in tokens for a deposit and in shares for a withdrawal,
/// `minimum_output` the other way round, `tip` in lamports. `escrow` is the pool's, in tokens: a withdrawal's shares wait
/// in a token account, so that it is the same before and after.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiquidityRequested {
    pub request: Pubkey,
    pub owner: Pubkey,
    pub kind: u8,
    pub amount: u64,
    pub minimum_output: u64,
    pub tip: u64,
    pub escrow_before: u64,
    pub escrow_after: u64,
}

#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiquidityDeposited {
    pub request: Pubkey,
    pub executor: Pubkey,
    pub amount: u64,
    pub shares: u64,
    pub pool_cash_before: u64,
    pub pool_cash_after: u64,
    pub shares_before: u64,
    pub shares_after: u64,
}

#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiquidityWithdrawn {
    pub request: Pubkey,
    pub executor: Pubkey,
    pub burned: u64,
    pub paid: u64,
    pub left: u64,
    pub pool_cash_before: u64,
    pub pool_cash_after: u64,
    pub shares_before: u64,
    pub shares_after: u64,
}

/// `kind`, `amount` and `escrow` as in [`LiquidityRequested`].
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiquidityReturned {
    pub request: Pubkey,
    pub caller: Pubkey,
    pub kind: u8,
    pub amount: u64,
    pub escrow_before: u64,
    pub escrow_after: u64,
}

/// `moved` is positive into the market.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackingAllocated {
    pub market: Pubkey,
    pub moved: i64,
    pub backing_before: u64,
    pub backing_after: u64,
    pub pool_cash_before: u64,
    pub pool_cash_after: u64,
}

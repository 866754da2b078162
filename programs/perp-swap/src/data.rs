//! An instruction's data is exactly as long as its arguments.
//!
//! Anchor's dispatch reads the arguments and ignores what follows. A client of another version that sends more would be
//! understood as something else than it says; so data that is too long is refused before the dispatch sees it.

use crate::arguments::{LiquidityParameters, MarketParameters, OracleSource, OrderTerms};
use crate::errors::{denied, ExchangeError};
use crate::instruction;
use anchor_lang::event::EVENT_IX_TAG_LE;
use anchor_lang::prelude::*;
use anchor_lang::Discriminator;
use perp_engine::state::{Role, Status};

/// A type of argument.
trait Argument {
    /// Its length where `data` begins with it, in bytes.
    fn length(data: &[u8]) -> usize;
}

/// A type of argument that always has the same length.
trait Fixed {
    /// Its length, in bytes.
    const LENGTH: usize;
}

macro_rules! fixed {
    ($($argument:ty: $length:expr;)+) => {
        $(
            impl Fixed for $argument { const LENGTH: usize = $length; }

            impl Argument for $argument {
                fn length(_data: &[u8]) -> usize {
                    Self::LENGTH
                }
            }
        )+
    };
}

fixed! {
    bool: 1;
    u8: 1;
    u16: 2;
    u32: 4;
    u64: 8;
    i64: 8;
    [u8; 16]: 16;
    [u8; 32]: 32;
    Pubkey: 32;
    Status: 1;
    Role: 1;
    OrderTerms: OrderTerms::LENGTH;
    OracleSource: OracleSource::LENGTH;
    MarketParameters: MarketParameters::LENGTH;
    LiquidityParameters: LiquidityParameters::LENGTH;
}

impl<T: Fixed> Argument for Option<T> {
    #[allow(clippy::arithmetic_side_effects)] // of constants
    fn length(data: &[u8]) -> usize {
        // Any other first byte is no option; whoever reads it says so.
        if data.first() == Some(&0) {
            1
        } else {
            1 + T::LENGTH
        }
    }
}

impl<T: Fixed> Argument for Vec<T> {
    fn length(data: &[u8]) -> usize {
        // A count, and as many. What is longer than any data ends beyond it.
        let count = data.first_chunk().and_then(|count| usize::try_from(u32::from_le_bytes(*count)).ok());
        let elements = count.and_then(|count| count.checked_mul(T::LENGTH));
        elements.and_then(|elements| elements.checked_add(4)).unwrap_or(usize::MAX)
    }
}

/// What follows an argument; none where the data ends within it.
fn skip<T: Argument>(data: &[u8]) -> Option<&[u8]> {
    data.get(T::length(data)..)
}

/// An instruction's first eight bytes as a number.
const fn number(discriminator: &[u8]) -> u64 {
    match discriminator.first_chunk() {
        Some(bytes) if discriminator.len() == 8 => u64::from_le_bytes(*bytes),
        _ => panic!("discriminators are eight bytes"),
    }
}

macro_rules! instructions {
    ($($name:ident { $($argument:ident: $type:ty),* })+) => {
        // The types are those of the arguments, and all of them.
        $(const _: fn($($type),*) -> instruction::$name = |$($argument),*| instruction::$name { $($argument),* };)+

        /// What follows the arguments; none where the data ends within them.
        ///
        /// # Errors
        /// Anchor's `InstructionFallbackNotFound` for an unknown instruction, so that one missing here cannot be
        /// called.
        fn rest(data: &[u8]) -> Result<Option<&[u8]>> {
            let Some((discriminator, rest)) = data.split_first_chunk() else { return Ok(None) };
            let discriminator = u64::from_le_bytes(*discriminator);
            $(
                if discriminator == const { number(instruction::$name::DISCRIMINATOR) } {
                    let rest = Some(rest);
                    $(let rest = rest.and_then(skip::<$type>);)*
                    return Ok(rest);
                }
            )+
            Err(ErrorCode::InstructionFallbackNotFound.into())
        }
    };
}

instructions! {
    Trade { size: i64, acceptable_price: u64, reduce_only: bool }
    UpdatePrices {}
    Liquidate { max_size: u64, min_bounty: u64 }
    LiquidateIfDue { max_size: u64, min_bounty: u64 }
    SettlePnl {}
    SettleFunding {}
    UpdateFunding {}
    ArmOrder { slot: u8 }
    ExecuteOrder { slot: u8 }
    ArmOrderIfDue { slot: u8 }
    ExecuteOrderIfDue { slot: u8 }
    PlaceOrders { cancel: Vec<u8>, orders: Vec<OrderTerms> }
    SweepOrder { slot: u8 }
    OpenOrders {}
    CloseOrders {}
    RedeemClaim {}
    WaiveClaim {}
    ResolveBankruptcy {}
    Deposit { amount: u64 }
    Withdraw { amount: u64 }
    OpenAccount { sub_account: u16, isolated_market: Option<u16> }
    CloseAccount {}
    SetDelegate { delegate: Pubkey }
    LimitDelegate { expires: i64, markets: u64, largest_notional: u64, equity_floor: u64, reduce_only: bool }
    ValueMarket {}
    RequestLiquidityDeposit { nonce: u64, amount: u64, limit: u8 }
    RequestLiquidityWithdrawal { nonce: u64, amount: u64, limit: u8 }
    PayLiquidityRequest {}
    CloseEpoch { boundary: i64 }
    AllocateBacking {}
    ReportOracleOutage {}
    UpdateSecondPrice {}
    FundClaims {}
    FundInsurance { amount: u64 }
    CreateExchange { name: [u8; 32], risk_admin: Pubkey, guardian: Pubkey, parameters: LiquidityParameters }
    ProposeAdmin { successor: Pubkey }
    AcceptAdmin {}
    SetRoles { risk_admin: Pubkey, guardian: Pubkey }
    SetExchangeStatus { status: Status, seconds: u32 }
    CreateMarket {
        index: u16,
        symbol: [u8; 16],
        base_decimals: u8,
        oracle: OracleSource,
        second_oracle: Option<OracleSource>,
        parameters: MarketParameters,
        target_backing: u64
    }
    SetMarketStatus { status: Status, seconds: u32 }
    SetBackingTarget { target: u64 }
    WithdrawProtocolFees {}
    DelistMarket {}
    BeginSettlement {}
    ProposeParameters { market_index: u16, parameters: MarketParameters }
    ApplyParameters {}
    ProposeOracle {
        market_index: u16,
        oracle: OracleSource,
        second_oracle: Option<OracleSource>,
        second_max_deviation: u32,
        second_max_age: u32
    }
    ApplyOracle {}
    ProposePoolParameters { parameters: LiquidityParameters }
    ApplyPoolParameters {}
    ProposeListing {
        index: u16,
        symbol: [u8; 16],
        base_decimals: u8,
        oracle: OracleSource,
        second_oracle: Option<OracleSource>,
        parameters: MarketParameters,
        target_backing: u64
    }
    ApplyListing { index: u16 }
    ProposeRole { role: Role, holder: Pubkey }
    ApplyRole {}
    ProposeInsurance { amount: u64 }
    ApplyInsurance {}
    CancelProposal {}
    TightenMarket { open_interest_cap: u64, open_interest_low: u64, max_confidence_to_increase: u32 }
}

/// Whether an instruction's data ends with its arguments. Data that ends before them is Anchor's to refuse, as are the
/// contents of either.
///
/// # Errors
/// [`ExchangeError::TrailingData`]; Anchor's `InstructionFallbackNotFound` for an unknown instruction.
pub fn check_length(data: &[u8]) -> Result<()> {
    // The program's calls of itself carry an event of any length, and nothing reads it.
    if data.starts_with(EVENT_IX_TAG_LE) {
        return Ok(());
    }
    match rest(data)? {
        Some(rest) if !rest.is_empty() => Err(denied(ExchangeError::TrailingData)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use anchor_lang::InstructionData;
    use perp_accounts::oracle::OracleKind;

    const TRAILING: ExchangeError = ExchangeError::TrailingData;

    /// One byte too many is refused, one too few is left to Anchor.
    fn check(instruction: impl InstructionData) {
        let data = instruction.data();
        assert_eq!(check_length(&data), Ok(()));
        for byte in [0, 1, 255] {
            let longer = [&data[..], &[byte]].concat();
            assert_eq!(check_length(&longer), Err(TRAILING.into()));
        }
        let (_, shorter) = data.split_last().unwrap();
        assert_eq!(check_length(shorter), Ok(()));
    }

    #[test]
    fn data_longer_than_the_arguments_is_refused() {
        check(instruction::CloseAccount {});
        check(instruction::Trade { size: -1, acceptable_price: 1, reduce_only: true });
        check(instruction::SetExchangeStatus { status: Status::Paused, seconds: 300 });
        check(instruction::SetDelegate { delegate: Pubkey::default() });
        check(instruction::RequestLiquidityDeposit { nonce: 1, amount: 2, limit: 3 });
    }

    #[test]
    fn the_entrypoint_refuses_trailing_data_before_anything_else() {
        let data = instruction::CloseAccount {}.data();
        let run = |data: &[u8]| crate::process(&crate::ID, &[], data);
        assert_eq!(run(&[&data[..], &[0]].concat()), Err(ProgramError::Custom(TRAILING.code())));
        // Without it Anchor misses the accounts.
        assert_eq!(run(&data), Err(ProgramError::Custom(ErrorCode::AccountNotEnoughKeys.into())));
    }

    #[test]
    fn an_options_length_follows_from_its_first_byte() {
        check(instruction::OpenAccount { sub_account: 1, isolated_market: Some(2) });
        let cross = instruction::OpenAccount { sub_account: 1, isolated_market: None }.data();
        assert_eq!(check_length(&cross), Ok(()));
        // The two bytes of a market that the option says is not there.
        assert_eq!(check_length(&[&cross[..], &[0, 0]].concat()), Err(TRAILING.into()));
    }

    #[test]
    fn a_lists_length_follows_from_its_count() {
        let bytes = [1; OrderTerms::LENGTH];
        let order = OrderTerms::try_from_slice(&bytes).unwrap();
        for (cancel, orders) in
            [(vec![], vec![]), (vec![3], vec![]), (vec![], vec![order]), (vec![0; 16], vec![order; 9])]
        {
            check(instruction::PlaceOrders { cancel, orders });
        }
        // A count that no data could hold is left to Anchor.
        let data = [instruction::PlaceOrders::DISCRIMINATOR, &[255; 4]].concat();
        assert_eq!(check_length(&data), Ok(()));
    }

    #[test]
    fn structs_are_as_long_as_their_fields() {
        let market = [7; MarketParameters::LENGTH];
        let oracle = OracleSource {
            kind: OracleKind::Pull,
            program: Pubkey::default(),
            account: Pubkey::default(),
            feed_id: [1; 32],
        };
        for second_oracle in [None, Some(oracle)] {
            check(instruction::CreateMarket {
                index: 0,
                symbol: [0; 16],
                base_decimals: 9,
                oracle,
                second_oracle,
                parameters: MarketParameters::try_from_slice(&market).unwrap(),
                target_backing: 0,
            });
        }
        let pool = [7; LiquidityParameters::LENGTH];
        check(instruction::CreateExchange {
            name: [0; 32],
            risk_admin: Pubkey::default(),
            guardian: Pubkey::default(),
            parameters: LiquidityParameters::try_from_slice(&pool).unwrap(),
        });
    }

    #[test]
    fn unknown_instructions_are_refused_and_events_pass() {
        assert_eq!(check_length(&[9; 8]), Err(ErrorCode::InstructionFallbackNotFound.into()));
        assert_eq!(check_length(&[EVENT_IX_TAG_LE, &[1; 300]].concat()), Ok(()));
        assert_eq!(check_length(&[]), Ok(()), "Anchor finds no instruction in less than eight bytes");
    }
}

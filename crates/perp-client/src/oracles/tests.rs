use super::*;
use perp_accounts::oracle::{CORE_RECEIVER, LEGACY_MAINNET};
use perp_oracle::read_oracle;
use perp_oracle::write::{SOL_USD, USDC_USD};
use proptest::prelude::*;

const ADDRESS: Pubkey = Pubkey::new_from_array([7; 32]);

fn feed() -> [u8; 32] {
    SOL_USD[41..73].try_into().unwrap()
}

fn pull_binding(account: Pubkey) -> OracleBinding {
    OracleBinding::new(OracleKind::Pull, CORE_RECEIVER, account, feed())
}

fn legacy_binding() -> OracleBinding {
    OracleBinding::new(OracleKind::LegacyPush, LEGACY_MAINNET, ADDRESS, [0; 32])
}

/// What this reader says, which is what the program's says.
fn both(owner: &Pubkey, data: &[u8], binding: &OracleBinding) -> Result<OracleReading, OracleError> {
    let ours = read_price_account(&ADDRESS, owner, data, binding);
    assert_eq!(ours, read_oracle(&ADDRESS, owner, data, binding));
    ours
}

#[test]
fn accounts_of_mainnet_say_what_the_program_reads() {
    let sol = both(&CORE_RECEIVER, SOL_USD, &pull_binding(Pubkey::default())).unwrap();
    assert_eq!((sol.price(), sol.exponent(), sol.publish_time()), (14_061_593_700, -8, 1_720_533_480));
    let usdc = both(&LEGACY_MAINNET, USDC_USD, &legacy_binding()).unwrap();
    assert_eq!((usdc.price(), usdc.confidence(), usdc.publish_time()), (100_000_750, 24_249, 1_701_981_042));
}

#[test]
fn other_owners_addresses_and_lengths_are_refused_alike() {
    let elsewhere = pull_binding(Pubkey::new_from_array([8; 32]));
    assert_eq!(both(&CORE_RECEIVER, SOL_USD, &elsewhere), Err(OracleError::WrongOracleAddress));
    assert_eq!(both(&LEGACY_MAINNET, SOL_USD, &elsewhere), Err(OracleError::WrongOracleOwner));
    for length in [0, 8, 40, 133] {
        assert!(both(&CORE_RECEIVER, &SOL_USD[..length], &pull_binding(ADDRESS)).is_err());
    }
    assert!(both(&LEGACY_MAINNET, &USDC_USD[..3311], &legacy_binding()).is_err());
}

proptest! {
    #[test]
    fn damaged_pull_accounts_are_read_alike(damage in prop::collection::vec((0usize..134, any::<u8>()), 0..4)) {
        let mut data = SOL_USD.to_vec();
        damage.into_iter().for_each(|(place, byte)| data[place] = byte);
        let _ = both(&CORE_RECEIVER, &data, &pull_binding(ADDRESS));
    }

    #[test]
    fn damaged_legacy_accounts_are_read_alike(damage in prop::collection::vec((0usize..240, any::<u8>()), 0..4)) {
        let mut data = USDC_USD.to_vec();
        damage.into_iter().for_each(|(place, byte)| data[place] = byte);
        let _ = both(&LEGACY_MAINNET, &data, &legacy_binding());
    }

    #[test]
    fn every_byte_that_decides_is_read_alike(place in 0usize..240, byte in 0u8..6) {
        let mut data = USDC_USD.to_vec();
        data[place] = byte;
        let _ = both(&LEGACY_MAINNET, &data, &legacy_binding());
        let mut data = SOL_USD.to_vec();
        data[place % 134] = byte;
        let _ = both(&CORE_RECEIVER, &data, &pull_binding(ADDRESS));
    }
}

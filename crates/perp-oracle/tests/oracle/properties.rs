//! Whatever the bytes.

use perp_accounts::oracle::{OracleBinding, OracleError};
use perp_oracle::write::{legacy_account, pull_account};
use proptest::prelude::*;

use crate::{judge_legacy, judge_pull, judge_ranges, read, sol_binding, usdc_binding, Said, SOL_USD, USDC_USD};

fn any_binding() -> impl Strategy<Value = OracleBinding> {
    prop_oneof![Just(sol_binding()), Just(usdc_binding())]
}

/// Reads and checks what every reading promises. The owner and the address are the binding's own, so that the bytes are
/// reached.
fn read_whatever(data: &[u8], binding: &OracleBinding) -> Result<Said, OracleError> {
    let outcome = read(&binding.account, &binding.program, data, binding);
    if let Ok(reading) = outcome {
        assert_eq!(judge_ranges(reading), Ok(reading));
    }
    outcome
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn random_bytes_never_panic(
        data in prop_oneof![
            prop::collection::vec(any::<u8>(), 0..300),
            prop::collection::vec(any::<u8>(), 134),
            prop::collection::vec(any::<u8>(), 3312),
        ],
        binding in any_binding(),
    ) {
        prop_assert!(read_whatever(&data, &binding).is_err());
    }

    #[test]
    fn random_mutations_of_a_pull_account_are_read_for_what_they_say(
        changes in prop::collection::vec((8_usize..134, any::<u8>()), 1..12),
    ) {
        let mut data = SOL_USD.to_vec();
        for (offset, value) in changes {
            data[offset] = value;
        }
        prop_assert_eq!(read_whatever(&data, &sol_binding()), judge_pull(&data));
    }

    #[test]
    fn random_mutations_of_a_legacy_account_are_refused_or_read_for_what_they_say(
        changes in prop::collection::vec((0_usize..240, any::<u8>()), 1..12),
        cut in prop::option::weighted(0.2, 0_usize..3312),
    ) {
        let mut data = USDC_USD.to_vec();
        for (offset, value) in changes {
            data[offset] = value;
        }
        data.truncate(cut.unwrap_or(3312));
        match read_whatever(&data, &usdc_binding()) {
            Ok(reading) => prop_assert_eq!(judge_legacy(&data), Ok(reading)),
            Err(_) => prop_assert!(cut.is_some() || judge_legacy(&data).is_err()),
        }
    }

    #[test]
    fn made_accounts_read_back_as_made(
        price in 1..=i64::MAX,
        confidence in 0..=i64::MAX as u64,
        exponent in -18..=0,
        publish_time in 1..=i64::MAX,
        slot in any::<u64>(),
        feed_id in any::<[u8; 32]>(),
    ) {
        let expected = Ok(Said { price, confidence, exponent, publish_time });
        let pull = pull_account(feed_id, price, confidence, exponent, publish_time, slot);
        let binding = OracleBinding { feed_id, ..sol_binding() };
        prop_assert_eq!(read_whatever(&pull, &binding), expected);
        let legacy = legacy_account(USDC_USD, price, confidence, exponent, publish_time, slot);
        prop_assert_eq!(read_whatever(&legacy.unwrap(), &usdc_binding()), expected);
    }
}

use super::*;
use anchor_lang::prelude::Pubkey;
use std::collections::HashMap;

#[test]
fn every_refusal_is_of_a_class_and_every_class_has_some() {
    let mut counts: HashMap<Class, usize> = HashMap::new();
    for error in ExchangeError::ALL {
        *counts.entry(Class::of(*error)).or_default() += 1;
    }
    assert_eq!(counts.len(), 5, "{counts:?}");
    assert_eq!(counts.values().sum::<usize>(), ExchangeError::ALL.len());
}

#[test]
fn what_another_keeper_did_first_is_a_lost_race() {
    use ExchangeError as E;
    let lost =
        [E::NotLiquidatable, E::NothingToRedeem, E::MarketValued, E::PriceStillFresh, E::NotBankrupt, E::NothingToFund];
    for error in lost {
        assert_eq!(Class::of(error), Class::LostRace, "{error:?}");
    }
    // These say that the keeper itself was wrong, or early.
    for error in [E::ExchangeMismatch, E::SelfLiquidation, E::MarketsNotValued, E::Paused, E::MarketMissing] {
        assert_ne!(Class::of(error), Class::LostRace, "{error:?}");
    }
}

#[test]
fn two_races_are_lost_to_the_system_program_and_to_the_framework() {
    let failure = |program, code, account: Option<&str>| Failure {
        program,
        reason: Reason::Code(code),
        account: account.map(String::from),
    };
    let ours = perp_swap::ID;
    // A record that is there already; a request that is gone, once its account is and once somebody else's is there.
    for lost in [
        failure(system_program::ID, 0, None),
        failure(ours, ErrorCode::AccountNotInitialized.into(), Some("request")),
        failure(ours, ErrorCode::AccountOwnedByWrongProgram.into(), Some("record")),
    ] {
        assert_eq!(Class::of_framework(&lost), Some(Class::LostRace), "{lost:?}");
    }
    // Another error, account or program is somebody's mistake.
    for wrong in [
        failure(system_program::ID, 1, None),
        failure(ours, ErrorCode::AccountNotInitialized.into(), Some("market")),
        failure(ours, ErrorCode::ConstraintSeeds.into(), Some("request")),
        failure(Pubkey::new_unique(), ErrorCode::AccountNotInitialized.into(), Some("request")),
    ] {
        assert_eq!(Class::of_framework(&wrong), None, "{wrong:?}");
    }
}

use super::*;
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

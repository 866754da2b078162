use crate::expected::{market_sequence, says, world};
use perp_client::instructions::fund_insurance;
use perp_engine::units::Atoms;
use perp_swap::errors::ExchangeError;
use perp_swap::events::InsuranceFunded;
use perp_tests::{assert_refused, TokenError};

#[test]
fn anybody_pays_into_a_markets_insurance_or_into_the_shared_one() {
    let mut world = world(2);
    let funder = world.user(100);
    let (at, vault) = (world.addresses, world.vault());
    let expected = InsuranceFunded {
        exchange: at.exchange,
        time: world.now,
        market: Some(at.market(1)),
        market_index: Some(1),
        market_sequence: Some(market_sequence(&mut world, 1) + 1),
        pool_sequence: None,
        funder,
        amount: 20,
        before: 0,
        after: 20,
    };
    says(world.fund_insurance(funder, Some(1), 20), expected);
    for (amount, before) in [(10, 0), (30, 10)] {
        let expected = InsuranceFunded {
            exchange: at.exchange,
            time: world.now,
            market: None,
            market_index: None,
            market_sequence: None,
            pool_sequence: Some(world.pool().state.sequence + 1),
            funder,
            amount,
            before,
            after: before + amount,
        };
        says(world.fund_insurance(funder, None, amount), expected);
    }
    let own = [0, 1].map(|market| world.market(market).state.ledger.insurance.get());
    assert_eq!((own, world.pool().state.insurance.get()), ([0, 20], 40));
    assert_eq!((world.tokens(&funder), world.vault()), (40, vault + 60));
}

#[test]
fn nothing_and_more_than_there_is_are_refused() {
    let mut world = world(1);
    let funder = world.user(100);
    for market in [None, Some(0)] {
        assert_refused(world.fund_insurance(funder, market, 0), ExchangeError::AmountZero);
        assert_refused(world.fund_insurance(funder, market, 101), TokenError::InsufficientFunds);
        // Out of the vault into the vault nothing would come in.
        let at = world.addresses;
        let from_vault = fund_insurance(&at, funder, at.vault, market, Atoms::new(1));
        assert_refused(world.run(&[from_vault]), ExchangeError::TransferToItself);
    }
}

use crate::expected::{market_sequence, says, world};
use perp_swap::errors::ExchangeError;
use perp_swap::events::OracleOutageReported;
use perp_tests::assert_refused;

#[test]
fn an_outage_counts_from_its_report_until_a_price_arrives() {
    let mut world = world(1);
    let published = world.market(0).state.price.published.get();
    // Fifteen seconds are young enough.
    world.set_time(published + 15);
    assert_refused(world.report_oracle_outage(0), ExchangeError::PriceStillFresh);
    world.wait(1);
    let before = world.market(0).state;
    let expected = OracleOutageReported {
        exchange: world.addresses.exchange,
        time: world.now,
        market: world.addresses.market(0),
        market_index: 0,
        market_sequence: market_sequence(&mut world, 0) + 1,
        published,
        outage_since: world.now,
    };
    says(world.report_oracle_outage(0), expected);
    let after = world.market(0).state;
    assert_eq!((after.price.outage_since.get(), after.price.published), (world.now, before.price.published));
    assert_eq!(after.ledger, before.ledger);

    // Reporting it again would put off its end.
    world.wait(100);
    assert_refused(world.report_oracle_outage(0), ExchangeError::OutageAlreadyReported);
    // A price too wide to value anything is none.
    world.publish_with(0, 250.0, 9.0, world.now);
    world.update_price(0).unwrap();
    assert_refused(world.report_oracle_outage(0), ExchangeError::OutageAlreadyReported);
    world.later_at(1, 0, 250.0);
    assert!(world.market(0).state.price.outage_since.is_never());
    assert_refused(world.report_oracle_outage(0), ExchangeError::PriceStillFresh);
}

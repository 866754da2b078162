use crate::expected::world;
use perp_client::instructions::{view_funding, TargetMarket};
use perp_swap::errors::ExchangeError;
use perp_swap::instructions::MAX_FORECAST_SECONDS;
use perp_swap::views::FundingView;
use perp_tests::{assert_refused, SOL, USDC};
use solana_compute_budget_interface::ComputeBudgetInstruction;

#[test]
fn it_answers_what_comes_while_price_and_open_interest_stay() {
    let mut world = world(1);
    let trader = world.trader(200_000 * USDC);
    world.trade(trader, 0, 8_000 * SOL).unwrap();
    for seconds in [0, 1, 3_600, 10_000] {
        let asked = view_funding(&world.addresses, world.target(0), seconds);
        let view: FundingView = world.send(&asked).unwrap().answered();
        let before = world.market(0).state.ledger;
        // An hour at most is accrued at a time.
        let mut left = i64::from(seconds);
        while left > 0 {
            world.wait(left.min(3_600));
            world.publish(0, 250.0);
            world.update_funding(0).unwrap();
            left -= left.min(3_600);
        }
        let after = world.market(0).state.ledger;
        let moved = |side: usize| after.sides[side].funding_index.get() - before.sides[side].funding_index.get();
        assert_eq!((view.rate, view.rate_after), (before.funding_rate, after.funding_rate), "{seconds}");
        assert_eq!((view.long_owed, view.short_owed), (moved(0), moved(1)), "{seconds}");
    }
}

#[test]
fn it_reaches_a_week_ahead() {
    let mut world = world(1);
    let trader = world.trader(200_000 * USDC);
    world.trade(trader, 0, 8_000 * SOL).unwrap();
    let ask =
        |seconds, world: &perp_tests::World| view_funding(&world.addresses, TargetMarket::at_cached_price(0), seconds);
    // Hour by hour it takes more than the default.
    let limit = ComputeBudgetInstruction::set_compute_unit_limit(600_000);
    let asked = ask(MAX_FORECAST_SECONDS, &world);
    let done = world.run(&[limit, asked]).unwrap();
    assert!(done.answered::<FundingView>().long_owed > 0);
    let asked = ask(MAX_FORECAST_SECONDS + 1, &world);
    assert_refused(world.send(&asked), ExchangeError::ForecastTooLong);
}

//! What stolen keys cost, to depth two; to depth four by the example `stolen_keys`.

use crate::common::keys::{enumerate, Act};
use perp_engine::fixtures::USDC;

const USD: i128 = USDC as i128;

#[test]
fn attack_the_keys_of_all_roles_take_no_collateral_and_no_insurance() {
    let [day, three_days, month] = enumerate(2);
    assert!(day.sequences > 200 && month.sequences > 300, "{} and {}", day.sequences, month.sequences);

    // Within a day nothing that was proposed is in force. Of $700 000 that the users hold in SOL-PERP a cap tightened to nothing has
    // them pay the carry of a full market, 0.11 % a day, to the pool and the insurance.
    assert!(day.users.0 <= 800 * USD, "{:?}", day.users);
    for lost in [&day.providers, &day.stolen] {
        assert!(lost.0 <= 10 * USD, "{lost:?}");
    }
    // Within three days a market of the thief's own has been listed and has grown once: two hundredths of the pool of $5 million.
    assert!(three_days.providers.0 <= 101_000 * USD, "{:?}", three_days.providers);
    assert!(three_days.stolen.0 <= 101_000 * USD, "{:?}", three_days.stolen);
    assert!(three_days.providers.1.contains(&Act::List), "{:?}", three_days.providers);
    // Three days of the carry of a full market.
    assert!(three_days.users.0 <= 3 * 800 * USD, "{:?}", three_days.users);
    // Users who do nothing for a month lose what liquidation takes, and nothing goes to a key but bounties.
    for insurance in [&day.insurance, &three_days.insurance, &month.insurance] {
        assert!(insurance.0 <= 2 * 50_000 * USD + 1_000 * USD, "{insurance:?}");
    }
}

//! `trade` against a localnet.

mod common;

use common::{value, Local};
use perp_client::exchange::convert::atoms;

const TRADE: &str = env!("CARGO_BIN_EXE_trade");

#[test]
fn a_trade_opens_within_its_bound_and_closes() {
    let local = Local::start();
    let printed = local.run(TRADE, &["--size", "-10"]);
    assert_eq!(value(&printed, "deposited"), "1000");
    let (opened, closed) = printed.split_at(printed.rfind("filled").unwrap());

    // Spread and impact are 1.10357962 + 0.00035154 (as in the test of `quote`): sold a tenth of that below 140.615937, and no
    // lower than a fifth of a percent below that.
    assert_eq!(value(opened, "filled"), "-10 SOL-PERP at 140.50554388");
    assert!(value(opened, "acceptable price").starts_with("140.22453"), "{opened}");
    assert_eq!(value(opened, "fee"), "0.562464");
    assert_eq!(value(opened, "position"), "-10");
    assert_eq!(value(opened, "balance"), "999.437536");

    // Bought back: the skew goes to zero, so there is no impact and half the fee.
    assert_eq!(value(closed, "filled"), "10 SOL-PERP at 140.72629496");
    assert_eq!(value(closed, "impact"), "0");
    assert_eq!(value(closed, "fee"), "0.281232");
    // 1.10393116 + 1.10357962 are lost to spread and impact.
    assert_eq!(value(closed, "realized profit"), "-2.207511");
    assert_eq!(value(closed, "position"), "0");
    // 999.437536 - 2.207511 - 0.281232
    assert_eq!(value(closed, "balance"), "996.948793");

    let account = local.account("alice").state;
    assert!(account.occupied().next().is_none());
    assert_eq!(account.balance, atoms("996.948793", 6).unwrap());
    local.localnet.validator.stop().unwrap();
}

#[test]
fn a_localnet_that_is_not_there_is_named() {
    let keys = tempfile::tempdir().unwrap();
    let output = std::process::Command::new(TRADE).arg("--keys").arg(keys.path()).output().unwrap();
    assert!(!output.status.success());
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(error.contains("exchange.json: start one, or give --url and --exchange"), "{error}");
}

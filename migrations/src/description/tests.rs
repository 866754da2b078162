use super::*;
use crate::LOCALNET;
use perp_engine::state::RATE_BITS;
use perp_engine::units::{Ppm, Size};

fn parse(text: &str) -> Result<Description, FileError> {
    Description::parse(Path::new("exchange.toml"), text)
}

/// The line and the problem of the localnet's file with `from` replaced once by `to`.
fn problem(from: &str, to: &str) -> (String, String) {
    assert!(LOCALNET.contains(from), "{from}");
    let text = LOCALNET.replacen(from, to, 1);
    let shown = parse(&text).unwrap_err().to_string();
    let (place, problem) = shown.split_once(": ").unwrap();
    let line = place.strip_prefix("exchange.toml:").unwrap().parse::<usize>().unwrap();
    (text.lines().nth(line - 1).unwrap().to_string(), problem.to_string())
}

#[test]
fn the_localnet_lists_sol_with_the_starting_numbers_and_btc() {
    let Description { exchange, markets } = parse(LOCALNET).unwrap();
    assert_eq!(perp_client::addresses::unpadded(&exchange.name), "localnet");
    assert_eq!(exchange.pool.minimum_request, Atoms::new(10_000_000));
    let [sol, btc] = &markets[..] else { panic!("{} markets", markets.len()) };
    assert_eq!(&sol.symbol, b"SOL-PERP\0\0\0\0\0\0\0\0");
    assert_eq!(&btc.symbol, b"BTC-PERP\0\0\0\0\0\0\0\0");
    assert_eq!(sol.target_backing, Atoms::new(3_000_000_000_000));

    let parameters = &sol.parameters;
    // 100 000 SOL of 10^9 base units.
    assert_eq!(parameters.open_interest_cap, Size::new(100_000_000_000_000));
    assert_eq!((parameters.base_margin, parameters.step), (Ppm::new(50_000), Ppm::new(18_000)));
    assert_eq!((parameters.taker_fee, parameters.volatility), (Ppm::new(400), Ppm::new(800_000)));
    // 86 400² s² / 9.6 % = 77 760 000 000
    assert_eq!(parameters.funding_velocity, (1 << RATE_BITS) / 77_760_000_000);
    assert_eq!((parameters.minimum_position, parameters.age_trade), (Atoms::new(100_000_000), 5));
    // 200 BTC of 10^10 base units.
    assert_eq!(btc.parameters.open_interest_cap, Size::new(2_000_000_000_000));
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let error = Description::read(Path::new("no/such.toml")).unwrap_err();
    assert!(error.to_string().starts_with("cannot read no/such.toml: "), "{error}");
}

#[test]
fn a_wrong_line_is_shown_with_its_key() {
    for (from, to, expected) in [
        // Not a number, not exactly one, or more than the program can hold.
        ("penalty_percent = \"1\"", "penalty_percent = \"1 %\"", "penalty_percent: \"1 %\" is not a decimal number"),
        ("penalty_percent = \"1\"", "penalty_percent = 1.5", "penalty_percent: 1.5 is not read exactly"),
        ("taker_fee_percent = \"0.04\"", "taker_fee_percent = \"0.00001\"", "taker_fee_percent: 0.00001 is negative"),
        ("age_trade_seconds = 5\n", "age_trade_seconds = -5\n", "age_trade_seconds: -5 is negative"),
        ("age_trade_seconds = 5\n", "age_trade_seconds = 4294967296\n", "age_trade_seconds: 4294967296 is negative"),
        ("target_backing = \"3000000\"", "target_backing = \"-1\"", "target_backing: \"-1\" is out of range"),
        ("base_decimals = 9", "base_decimals = \"nine\"", "expected u8: `base_decimals = \"nine\"`"),
        ("base_decimals = 9", "base_decimals = 19", "base_decimals: expected 0 to 18"),
        ("quote_decimals = 6", "quote_decimals = 13", "quote_decimals: expected 0 to 12"),
        // Keys and syntax.
        (
            "step_percent",
            "steps_percent",
            "steps_percent: no such key in [market.parameters]; it has open_interest_cap,",
        ),
        ("symbol =", "symbols =", "unknown field `symbols`"),
        ("[exchange.pool]", "[exchange.pool", "unclosed table, expected `]`: `[exchange.pool`"),
        // Addresses, names, oracles.
        ("guardian = \"5QTy", "guardian = \"0QTy", "guardian: \"0QTydPwRcvs4vJgEGacPhvr8UTQEv3JaZowEBPz17TDV\" is"),
        ("name = \"localnet\"", "name = \"\"", "name: \"\" is not a name of 1 to 32 bytes"),
        ("\"SOL-PERP", "\"SOL-PERPETUAL-SWAP", "symbol: \"SOL-PERPETUAL-SWAP\" is not a name of 1 to 16 bytes"),
        ("\"BTC-PERP", "\"SOL-PERP", "symbol: SOL-PERP is listed twice"),
        ("feed_id = \"ef0d", "feed_id = \"ef0", "is not a feed id: expected 64 hexadecimal digits"),
        ("kind = \"pull\"", "kind = \"push\"", "kind: \"push\" is neither \"legacy\" nor \"pull\""),
    ] {
        let (line, found) = problem(from, to);
        assert!(line.contains(to.trim()) && found.contains(expected), "{line}\n{found}");
    }
}

#[test]
fn what_a_table_lacks_or_contradicts_is_said_at_its_head() {
    for (from, to, head, expected) in [
        ("step_percent = \"1.8\"\n", "", "[market.parameters]", "step_percent: missing in [market.parameters]"),
        ("base_decimals = 9\n", "", "[[market]]", "missing field `base_decimals`"),
        ("kind = \"pull\"", "kind = \"legacy\"", "[market.oracle]", "a Pyth program that writes accounts of the other"),
        (
            "step_percent = \"1.8\"",
            "step_percent = \"1.9\"",
            "[market.parameters]",
            "of SOL-PERP: rule 3 does not hold: step",
        ),
        ("deposit_delay_seconds = 30", "deposit_delay_seconds = 29", "[exchange.pool]", "rule 2 does not hold: delays"),
    ] {
        let (line, found) = problem(from, to);
        assert!(line == head && found.contains(expected), "{line}\n{found}");
    }
}

#[test]
fn every_broken_rule_has_its_words() {
    for (from, to, rule) in [
        ("open_interest_cap = \"100000\"", "open_interest_cap = \"0\"", 1),
        ("minimum_position = \"100\"", "minimum_position = \"4503599628\"", 1),
        ("bounty_share_min_percent = \"30\"", "bounty_share_min_percent = \"51\"", 2),
        ("taker_fee_reducing_percent = \"0.02\"", "taker_fee_reducing_percent = \"0.05\"", 2),
        ("confidence_good_percent = \"1.5\"", "confidence_good_percent = \"2\"", 4),
        ("confidence_increase_percent = \"0.5\"", "confidence_increase_percent = \"3\"", 5),
        ("impact_limit_percent = \"0.4\"", "impact_limit_percent = \"0.5\"", 6),
        ("minimum_bounty = \"0.05\"", "minimum_bounty = \"0.1\"", 7),
        ("age_other_seconds = 60", "age_other_seconds = 4", 8),
        ("future_tolerance_seconds = 10", "future_tolerance_seconds = 11", 8),
        ("dark_delay_seconds = 300", "dark_delay_seconds = 7201", 8),
        ("jump_percent = \"15\"", "jump_percent = \"2\"", 9),
    ] {
        let (_, found) = problem(from, to);
        let expected = format!("rule {rule} does not hold: {}", fields::MARKET_RULES[rule - 1]);
        assert!(found.ends_with(&expected), "{found}");
    }
}

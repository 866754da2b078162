use super::*;
use crate::LOCALNET;
use perp_client::addresses::padded;
use perp_engine::parameters::{MarketRule, PoolRule};
use perp_engine::state::RATE_BITS;
use perp_engine::units::{Ppm, Size};
use perp_swap::arguments::check_name;

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
    assert_eq!((parameters.base_margin, parameters.max_price_step), (Ppm::new(50_000), Ppm::new(18_000)));
    assert_eq!((parameters.taker_fee, parameters.volatility), (Ppm::new(400), Ppm::new(800_000)));
    // 86 400² s² / 9.6 % = 77 760 000 000
    assert_eq!(parameters.funding_velocity, (1 << RATE_BITS) / 77_760_000_000);
    assert_eq!((parameters.minimum_position, parameters.max_age_trade), (Atoms::new(100_000_000), 5));
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
        ("max_age_trade_seconds = 5\n", "max_age_trade_seconds = -5\n", "max_age_trade_seconds: -5 is"),
        (
            "max_age_trade_seconds = 5\n",
            "max_age_trade_seconds = 4294967296\n",
            "max_age_trade_seconds: 4294967296 is negative",
        ),
        ("target_backing = \"3000000\"", "target_backing = \"-1\"", "target_backing: \"-1\" is out of range"),
        ("base_decimals = 9", "base_decimals = \"nine\"", "expected u8: `base_decimals = \"nine\"`"),
        ("base_decimals = 9", "base_decimals = 19", "base_decimals: expected 0 to 18"),
        ("quote_decimals = 6", "quote_decimals = 5", "quote_decimals: expected 6 to 9"),
        ("quote_decimals = 6", "quote_decimals = 10", "quote_decimals: expected 6 to 9"),
        // Keys and syntax.
        (
            "max_price_step_percent",
            "price_step_percent",
            "price_step_percent: no such key in [market.parameters]; it has open_interest_cap,",
        ),
        ("symbol =", "symbols =", "unknown field `symbols`"),
        ("[exchange.pool]", "[exchange.pool", "unclosed table, expected `]`: `[exchange.pool`"),
        // Addresses, names, oracles.
        ("guardian = \"5QTy", "guardian = \"0QTy", "guardian: \"0QTydPwRcvs4vJgEGacPhvr8UTQEv3JaZowEBPz17TDV\" is"),
        ("name = \"localnet\"", "name = \"\"", "name: \"\" is not a name of 1 to 32 bytes"),
        ("\"BTC-PERP", "\"BTC\\u0000PERP", "is not a name of 1 to 16 bytes without zero bytes"),
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
        (
            "max_price_step_percent = \"1.8\"\n",
            "",
            "[market.parameters]",
            "max_price_step_percent: missing in [market.parameters]",
        ),
        ("base_decimals = 9\n", "", "[[market]]", "missing field `base_decimals`"),
        ("kind = \"pull\"", "kind = \"legacy\"", "[market.oracle]", "a Pyth program that writes accounts of the other"),
        (
            "max_price_step_percent = \"1.8\"",
            "max_price_step_percent = \"1.9\"",
            "[market.parameters]",
            "of SOL-PERP: PriceStep does not hold: max_price_step + penalty",
        ),
    ] {
        let (line, found) = problem(from, to);
        assert!(line == head && found.contains(expected), "{line}\n{found}");
    }
}

#[test]
fn a_broken_rule_is_said_in_the_engines_words() {
    use MarketRule::{
        EntryCost, FirstBounty, MeasuredMargin, PriceStep, SecondSource, SelfLiquidation, Shares, Sizes, StressMove,
        TimesAndRates, ValidConfidence,
    };
    let mut seen = Vec::new();
    for (from, to, rule) in [
        ("open_interest_cap = \"100000\"", "open_interest_cap = \"0\"", Sizes),
        ("minimum_position = \"100\"", "minimum_position = \"4503599628\"", Sizes),
        ("bounty_share_min_percent = \"30\"", "bounty_share_min_percent = \"51\"", Shares),
        ("taker_fee_rebalancing_percent = \"0.02\"", "taker_fee_rebalancing_percent = \"0.05\"", Shares),
        ("max_price_step_percent = \"1.8\"", "max_price_step_percent = \"1.9\"", PriceStep),
        ("max_confidence_valid_percent = \"1.5\"", "max_confidence_valid_percent = \"2\"", ValidConfidence),
        ("max_confidence_to_increase_percent = \"0.5\"", "max_confidence_to_increase_percent = \"3\"", EntryCost),
        ("impact_limit_percent = \"0.4\"", "impact_limit_percent = \"0.5\"", SelfLiquidation),
        ("minimum_bounty = \"0.05\"", "minimum_bounty = \"0.1\"", FirstBounty),
        ("max_age_liquidate_seconds = 15", "max_age_liquidate_seconds = 4", TimesAndRates),
        ("max_age_liquidate_seconds = 15", "max_age_liquidate_seconds = 16", TimesAndRates),
        ("settle_after_seconds = 172800", "settle_after_seconds = 172799", TimesAndRates),
        ("future_tolerance_seconds = 10", "future_tolerance_seconds = 11", TimesAndRates),
        ("outage_delay_seconds = 300", "outage_delay_seconds = 7201", TimesAndRates),
        ("stress_move_percent = \"15\"", "stress_move_percent = \"2\"", StressMove),
        ("isolated_only = \"0\"", "isolated_only = \"2\"", StressMove),
        ("measured_limit_percent = \"20\"", "measured_limit_percent = \"4.9\"", MeasuredMargin),
        ("second_max_age_seconds = 0", "second_max_age_seconds = 60", SecondSource),
    ] {
        let (_, found) = problem(from, to);
        assert!(found.ends_with(&format!("{rule:?} does not hold: {}", rule.text())), "{found}");
        seen.push(rule);
    }
    assert!(MarketRule::ALL.iter().all(|rule| seen.contains(rule)), "{seen:?}");

    let mut seen = Vec::new();
    for (from, to, rule) in [
        ("minimum_request = \"10\"", "minimum_request = \"0.01\"", PoolRule::MinimumRequest),
        ("epoch_seconds = 3600", "epoch_seconds = 599", PoolRule::Epochs),
        ("deposit_notice_seconds = 600", "deposit_notice_seconds = 59", PoolRule::Notices),
        ("queue_fee_percent = \"0.02\"", "queue_fee_percent = \"0.1001\"", PoolRule::QueueFee),
        ("hysteresis_percent = \"5\"", "hysteresis_percent = \"100.0001\"", PoolRule::Hysteresis),
        ("shared_draw_window_seconds = 86400", "shared_draw_window_seconds = 3599", PoolRule::SharedDraw),
    ] {
        let (line, found) = problem(from, to);
        assert_eq!(line, "[exchange.pool]");
        assert!(found.ends_with(&format!("{rule:?} does not hold: {}", rule.text())), "{found}");
        seen.push(rule);
    }
    // A file cannot set reserved bytes.
    let rest: Vec<_> = PoolRule::ALL.iter().filter(|rule| !seen.contains(rule)).collect();
    assert_eq!(rest, [&PoolRule::Reserved]);
}

/// The localnet's file in which a second source bounds the price of SOL: the same feed from the other receiver.
fn bounded() -> String {
    let parameters = ("second_max_deviation_percent = \"0\"", "second_max_age_seconds = 0");
    assert!(LOCALNET.contains(parameters.0) && LOCALNET.contains(parameters.1));
    let table = "[market.second_oracle]
kind = \"pull\"
program = \"rec2HHDDnjLfj4kE7VyEtFA1HPGQLK33259532cRyHp\"
feed_id = \"ef0d8b6fda2ceba41da15d4095d1da392a0d2f8ed0c6c7bc0f4cfac8c280b56d\"

[market.parameters]";
    LOCALNET
        .replacen("[market.parameters]", table, 1)
        .replacen(parameters.0, "second_max_deviation_percent = \"1\"", 1)
        .replacen(parameters.1, "second_max_age_seconds = 60", 1)
}

#[test]
fn a_second_oracle_is_read_where_there_is_one() {
    let [sol, btc] = &parse(&bounded()).unwrap().markets[..] else { panic!("two markets") };
    let second = sol.second_oracle.unwrap();
    assert_eq!((second.feed_id, second.account), (sol.oracle.feed_id, Pubkey::default()));
    assert_ne!(second.program, sol.oracle.program);
    assert_eq!((sol.parameters.second_max_deviation, sol.parameters.second_max_age), (Ppm::new(10_000), 60));
    assert_eq!((btc.second_oracle, btc.parameters.second_max_age), (None, 0));
}

#[test]
fn a_second_oracle_and_its_parameters_go_together() {
    let problem = |from: &str, to: &str| parse(&bounded().replacen(from, to, 1)).unwrap_err().to_string();
    for (from, to, expected) in [
        (
            "rec2HHDDnjLfj4kE7VyEtFA1HPGQLK33259532cRyHp",
            "rec5EKMGg6MxZYaMdyBfgwp4d5rB9T1VQH5pJv5LtFJ",
            "[market.second_oracle] The second oracle reads",
        ),
        (
            "kind = \"pull\"\nprogram = \"rec2",
            "kind = \"legacy\"\nprogram = \"rec2",
            "[market.second_oracle] The binding's program is",
        ),
        ("second_max_age_seconds = 60", "second_max_age_seconds = 3601", "SecondSource does not hold"),
        ("second_max_deviation_percent = \"1\"", "second_max_deviation_percent = \"0\"", "SecondSource does not hold"),
        (
            "second_max_deviation_percent = \"1\"\nsecond_max_age_seconds = 60",
            "second_max_deviation_percent = \"0\"\nsecond_max_age_seconds = 0",
            "of SOL-PERP: The market has a second oracle without its parameters",
        ),
    ] {
        let found = problem(from, to);
        assert!(found.contains(expected), "{found}");
    }
    let without = LOCALNET
        .replacen("second_max_deviation_percent = \"0\"", "second_max_deviation_percent = \"1\"", 1)
        .replacen("second_max_age_seconds = 0", "second_max_age_seconds = 60", 1);
    let found = parse(&without).unwrap_err().to_string();
    assert!(found.contains("of SOL-PERP: The market has a second oracle without its parameters"), "{found}");
}

#[test]
fn decimals_are_those_that_an_exchange_and_a_market_can_be_created_with() {
    for quote_decimals in 6..=9 {
        let text = LOCALNET.replacen("quote_decimals = 6", &format!("quote_decimals = {quote_decimals}"), 1);
        let Description { exchange, markets } = parse(&text).unwrap();
        assert_eq!(exchange.quote_decimals, quote_decimals);
        // Ten tokens, and 3 000 000.
        let token = 10u64.pow(quote_decimals.into());
        assert_eq!(exchange.pool.minimum_request, Atoms::new(10 * token));
        assert_eq!(markets[0].target_backing, Atoms::new(3_000_000 * token));
    }
    // A cap of 100 000 times 10^18 would be beyond 2^50: no more than 0.001 125 of the asset fits.
    let small = |text: &str| {
        text.replacen("open_interest_cap = \"100000\"", "open_interest_cap = \"0.001125\"", 1)
            .replacen("impact_scale = \"20000000\"", "impact_scale = \"0.03\"", 1)
            .replacen("open_interest_low = \"5000\"", "open_interest_low = \"0.0005\"", 1)
            .replacen("open_interest_high = \"225000\"", "open_interest_high = \"0.04\"", 1)
    };
    for (base_decimals, text) in [(0, LOCALNET.into()), (18, small(LOCALNET))] {
        let text = text.replacen("base_decimals = 9", &format!("base_decimals = {base_decimals}"), 1);
        let markets = parse(&text).unwrap().markets;
        assert_eq!(markets[0].base_decimals, base_decimals);
    }
}

#[test]
fn a_name_of_the_file_is_one_that_the_program_takes() {
    for name in ["SOL-PERP", "Ω", "sixteen letters!"] {
        let text = LOCALNET.replacen("SOL-PERP", name, 1);
        let symbol = parse(&text).unwrap().markets[0].symbol;
        assert_eq!(Ok(symbol), padded(name));
        assert!(check_name(&symbol).is_ok(), "{name}");
    }
}

#[test]
fn bytes_that_are_no_utf_8_are_no_file() {
    let folder = std::env::temp_dir().join(format!("perp-migrations-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("latin-1.toml");
    // The first byte of a character of two, without the second.
    let bytes = [b"symbol = \"S", &[0xCE][..], b"L\""].concat();
    std::fs::write(&path, bytes).unwrap();
    let error = Description::read(&path).unwrap_err();
    std::fs::remove_dir_all(&folder).unwrap();
    assert!(error.to_string().contains("UTF-8"), "{error}");
}

use super::*;

const SOL: Units = Units { base_decimals: 9, quote_decimals: 6 };

fn text<T: std::fmt::Debug>(result: Result<T, Failure>) -> String {
    result.unwrap_err().to_string()
}

#[test]
fn amounts_are_read_as_they_are_written_and_in_atoms() {
    assert_eq!(quote("AMOUNT", "1250.5", 6, false).unwrap(), Atoms::new(1_250_500_000));
    assert_eq!(quote("AMOUNT", "1250", 6, true).unwrap(), Atoms::new(1_250));
    assert_eq!(size("SIZE", "1.5", SOL, false).unwrap(), Size::new(1_500_000_000));
    assert_eq!(size("SIZE", "15", SOL, true).unwrap(), Size::new(15));
    assert_eq!(signed("SIZE", Size::new(7), false).unwrap(), SignedSize::new(-7));
    // $250 is 2^38 in 2^-40 atoms per base unit.
    assert_eq!(price("--at", "250", SOL).unwrap(), Price::new(1 << 38));
}

#[test]
fn shares_and_times_are_read_with_their_units() {
    assert_eq!((percent("x", "0.5%").unwrap(), percent("x", "100").unwrap()), (Ppm::new(5_000), Ppm::ONE));
    assert_eq!(["90", "90s", "5m", "2h", "1d"].map(|text| seconds("x", text).unwrap()), [90, 90, 300, 7_200, 86_400]);
    let now = Timestamp::new(1_000);
    assert_eq!(moment("x", "+2m", now).unwrap(), Timestamp::new(1_120));
    assert_eq!(moment("x", "1800000000", now).unwrap(), Timestamp::new(1_800_000_000));
}

#[test]
fn what_is_no_amount_names_itself_and_what_would_be_right() {
    let cases = [
        (text(quote("AMOUNT", "ten", 6, false)), ["AMOUNT: \"ten\"", "digits with at most one point"]),
        (text(quote("AMOUNT", "1,5", 6, false)), ["AMOUNT: \"1,5\"", "140.25"]),
        (text(quote("AMOUNT", "0", 6, false)), ["AMOUNT is 0", "above zero"]),
        (text(quote("AMOUNT", "-5", 6, false)), ["AMOUNT: \"-5\"", "from 0 to 2^62"]),
        (text(quote("AMOUNT", "0.0000001", 6, false)), ["AMOUNT: \"0.0000001\"", "more than 6 decimals"]),
        (text(quote("AMOUNT", "1.5", 6, true)), ["AMOUNT: \"1.5\"", "more than 0 decimals"]),
        (text(quote("AMOUNT", "", 6, false)), ["AMOUNT: \"\"", "decimal number"]),
        (text(quote("AMOUNT", "1e6", 6, false)), ["\"1e6\"", "decimal number"]),
        (text(quote("AMOUNT", "99999999999999999999", 6, false)), ["out of range", "2^62"]),
        (text(size("SIZE", "-1", SOL, false)), ["SIZE: \"-1\"", "without a sign"]),
        (text(size("SIZE", "0", SOL, false)), ["SIZE is 0", "above zero"]),
        (text(size("SIZE", "1.0000000001", SOL, false)), ["SIZE", "more than 9 decimals"]),
        (text(size("SIZE", "999999999999", SOL, false)), ["SIZE", "2^57"]),
        (text(price("--at", "0", SOL)), ["--at: \"0\"", "a price above 0"]),
        (text(price("--at", "-3", SOL)), ["--at: \"-3\"", "a price above 0"]),
        (text(percent("--slippage", "101%")), ["--slippage is \"101%\"", "0% to 100%"]),
        (text(percent("--slippage", "-1")), ["--slippage is \"-1\"", "0% to 100%"]),
        (text(percent("--slippage", "0.00001")), ["--slippage", "at most 4 decimals"]),
        (text(percent("--slippage", "half")), ["--slippage: \"half\"", "decimal number"]),
        (text(seconds("--every", "5 minutes")), ["--every is \"5 minutes\"", "5m"]),
        (text(seconds("--every", "-5m")), ["--every", "5m"]),
        (text(seconds("--every", "m")), ["--every", "5m"]),
        (text(seconds("--every", "99999999d")), ["--every", "5m"]),
        (text(moment("--expires", "tomorrow", Timestamp::new(1))), ["--expires is \"tomorrow\"", "+2h"]),
        (text(moment("--expires", "0", Timestamp::new(1))), ["--expires is \"0\"", "Unix seconds"]),
        (text(moment("--expires", "+x", Timestamp::new(1))), ["--expires is \"x\"", "5m"]),
    ];
    for (said, needles) in cases {
        for needle in needles {
            assert!(said.contains(needle), "{said}\nlacks {needle}");
        }
    }
}

use super::*;

const SOL: Units = Units { base_decimals: 9, quote_decimals: 6 };

#[test]
fn sizes_and_amounts_are_read_exactly() {
    // 1.5 SOL = 1.5 · 10^9
    assert_eq!(SOL.signed_size("1.5"), Ok(SignedSize::new(1_500_000_000)));
    assert_eq!(SOL.signed_size("-0.000000001"), Ok(SignedSize::new(-1)));
    assert_eq!(SOL.size("2"), Ok(Size::new(2_000_000_000)));
    assert_eq!(atoms("1250.50", 6), Ok(Atoms::new(1_250_500_000)));
    assert_eq!(atoms("0", 6), Ok(Atoms::ZERO));
    // Zeros beyond the smallest unit lose nothing.
    assert_eq!(atoms("0.1000000000", 6), Ok(Atoms::new(100_000)));
}

#[test]
fn a_price_is_what_the_market_would_cache() {
    // 140.25 · 10^6 / 10^9 = 0.14025 atoms per base unit; times 2^40: 154 206 505 795.58
    assert_eq!(SOL.price("140.25"), Ok(Price::new(154_206_505_795)));
    assert_eq!(SOL.price("250"), Ok(Price::new(1 << 38)));
    assert_eq!(SOL.show_price(Price::new(154_206_505_795)), "140.25");
    assert_eq!(SOL.show_price(Price::new(1 << 38)), "250");
    // A satoshi's worth less than an atom: 10 decimals of base, 60 000 · 10^6 / 10^10 · 2^40
    let btc = Units { base_decimals: 10, quote_decimals: 6 };
    assert_eq!(btc.price("60000"), Ok(Price::new(6_597_069_766_656)));
    assert_eq!(btc.show_price(Price::new(6_597_069_766_656)), "60000");
}

#[test]
fn every_decimal_price_shows_as_it_was_written() {
    for text in ["0.00000123", "0.1", "1.00000001", "140.615937", "61334.81", "1023999.99999999"] {
        assert_eq!(SOL.show_price(SOL.price(text).unwrap()), text);
    }
    // Extreme decimals still show something.
    let coarse = Units { base_decimals: 0, quote_decimals: 12 };
    assert_eq!(coarse.show_price(Price::new(1 << 50)), "0");
    let fine = Units { base_decimals: 18, quote_decimals: 0 };
    assert_eq!(fine.show_price(Price::new(1 << 50)), "1024000000000000000000");
    assert_eq!(Units { base_decimals: 255, quote_decimals: 0 }.show_price(Price::new(7)), "7 · 2^-40 atoms");
}

#[test]
fn numbers_show_without_superfluous_zeros() {
    assert_eq!(SOL.show_signed_size(SignedSize::new(-1_500_000_000)), "-1.5");
    assert_eq!(SOL.show_size(Size::new(1)), "0.000000001");
    assert_eq!(SOL.show_atoms(Atoms::new(100_000_000)), "100");
    assert_eq!(SOL.show_signed_atoms(SignedAtoms::new(-1)), "-0.000001");
    assert_eq!(SOL.show_signed_atoms(SignedAtoms::new(i64::MIN)), "-9223372036854.775808");
}

#[test]
fn what_is_no_decimal_is_named() {
    for input in ["", "-", ".", "1.", ".5", "+1", "1e5", "1,5", " 1", "NaN", "--1", "1.2.3", "١"] {
        let error = ConversionError::NotADecimal { input: input.into() };
        assert_eq!(SOL.signed_size(input), Err(error.clone()), "{input}");
        assert_eq!(SOL.price(input), Err(error.clone()), "{input}");
        assert_eq!(atoms(input, 6), Err(error), "{input}");
    }
}

#[test]
fn what_a_unit_cannot_hold_is_refused_not_rounded() {
    let too_many = ConversionError::TooManyDecimals { input: "0.0000001".into(), allowed: 6 };
    assert_eq!(atoms("0.0000001", 6), Err(too_many.clone()));
    assert_eq!(too_many.to_string(), "\"0.0000001\" has more than 6 decimals, the smallest unit here");

    let out_of_range = |result: Result<(), ConversionError>| {
        assert!(matches!(result, Err(ConversionError::OutOfRange { .. })), "{result:?}");
    };
    out_of_range(atoms("-1", 6).map(drop));
    // 2^62 atoms are 4 611 686 018 427.387904 USDC.
    assert_eq!(atoms("4611686018427.387904", 6), Ok(Atoms::new(MAX_ATOMS)));
    out_of_range(atoms("4611686018427.387905", 6).map(drop));
    out_of_range(SOL.size("-1").map(drop));
    // 2^57 base units are 144 115 188.075855872 SOL.
    assert_eq!(SOL.signed_size("-144115188.075855872"), Ok(SignedSize::new(-(1 << 57))));
    out_of_range(SOL.signed_size("144115188.075855873").map(drop));
    out_of_range(SOL.signed_size(&"9".repeat(31)).map(drop));
    out_of_range(SOL.signed_size(&"9".repeat(30)).map(drop));
    // 2^50 in 2^-40 atoms a base unit are $1 024 000 per SOL.
    assert_eq!(SOL.price("1024000"), Ok(Price::new(1 << 50)));
    out_of_range(SOL.price("1024000.01").map(drop));
    out_of_range(SOL.price("0").map(drop));
    out_of_range(SOL.price("-1").map(drop));
    out_of_range(SOL.price(&"9".repeat(30)).map(drop));
}

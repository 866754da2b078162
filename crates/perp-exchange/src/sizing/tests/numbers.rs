use super::*;

/// $125: 2^37, and half of $250.
const HALF: Price = Price::new(PRICE / 2);

#[test]
fn a_size_loses_its_risk_at_its_stop_and_one_unit_more_would_lose_more() {
    // From $250 to $125 a SOL loses $125; $1250 are 10 SOL.
    let exchange = exchange(frictionless());
    let found = exchange.size_for_risk(0, Side::Long, HALF, usdc(1_250)).unwrap();
    assert_eq!((found.size, found.loss, found.costs), (sol(10), usdc(1_250), Atoms::ZERO));
    // One atom less is eight base units of an eighth of an atom.
    let found = exchange.size_for_risk(0, Side::Long, HALF, Atoms::new(1_249_999_999)).unwrap();
    assert_eq!(found.size, SignedSize::new(9_999_999_992));
    // A short loses $250 to a stop at $500.
    let found = exchange.size_for_risk(0, Side::Short, Price::new(2 * PRICE), usdc(1_250)).unwrap();
    assert_eq!(found.size, sol(-5));
    assert_eq!(exchange.size_for_risk(0, Side::Long, HALF, Atoms::ZERO).unwrap().size, SignedSize::ZERO);
}

#[test]
fn the_costs_of_both_orders_are_part_of_what_a_stop_loses() {
    // 4 bps of $250 and of $125 are $0.15: a SOL loses $125.15.
    let parameters = Parameters { taker_fee: Ppm::new(400), taker_fee_rebalancing: Ppm::new(400), ..frictionless() };
    let found = exchange(parameters).size_for_risk(0, Side::Long, HALF, Atoms::new(1_251_500_000)).unwrap();
    assert_eq!((found.size, found.costs), (sol(10), Atoms::new(1_500_000)));
}

#[test]
fn a_stop_on_the_wrong_side_is_named() {
    let exchange = exchange(frictionless());
    let price = Price::new(PRICE);
    for (side, stop) in [(Side::Long, 2 * PRICE), (Side::Long, PRICE), (Side::Short, PRICE / 2)] {
        let stop = Price::new(stop);
        let refused = exchange.size_for_risk(0, side, stop, usdc(1));
        assert_eq!(refused, Err(SizingError::StopOnWrongSide { side, price, stop }));
    }
    let missing = exchange.size_for_risk(7, Side::Long, HALF, usdc(1));
    assert_eq!(missing, Err(SizingError::Refused(Refusal::NoMarket { market: 7 })));
}

#[test]
fn a_part_of_no_equity_is_refused() {
    // 1 % of $1000.
    assert_eq!(risk_of_equity(SignedAtoms::new(1_000_000_000), Ppm::new(10_000)), Ok(usdc(10)));
    let equity = SignedAtoms::new(-5);
    assert_eq!(risk_of_equity(equity, Ppm::new(10_000)), Err(SizingError::NoEquity { equity }));
    assert_eq!(size_of_leverage(equity, 1_000_000, Price::new(PRICE)), Err(SizingError::NoEquity { equity }));
}

#[test]
fn a_position_is_as_volatile_as_wanted() {
    // $1000 · 20 % / 80 % are $250, one SOL.
    let (equity, price) = (SignedAtoms::new(1_000_000_000), Price::new(PRICE));
    assert_eq!(size_for_volatility(equity, price, 800_000, Ppm::new(200_000)), Ok(Size::new(SOL)));
    assert_eq!(size_of_leverage(equity, 2_500_000, price), Ok(Size::new(10 * SOL)));
    assert_eq!(size_for_volatility(equity, price, 0, Ppm::new(1)), Err(SizingError::NoVolatility));
    let beyond = size_of_leverage(SignedAtoms::new(i64::MAX), 1_000_000, Price::new(1));
    assert_eq!(beyond, Err(SizingError::Refused(Refusal::Rule(EngineError::SizeOutOfRange))));
}

#[test]
fn an_uncertain_edge_bears_a_part_of_its_kelly_leverage() {
    // m = 20 %, σ = 50 %, four years: m / σ² = 0.2 / 0.25 = 0.8 and s = 50 % / √4 = 25 %.
    let edge = Edge { mean: 200_000, volatility: 500_000, days: 1_461 };
    let found = kelly(&edge, Ppm::new(500_000)).unwrap();
    assert_eq!(found.full, 800_000);
    // (20 % ∓ 25 %) / 0.25
    assert_eq!((found.low, found.high), (-200_000, 1_800_000));
    // 0.04 / (0.04 + 0.0625) = 0.390243…, and half of 0.8 of that is 0.156097…
    assert_eq!((found.shrinkage, found.leverage), (Ppm::new(390_243), 156_097));
    // 0.156097 · 0.2 − 0.156097² · 0.25 / 2 = 0.0312194 − 0.0030457…
    assert_eq!(found.growth, 28_173);
    // The same for a short.
    let short = kelly(&Edge { mean: -200_000, ..edge }, Ppm::new(500_000)).unwrap();
    assert_eq!((short.full, short.leverage, short.growth), (-800_000, -156_097, 28_173));
}

#[test]
fn an_edge_without_volatility_or_days_is_none() {
    let edge = Edge { mean: 1, volatility: 500_000, days: 1 };
    let refused = |edge: Edge| kelly(&edge, Ppm::ONE).unwrap_err();
    assert_eq!(refused(Edge { volatility: 0, ..edge }), SizingError::NoVolatility);
    assert_eq!(refused(Edge { days: 0, ..edge }), SizingError::NoObservations);
    assert!(kelly(&edge, Ppm::new(1_000_001)).is_err());
    // Nobody is ruined by a number beyond the range.
    assert!(kelly(&Edge { mean: i64::MIN, volatility: 1, days: 1 }, Ppm::ONE).is_err());
}

fn candle(open: u64, high: u64, low: u64, close: u64) -> Candle {
    let [open, high, low, close] = [open, high, low, close].map(Price::new);
    Candle { open, high, low, close }
}

#[test]
fn the_worst_move_is_that_of_any_beginning() {
    let candles = [candle(100, 110, 90, 105), candle(105, 120, 84, 100)];
    let worst = |side, holding| adverse_move_ceil(&candles, side, holding).unwrap().get();
    // 10 % and 21 / 105; over both candles 16 %, which is less than the second alone.
    assert_eq!((worst(Side::Long, 1), worst(Side::Long, 2)), (200_000, 200_000));
    // 15 / 105 rounds up; over both 20 %.
    assert_eq!((worst(Side::Short, 1), worst(Side::Short, 2)), (142_858, 200_000));
    let few = SizingError::TooFewCandles { candles: 2, needed: 3 };
    assert_eq!(adverse_move_ceil(&candles, Side::Long, 3), Err(few));
    let broken = [candles[0], candle(100, 99, 90, 95)];
    assert_eq!(adverse_move_ceil(&broken, Side::Long, 1), Err(SizingError::BrokenCandle { place: 1 }));
}

#[test]
fn volatility_is_the_root_of_the_mean_square_of_moves() {
    // 5 % in a year, and then 12 % back: √((0.05² + 0.12²) / 2) = √0.00845 = 0.09192…
    let candles = [candle(100, 100, 100, 100), candle(105, 105, 105, 105), candle(92, 105, 92, 92)];
    assert_eq!(volatility_ceil(&candles[..2], 31_557_600), Ok(50_000));
    // The second move is 13 / 105 = 0.123810: √((0.05² + 0.12381²) / 2) = √0.008914… = 0.094416.
    assert_eq!(volatility_ceil(&candles, 31_557_600), Ok(94_417));
    let few = SizingError::TooFewCandles { candles: 1, needed: 2 };
    assert_eq!(volatility_ceil(&candles[..1], 1), Err(few));
    assert!(volatility_ceil(&candles, 0).is_err());
}

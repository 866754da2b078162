use super::snapshots::{ACCOUNTS, MARKETS};
use bytemuck::Pod;
use fastrand::Rng;
use perp_engine::operations::orders::ORDER_TIP_LAMPORTS;
use perp_engine::units::X40_PER_ATOM;
use perp_wasm::layout::{
    Ahead, Cascade, Change, History, Holding, Ladder, MarginTransfer, Nothing, OfAccount, OfEdge, OfLeverage, OfMarket,
    OfPosition, OfRequest, OfSide, PartOfSize, PlacedOrder, Placement, PriceCandle, PriceSteps, RiskToStop, Survival,
    Tolerance, Trade, Transfer, VolatilityTarget,
};

/// The numbers of all questions.
pub const QUESTIONS: std::ops::RangeInclusive<u64> = 1..=29;

fn asked<T: Pod>(number: u64, question: &T) -> Vec<u64> {
    let mut words = vec![number];
    // A question without anything in it lies wherever it likes.
    if size_of::<T>() > 0 {
        words.extend_from_slice(bytemuck::cast_slice(bytemuck::bytes_of(question)));
    }
    words
}

fn with<T: Pod, I: Pod>(number: u64, question: &T, items: &[I]) -> Vec<u64> {
    let mut words = asked(number, question);
    words.extend_from_slice(bytemuck::cast_slice(items));
    words
}

/// As likely of ten as of ten million.
fn amount(rng: &mut Rng, bits: u32) -> u64 {
    let most = rng.u32(1..=bits);
    rng.u64(..1 << most)
}

/// A number of so many, now and then one beyond them.
fn below_or_at(rng: &mut Rng, count: u64) -> u64 {
    if rng.u8(..32) == 0 {
        count
    } else {
        rng.u64(..count)
    }
}

/// A price around $250 for a SOL of nine decimals, in 2^-40 atoms per base unit.
fn price(rng: &mut Rng) -> u64 {
    u64::try_from(X40_PER_ATOM / 1_000_000).expect("a small number") * rng.u64(150_000..350_000)
}

fn size(rng: &mut Rng) -> i64 {
    let size = amount(rng, 44).cast_signed();
    if rng.bool() {
        size
    } else {
        -size
    }
}

/// A random question of this number, now and then one that makes no sense.
pub fn question(rng: &mut Rng, number: u64) -> Vec<u64> {
    let account = below_or_at(rng, ACCOUNTS as u64);
    let market = below_or_at(rng, u64::from(MARKETS));
    let side = below_or_at(rng, 2);
    let changes: Vec<Change> =
        if rng.bool() { Vec::new() } else { vec![Change { change: rng.i64(-1_100_000..2_000_000) }] };
    match number {
        1 => {
            let size = size(rng);
            let any = if size < 0 { 1 } else { u64::MAX };
            let acceptable_price = if rng.bool() { any } else { price(rng) };
            asked(1, &Trade { account, market, size, acceptable_price, reduce_only: u64::from(rng.u8(..4) == 0) })
        }
        2 => asked(2, &OfSide { account, market, side }),
        3 => asked(3, &Transfer { account, amount: amount(rng, 63) }),
        4 => asked(4, &Transfer { account, amount: amount(rng, 40) }),
        5 => asked(5, &MarginTransfer { from: account, to: rng.u64(..ACCOUNTS as u64), amount: amount(rng, 40) }),
        6..=9 => asked(number, &OfPosition { account, market }),
        10 | 11 | 14 => asked(number, &OfAccount { account }),
        12 => asked(12, &OfMarket { market }),
        13 => {
            let orders: Vec<PlacedOrder> = (0..rng.u8(..3)).map(|_| order(rng)).collect();
            with(13, &Placement { account, market, cancel: amount(rng, 8) & amount(rng, 8) }, &orders)
        }
        16 => {
            let (amount, owned) = (amount(rng, 48), amount(rng, 50));
            asked(16, &OfRequest { kind: side, amount, owned, limit: rng.u64(..6) })
        }
        17 => with(17, &Ladder { account, market }, &changes),
        18 => with(18, &Cascade { market }, &changes),
        19 => asked(19, &RiskToStop { market, side, stop: price(rng), risk: amount(rng, 40) }),
        20 => {
            let (equity, price) = (size(rng), price(rng));
            let (volatility, target) = (amount(rng, 22), amount(rng, 22));
            asked(20, &VolatilityTarget { equity, price, volatility, target })
        }
        21 => {
            let (mean, days) = (rng.i64(-3_000_000..3_000_000), rng.u64(..2_000));
            asked(21, &OfEdge { mean, volatility: amount(rng, 22), days, fraction: rng.u64(..1_100_000) })
        }
        22 => asked(22, &OfLeverage { equity: size(rng), price: price(rng), leverage: amount(rng, 26) }),
        23 => asked(23, &Survival { account, market, side, adverse: amount(rng, 20) }),
        24 => {
            let candles: Vec<PriceCandle> = (0..rng.u8(..40)).map(|_| candle(rng)).collect();
            with(24, &History { side, holding: rng.u64(..5), interval: 86_400 }, &candles)
        }
        25 => {
            let first = rng.u64(..100_000);
            let seconds = [first, first + rng.u64(..1_000_000)].map(|seconds| Ahead { seconds });
            with(25, &Holding { market, size: size(rng) }, &seconds)
        }
        27 => asked(27, &Tolerance { price: price(rng), side, tolerance: amount(rng, 22) }),
        28 => asked(28, &PartOfSize { size: amount(rng, 63), part: amount(rng, 21), whole: amount(rng, 21) }),
        29 => asked(29, &PriceSteps { first: price(rng), last: price(rng), steps: amount(rng, 9) }),
        15 | 26 => asked(number, &Nothing {}),
        _ => vec![number],
    }
}

fn order(rng: &mut Rng) -> PlacedOrder {
    let (size, trigger) = (size(rng), rng.u64(..3));
    let trails = rng.bool();
    PlacedOrder {
        size,
        trigger,
        trigger_price: if trigger == 0 || trails { 0 } else { price(rng) },
        trailing: if trigger != 0 && trails { rng.u64(1..500_000) } else { 0 },
        acceptable_price: if size < 0 { 1 } else { u64::MAX },
        reduce_only: u64::from(rng.bool()),
        active_from: 0,
        expires: 0,
        slices: 1,
        seconds_between: 0,
        group: rng.u64(..2),
        parent: 0,
        lamports: ORDER_TIP_LAMPORTS - u64::from(rng.u8(..16) == 0),
    }
}

fn candle(rng: &mut Rng) -> PriceCandle {
    let (open, close) = (price(rng), price(rng));
    let low = open.min(close).saturating_sub(rng.u64(..1 << 20));
    let high = open.max(close) + rng.u64(..1 << 20);
    PriceCandle { open, high, low: if rng.u8(..200) == 0 { 0 } else { low }, close }
}

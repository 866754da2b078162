//! Numbers as the demo shows them: exact, grouped by thousands, with their units.

use chrono::{DateTime, Utc};
use perp_candles::UsdPrice;
use perp_client::accounts::Market;
use perp_client::addresses::unpadded;
use perp_engine::state::{Position, RATE_BITS};
use perp_engine::units::{Atoms, Ppm, Price, SignedAtoms, SignedSize, Size};
use perp_exchange::convert::{show_atoms, show_signed_atoms, Decimal, Units, PRICE_PLACES};

use crate::usdc::DECIMALS;

/// An amount of the test USDC, such as `1,250.5 USDC`.
pub fn usdc(atoms: Atoms) -> String {
    format!("{} USDC", grouped(&show_atoms(atoms, DECIMALS)))
}

/// The same with a sign.
pub fn signed_usdc(atoms: SignedAtoms) -> String {
    format!("{} USDC", grouped(&show_signed_atoms(atoms, DECIMALS)))
}

/// By how much an amount changed, always with a sign.
pub fn change(before: Atoms, after: Atoms) -> String {
    let sign = if after < before { "-" } else { "+" };
    format!("{sign}{}", usdc(if after < before { before.saturating_sub(after) } else { after.saturating_sub(before) }))
}

/// Shares of the liquidity pool; one was worth a USDC at the first deposit.
pub fn shares(shares: Atoms) -> String {
    format!("{} shares", grouped(&show_atoms(shares, DECIMALS)))
}

/// Lamports as SOL.
pub fn lamports(lamports: u64) -> String {
    format!("{} SOL", Decimal::new(lamports.into(), 9))
}

/// A signed size, such as `-1.5 BTC`.
pub fn signed_size(market: &Market, size: SignedSize) -> String {
    format!("{} {}", grouped(&Units::of(&market.state).show_signed_size(size)), asset(market))
}

/// A size without a sign.
pub fn size(market: &Market, size: Size) -> String {
    format!("{} {}", grouped(&Units::of(&market.state).show_size(size)), asset(market))
}

/// A market's price to the nearest hundredth of a cent, such as `$58,525.34`.
pub fn price(market: &Market, price: Price) -> String {
    const PLACES: u32 = 4;
    let exact = Units::of(&market.state).show_price(price);
    let fine = exact.parse::<Decimal>().ok().and_then(|decimal| decimal.scaled(PRICE_PLACES));
    let step = 10i128.pow(PRICE_PLACES - PLACES);
    let shown = fine.map_or(exact, |units| Decimal::new((units + step / 2) / step, PLACES).to_string());
    format!("${}", grouped(&shown))
}

/// A price as a feed publishes it.
pub fn usd(price: UsdPrice) -> String {
    format!("${}", grouped(&price.to_string()))
}

/// What the position was bought or sold for on average, per whole unit of the asset; `none` where nothing is open.
pub fn average_entry(market: &Market, position: &Position) -> String {
    let size = i128::from(position.size.size().get());
    match position.entry_notional.get().get().checked_div(size).map(u64::try_from) {
        Some(Ok(per_unit)) => price(market, Price::new(per_unit)),
        _ => "none".into(),
    }
}

/// A rate per second in 2^-60, as percent a day with six decimals.
pub fn rate(per_second: i64) -> String {
    const PLACES: u32 = 6;
    let percent_a_day = i128::from(per_second) * 86_400 * 100 * 10i128.pow(PLACES) / (1i128 << RATE_BITS);
    format!("{} % a day", Decimal::new(percent_a_day, PLACES))
}

/// Parts per million as percent.
pub fn percent(share: Ppm) -> String {
    format!("{} %", Decimal::new(share.get().into(), 4))
}

/// A market's symbol, such as `BTC-PERP`.
pub fn symbol(market: &Market) -> String {
    unpadded(&market.symbol)
}

fn asset(market: &Market) -> String {
    let symbol = symbol(market);
    symbol.strip_suffix("-PERP").map_or(symbol.clone(), Into::into)
}

/// A second of the story, such as `17 April 2021, 02:45`.
pub fn moment(unix_time: i64) -> String {
    time(unix_time, "%-d %B %Y, %H:%M")
}

/// Hour and minute of a Unix time.
pub fn hour(unix_time: i64) -> String {
    time(unix_time, "%H:%M")
}

/// A second as UTC writes it; itself where no calendar has it.
fn time(unix_time: i64, format: &str) -> String {
    DateTime::<Utc>::from_timestamp(unix_time, 0)
        .map_or_else(|| unix_time.to_string(), |time| time.format(format).to_string())
}

/// Commas between groups of three digits before the point.
fn grouped(decimal: &str) -> String {
    let (sign, unsigned) = decimal.split_at(usize::from(decimal.starts_with('-')));
    let (whole, fraction) = unsigned.split_at(unsigned.find('.').unwrap_or(unsigned.len()));
    let mut text = String::from(sign);
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text + fraction
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_exact_and_grouped() {
        assert_eq!(usdc(Atoms::new(1_234_567_000_001)), "1,234,567.000001 USDC");
        assert_eq!(usdc(Atoms::new(999_000_000)), "999 USDC");
        assert_eq!(signed_usdc(SignedAtoms::new(-1_000_500_000)), "-1,000.5 USDC");
        assert_eq!(change(Atoms::new(5), Atoms::new(3)), "-0.000002 USDC");
        assert_eq!(change(Atoms::new(3), Atoms::new(3)), "+0 USDC");
    }

    #[test]
    fn a_price_is_rounded_to_the_nearest() {
        // A raw price is up to 2^-40 atom below the text: $62,281 is stored as a little less.
        let mut market: Market = bytemuck::Zeroable::zeroed();
        (market.state.base_decimals, market.state.quote_decimals) = (9, 6);
        let raw = |text: &str| Units::of(&market.state).price(text).unwrap();
        assert_eq!(price(&market, raw("250.00006")), "$250.0001");
        assert_eq!(price(&market, raw("62281")), "$62,281");
        assert_eq!(price(&market, raw("140.615937")), "$140.6159");
    }

    #[test]
    fn a_rate_is_shown_per_day() {
        // 0.1 % an hour is 2.4 % a day; the rate per second is rounded down, and so is what is shown.
        assert_eq!(rate((1 << RATE_BITS) / (1_000 * 3_600)), "2.399999 % a day");
        assert_eq!(rate(0), "0 % a day");
    }

    #[test]
    fn parts_are_shown_as_percent() {
        assert_eq!(percent(Ppm::new(400)), "0.04 %");
    }

    #[test]
    fn a_time_is_shown_as_hour_and_minute() {
        assert_eq!(hour(1_618_716_840), "03:34");
        assert_eq!(moment(1_618_716_840), "18 April 2021, 03:34");
        // The demo plays in April; a date is right in any month.
        assert_eq!(moment(1_617_148_800), "31 March 2021, 00:00");
        assert_eq!(moment(i64::MAX), "9223372036854775807");
    }
}

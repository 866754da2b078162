//! Amounts as they are typed. Every message names the flag or argument that is wrong.

use perp_engine::units::{Atoms, Ppm, Price, SignedSize, Size, Timestamp};
use perp_exchange::convert::{atoms, ConversionError, Decimal, Units};

use crate::failure::Failure;

/// The largest share that can be written, in percent.
const MOST_PERCENT: i128 = 100;

/// Says which argument the number was.
fn named<T>(name: &str, result: Result<T, ConversionError>) -> Result<T, Failure> {
    result.map_err(|error| Failure::Input(format!("{name}: {error}")))
}

/// An amount of the quote token, or whole atoms where those were asked for; above zero.
///
/// # Errors
/// [`Failure::Input`].
pub fn quote(name: &str, text: &str, decimals: u8, in_atoms: bool) -> Result<Atoms, Failure> {
    let amount = named(name, atoms(text, if in_atoms { 0 } else { decimals }))?;
    if amount.is_zero() {
        return Err(Failure::Input(format!("{name} is 0: give an amount above zero")));
    }
    Ok(amount)
}

/// A size without a sign, above zero, in whole units of the asset, or base units.
///
/// # Errors
/// [`Failure::Input`].
pub fn size(name: &str, text: &str, units: Units, in_atoms: bool) -> Result<Size, Failure> {
    let units = if in_atoms { Units { base_decimals: 0, ..units } } else { units };
    let size = named(name, units.size(text))?;
    if size.is_zero() {
        return Err(Failure::Input(format!("{name} is 0: give a size above zero")));
    }
    Ok(size)
}

/// A size that a side has.
///
/// # Errors
/// [`Failure::Input`] beyond what a size can be.
pub fn signed(name: &str, size: Size, buys: bool) -> Result<SignedSize, Failure> {
    let base = i64::try_from(size.get()).map_err(|_| Failure::Input(format!("{name} is out of range")))?;
    Ok(SignedSize::new(if buys { base } else { -base }))
}

/// A price in quote per whole unit of the asset.
///
/// # Errors
/// [`Failure::Input`].
pub fn price(name: &str, text: &str, units: Units) -> Result<Price, Failure> {
    named(name, units.price(text))
}

/// A share such as `0.5%` or `0.5`, in percent, from zero to all.
///
/// # Errors
/// [`Failure::Input`].
pub fn percent(name: &str, text: &str) -> Result<Ppm, Failure> {
    let number = text.strip_suffix('%').unwrap_or(text);
    let decimal: Decimal = named(name, number.parse())?;
    let wrong = || Failure::Input(format!("{name} is \"{text}\": give a share from 0% to 100%, such as 0.5%"));
    let ppm = decimal.scaled(4).ok_or_else(|| {
        Failure::Input(format!("{name} is \"{text}\": a share has at most 4 decimals of a percent, such as 0.5%"))
    })?;
    if !(0..=MOST_PERCENT * 10_000).contains(&ppm) {
        return Err(wrong());
    }
    u32::try_from(ppm).map(Ppm::new).map_err(|_| wrong())
}

/// A length of time such as `90`, `90s`, `5m`, `2h` or `1d`.
///
/// # Errors
/// [`Failure::Input`].
pub fn seconds(name: &str, text: &str) -> Result<u32, Failure> {
    let wrong = || Failure::Input(format!("{name} is \"{text}\": give a time such as 90s, 5m, 2h or 1d"));
    let (digits, each) = match text.char_indices().last() {
        Some((end, 's')) => (&text[..end], 1),
        Some((end, 'm')) => (&text[..end], 60),
        Some((end, 'h')) => (&text[..end], 3_600),
        Some((end, 'd')) => (&text[..end], 86_400),
        _ => (text, 1),
    };
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(wrong());
    }
    digits.parse::<u32>().ok().and_then(|count| count.checked_mul(each)).ok_or_else(wrong)
}

/// A moment: a length of time from now on, such as `+2h`, or Unix seconds.
///
/// # Errors
/// [`Failure::Input`].
pub fn moment(name: &str, text: &str, now: Timestamp) -> Result<Timestamp, Failure> {
    if let Some(after) = text.strip_prefix('+') {
        return now
            .after(seconds(name, after)?)
            .map_err(|_| Failure::Input(format!("{name} is beyond the end of time")));
    }
    let wrong = || {
        Failure::Input(format!(
            "{name} is \"{text}\": give a time from now on such as +2h, or Unix seconds such as 1800000000"
        ))
    };
    match text.parse::<i64>() {
        Ok(at) if at > 0 => Ok(Timestamp::new(at)),
        _ => Err(wrong()),
    }
}

#[cfg(test)]
mod tests;

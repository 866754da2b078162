//! Every parameter of a market and of the pool, as the engine lists them: its key in the file, its unit, its number.

use super::kind::Kind;
use perp_client::instructions::{LiquidityParameters, MarketParameters};
use std::borrow::Cow;

/// One parameter of `T`.
pub struct Field<T> {
    name: &'static str,
    /// What its number is measured in.
    pub kind: Kind,
    /// The program's number.
    pub get: fn(&T) -> u64,
    /// Sets the program's number; `None` where that is narrower than what is given.
    pub set: fn(&mut T, u64) -> Option<()>,
}

impl<T> Field<T> {
    /// The key in the file: the parameter's name, followed by the unit it is written in where the name does not end with it.
    pub fn key(&self) -> Cow<'static, str> {
        let suffix = self.kind.suffix();
        if self.name.ends_with(suffix) {
            Cow::Borrowed(self.name)
        } else {
            Cow::Owned(format!("{}{suffix}", self.name))
        }
    }
}

macro_rules! fields {
    ($($field:ident: $unit:ident $integer:ident $kind:ident $text:literal;)+) => {
        &[$(Field {
            name: stringify!($field),
            kind: Kind::$kind,
            get: |parameters| parameters.$field.into(),
            set: |parameters, number| {
                parameters.$field = number.try_into().ok()?;
                Some(())
            },
        }),+]
    };
}

/// A market's parameters.
pub const MARKET: &[Field<MarketParameters>] = perp_engine::market_parameters!(fields);

/// The pool's parameters.
pub const POOL: &[Field<LiquidityParameters>] = perp_engine::pool_parameters!(fields);

#[cfg(test)]
mod tests {
    use super::*;
    use anchor_lang::AnchorSerialize;
    use perp_engine::state::{Parameters, PoolParameters};

    /// The bytes that are sent where every listed field has its largest value: what stays zero is not listed.
    fn filled<T: AnchorSerialize>(mut parameters: T, fields: &[Field<T>]) -> Vec<u8> {
        for field in fields {
            assert_eq!((field.get)(&parameters), 0, "{} is listed twice", field.key());
            let most = [u64::MAX, u64::from(u32::MAX)];
            assert!(most.into_iter().any(|most| (field.set)(&mut parameters, most).is_some()), "{}", field.key());
        }
        let mut bytes = Vec::new();
        parameters.serialize(&mut bytes).unwrap();
        bytes
    }

    #[test]
    fn every_parameter_is_listed_once() {
        let market = filled(MarketParameters::from(Parameters::default()), MARKET);
        assert_eq!(market, [u8::MAX; MarketParameters::LENGTH]);
        let pool = filled(LiquidityParameters::from(PoolParameters::default()), POOL);
        assert_eq!(pool, [u8::MAX; LiquidityParameters::LENGTH]);
    }

    #[test]
    fn a_key_is_the_parameters_name_with_the_unit_it_is_written_in() {
        let keys: Vec<_> = MARKET.iter().map(Field::key).chain(POOL.iter().map(Field::key)).collect();
        for key in [
            "open_interest_cap",
            "minimum_position",
            "spread_confidence",
            "penalty_percent",
            "volatility_percent_per_root_year",
            "size_premium_percent_per_root_million",
            "funding_velocity_percent_per_day_per_day",
            "funding_rate_cap_percent_per_hour",
            "carry_rate_percent_per_year",
            "max_age_trade_seconds",
            // It has its unit in its name.
            "max_accrual_seconds",
            "shared_draw_share_percent",
        ] {
            assert!(keys.iter().any(|found| found == key), "{key}");
        }
    }
}

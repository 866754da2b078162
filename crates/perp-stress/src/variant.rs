//! Sets of parameters: the rules with everything adaptive off, each adaptive part alone, and all of them together.

use anyhow::{bail, Context, Error};
use clap::ValueEnum;
use perp_engine::fixtures::sol_parameters;
use perp_engine::state::Parameters;
use perp_engine::units::{Atoms, Ppm, Size};
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// Own insurance of a market that has any at the beginning, as a part of its cap.
const INSURANCE: f64 = 0.02;

/// A set of parameters, by what differs from [`Variant::Before`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Variant {
    /// Everything adaptive off, the initial margin rising from half of the cap to twice the cap, no insurance.
    Before,
    /// The initial margin rises with open interest as listed.
    OpenInterest,
    /// Margin for measured volatility as listed.
    Measured,
    /// The carry's surge as listed.
    Surge,
    /// The spread for measured volatility and for the distance from the average as listed.
    Spread,
    /// Own insurance of 2 % of the cap from the beginning.
    Insurance,
    /// All of them: the fixture as it is, and the insurance.
    Together,
}

impl Variant {
    /// What it is called on the command line and in documents.
    pub fn name(self) -> String {
        self.to_possible_value().map_or_else(String::new, |value| value.get_name().to_string())
    }
}

/// What a market is listed with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Terms {
    /// Its parameters, sizes in proportion to the cap of the fixture.
    pub parameters: Parameters,
    /// Its own insurance at the beginning, as a part of the cap.
    pub insurance: f64,
}

impl Default for Terms {
    fn default() -> Self {
        Self { parameters: sol_parameters(), insurance: INSURANCE }
    }
}

impl Terms {
    /// The terms of a variant.
    pub fn of(variant: Variant) -> Self {
        let listed = Self::default();
        let on = listed.parameters;
        let cap = on.open_interest_cap.get();
        let before = Parameters {
            open_interest_low: Size::new(cap / 2),
            open_interest_high: Size::new(cap * 2),
            measured_weight: Ppm::ZERO,
            carry_surge: 0,
            spread_measured: Ppm::ZERO,
            spread_drift: Ppm::ZERO,
            ..on
        };
        let with = |parameters| Self { parameters, insurance: 0.0 };
        match variant {
            Variant::Before => with(before),
            Variant::OpenInterest => with(Parameters {
                open_interest_low: on.open_interest_low,
                open_interest_high: on.open_interest_high,
                ..before
            }),
            Variant::Measured => with(Parameters { measured_weight: on.measured_weight, ..before }),
            Variant::Surge => with(Parameters { carry_surge: on.carry_surge, ..before }),
            Variant::Spread => {
                with(Parameters { spread_measured: on.spread_measured, spread_drift: on.spread_drift, ..before })
            }
            Variant::Insurance => Self { parameters: before, ..listed },
            Variant::Together => listed,
        }
    }

    /// The terms with other numbers.
    ///
    /// # Errors
    /// Where a parameter is unknown, its number out of range, or the engine does not accept what they are together.
    pub fn with(mut self, changes: &[Change]) -> Result<Self, Error> {
        for Change { name, number } in changes {
            if name == "insurance" {
                self.insurance = *number as f64 / 1e6;
            } else {
                set(&mut self.parameters, name, *number)?;
            }
        }
        self.parameters.validate()?;
        Ok(self)
    }
}

/// A parameter and its number as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    name: String,
    number: u64,
}

impl FromStr for Change {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let (name, number) = text.split_once('=').context("a change is NAME=NUMBER")?;
        Ok(Self { name: name.into(), number: number.parse().context("a number as it is stored")? })
    }
}

macro_rules! setter {
    ($($field:ident: $unit:ident $integer:ident $kind:ident $text:literal;)+) => {
        fn set(parameters: &mut Parameters, name: &str, number: u64) -> Result<(), Error> {
            match name {
                $(stringify!($field) => parameters.$field = setter!(@ $unit $integer number),)+
                _ => bail!("no parameter is called {name}"),
            }
            Ok(())
        }
    };
    (@ u64 $integer:ident $number:expr) => { $number };
    (@ u32 $integer:ident $number:expr) => { u32::try_from($number)? };
    (@ $unit:ident $integer:ident $number:expr) => { $unit::new($integer::try_from($number)?) };
}

perp_engine::market_parameters!(setter);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_variant_is_accepted_and_differs_from_the_one_before_by_what_it_is_called_after() {
        let before = Terms::of(Variant::Before);
        for variant in Variant::value_variants() {
            let terms = Terms::of(*variant);
            terms.parameters.validate().unwrap();
            assert_eq!(terms == before, *variant == Variant::Before, "{}", variant.name());
        }
        assert_eq!(Terms::of(Variant::Together).parameters, sol_parameters());
    }

    #[test]
    fn a_change_sets_one_number_and_the_engine_judges_it() {
        let change = |text: &str| [text.parse::<Change>().unwrap()];
        let changed = Terms::default().with(&change("penalty=9000")).unwrap();
        let expected = Parameters { penalty: Ppm::new(9_000), ..sol_parameters() };
        assert_eq!(changed.parameters, expected);
        assert_eq!(Terms::default().with(&change("insurance=50000")).unwrap().insurance, 0.05);
        // Nothing is called that; 2^32 is no number of ppm; a position at the threshold would not survive a penalty of 9 %.
        for refused in ["penalties=1", "penalty=4294967296", "penalty=90000"] {
            assert!(Terms::default().with(&change(refused)).is_err(), "{refused}");
        }
        assert!("penalty".parse::<Change>().is_err() && "penalty=x".parse::<Change>().is_err());
    }
}

//! Lots: each opening is one, and each close takes from some.

use std::path::Path;

use perp_engine::units::products::part_of_quote_floor;
use perp_engine::units::{QuoteX40, Size};

use super::movement::Movement;
use super::Method;
use crate::amount;
use crate::chain::Chain;
use crate::failure::Failure;

/// What is left of an opening.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lot {
    /// Its number.
    pub opening: u64,
    /// When it was opened, in Unix seconds.
    pub opened_at: i64,
    /// What is left of it, negative for a short.
    pub size: i64,
    /// What that was bought or sold for.
    pub notional: QuoteX40,
}

impl Lot {
    /// What it was bought for, negative for what a short was sold for.
    pub const fn signed(&self) -> i128 {
        let notional = self.notional.get();
        if self.size < 0 {
            -notional
        } else {
            notional
        }
    }

    /// What one base unit cost.
    fn unit(&self) -> i128 {
        self.notional.get().checked_div(self.size.unsigned_abs().into()).unwrap_or(0)
    }
}

/// A part of a lot that was closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Disposal {
    /// Number of the trade that closed it.
    pub close: u64,
    /// Number of the trade that opened it.
    pub opening: u64,
    /// The market.
    pub market: u16,
    /// When it was opened.
    pub opened_at: i64,
    /// When it was closed.
    pub closed_at: i64,
    /// What was closed, negative for a short.
    pub size: i64,
    /// What it was bought for.
    pub cost: QuoteX40,
    /// What it was sold for.
    pub proceeds: QuoteX40,
    /// What that made.
    pub result: QuoteX40,
}

/// Which opening each close takes, as somebody picked it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Picks(Vec<Pick>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Pick {
    line: usize,
    close: u64,
    opening: u64,
    size: String,
}

impl Picks {
    /// Reads a CSV file of them.
    ///
    /// # Errors
    /// [`Failure::Input`] with the line that is none.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let text = std::fs::read_to_string(path).map_err(|reason| {
            Failure::Input(format!(
                "--pick: {} cannot be read ({reason}): give a CSV file of close, opening and size",
                path.display()
            ))
        })?;
        Self::parse(&text)
    }

    fn parse(text: &str) -> Result<Self, Failure> {
        let mut picks = Vec::new();
        for (place, row) in text.lines().enumerate().filter(|(_, row)| !row.trim().is_empty()) {
            let fields: Vec<&str> = row.split(',').map(str::trim).collect();
            if place == 0 && fields.first().is_some_and(|first| first.parse::<u64>().is_err()) {
                continue;
            }
            let line = place + 1;
            let wrong = || {
                Failure::Input(format!("--pick: line {line} is \"{row}\", and must be the number of a close, of an opening, and a size, such as 4,1,0.5"))
            };
            let [close, opening, size] = fields.as_slice() else { return Err(wrong()) };
            let (Ok(close), Ok(opening)) = (close.parse(), opening.parse()) else { return Err(wrong()) };
            picks.push(Pick { line, close, opening, size: (*size).into() });
        }
        Ok(Self(picks))
    }
}

/// The open lots of one market, all on one side.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    lots: Vec<Lot>,
}

impl Ledger {
    /// Those that are open, the oldest first.
    pub fn lots(&self) -> impl Iterator<Item = &Lot> {
        self.lots.iter()
    }

    /// Takes a trade: what is against the lots closes some, the rest is a new one.
    ///
    /// # Errors
    /// [`Failure::Input`] where the picks do not say what a close takes.
    pub fn take(
        &mut self,
        number: u64,
        trade: &Movement,
        method: Method,
        picks: Option<&Picks>,
        chain: &Chain,
    ) -> Result<Vec<Disposal>, Failure> {
        let units = chain.units(trade.market);
        let picked = |name: &str, text: &str| amount::size(name, text, units, false).map(Size::get);
        self.take_by(number, trade, method, picks, &picked)
    }

    fn take_by(
        &mut self,
        number: u64,
        trade: &Movement,
        method: Method,
        picks: Option<&Picks>,
        read: &dyn Fn(&str, &str) -> Result<u64, Failure>,
    ) -> Result<Vec<Disposal>, Failure> {
        let mut rest = (trade.size, trade.notional);
        let mut disposals = Vec::new();
        let picks: Vec<&Pick> =
            picks.map(|picks| picks.0.iter().filter(|pick| pick.close == number).collect()).unwrap_or_default();
        let mut picks = picks.into_iter();
        while rest.0 != 0 && self.lots.first().is_some_and(|lot| (lot.size < 0) != (rest.0 < 0)) {
            let (place, most) = match method {
                Method::Specific => self.picked(number, picks.next(), read)?,
                method => (self.next(method), u64::MAX),
            };
            let lot = self.lots[place];
            let closed = rest.0.unsigned_abs().min(lot.size.unsigned_abs()).min(most);
            let of_trade = part(rest.1, closed, rest.0)?;
            let of_lot = part(lot.notional, closed, lot.size)?;
            let is_short = lot.size < 0;
            let (cost, proceeds) = if is_short { (of_trade, of_lot) } else { (of_lot, of_trade) };
            let sign = if is_short { -1 } else { 1 };
            disposals.push(Disposal {
                close: number,
                opening: lot.opening,
                market: trade.market,
                opened_at: lot.opened_at,
                closed_at: trade.time,
                size: sign * i64::try_from(closed).unwrap_or(i64::MAX),
                cost,
                proceeds,
                result: proceeds.checked_sub(cost)?,
            });
            let left = lot.size - sign * i64::try_from(closed).unwrap_or(i64::MAX);
            if left == 0 {
                self.lots.remove(place);
            } else {
                self.lots[place] = Lot { size: left, notional: lot.notional.checked_sub(of_lot)?, ..lot };
            }
            rest = (rest.0 + sign * i64::try_from(closed).unwrap_or(i64::MAX), rest.1.checked_sub(of_trade)?);
        }
        if rest.0 != 0 {
            self.lots.push(Lot { opening: number, opened_at: trade.time, size: rest.0, notional: rest.1 });
        }
        Ok(disposals)
    }

    /// The lot that is taken next.
    fn next(&self, method: Method) -> usize {
        let dearest = |(_, lot): &(usize, &Lot)| if lot.size < 0 { -lot.unit() } else { lot.unit() };
        match method {
            Method::Fifo | Method::Specific => 0,
            Method::Lifo => self.lots.len().saturating_sub(1),
            // Of equal ones the oldest.
            Method::Hifo => self.lots.iter().enumerate().rev().max_by_key(dearest).map_or(0, |(place, _)| place),
        }
    }

    /// The lot that was picked, and how much of it at most.
    fn picked(
        &self,
        number: u64,
        pick: Option<&Pick>,
        read: &dyn Fn(&str, &str) -> Result<u64, Failure>,
    ) -> Result<(usize, u64), Failure> {
        let open: Vec<String> = self.lots.iter().map(|lot| lot.opening.to_string()).collect();
        let Some(pick) = pick else {
            return Err(Failure::Input(format!(
                "--pick does not say what all of close {number} takes: add rows for it; open are {}",
                open.join(", ")
            )));
        };
        let place = self.lots.iter().position(|lot| lot.opening == pick.opening).ok_or_else(|| {
            Failure::Input(format!(
                "--pick: line {} takes opening {}, of which nothing is open at close {number}: open are {}",
                pick.line,
                pick.opening,
                open.join(", ")
            ))
        })?;
        Ok((place, read(&format!("--pick: line {}", pick.line), &pick.size)?))
    }
}

/// A part of what a size was traded for; the last part is all that is left.
fn part(notional: QuoteX40, part: u64, whole: i64) -> Result<QuoteX40, Failure> {
    Ok(part_of_quote_floor(notional, Size::new(part), Size::new(whole.unsigned_abs()))?)
}

#[cfg(test)]
mod tests {
    use super::super::movement::Kind;
    use super::*;

    /// A trade of so many base units for so many 2^-40 atoms.
    fn trade(time: i64, size: i64, notional: i128) -> Movement {
        Movement {
            time,
            kind: Kind::Trade,
            market: 0,
            size,
            notional: QuoteX40::new(notional),
            realized: 0,
            fee: 0,
            penalty: 0,
            funding: 0,
        }
    }

    /// Bought 10 at 100 and 10 at 120 and 10 at 110, sold 15 at 130.
    fn closed(method: Method, picks: Option<&str>) -> Result<(Vec<Disposal>, Ledger), Failure> {
        let picks = picks.map(|text| Picks::parse(text).unwrap());
        let read = |_: &str, text: &str| Ok(text.parse().unwrap());
        let mut ledger = Ledger::default();
        let trades = [trade(1, 10, 1_000), trade(2, 10, 1_200), trade(3, 10, 1_100), trade(4, -15, 1_950)];
        let mut disposals = Vec::new();
        for (number, trade) in (1..).zip(&trades) {
            disposals.extend(ledger.take_by(number, trade, method, picks.as_ref(), &read)?);
        }
        Ok((disposals, ledger))
    }

    fn results(method: Method, picks: Option<&str>) -> Vec<(u64, i64, i128)> {
        let (disposals, _) = closed(method, picks).unwrap();
        disposals.iter().map(|it| (it.opening, it.size, it.result.get())).collect()
    }

    #[test]
    fn each_method_takes_its_lots_and_the_sum_with_what_is_open_is_the_same() {
        // 10 · (130 − 100) and 5 · (130 − 120).
        assert_eq!(results(Method::Fifo, None), [(1, 10, 300), (2, 5, 50)]);
        // 10 · (130 − 110) and 5 · (130 − 120).
        assert_eq!(results(Method::Lifo, None), [(3, 10, 200), (2, 5, 50)]);
        // 10 · (130 − 120) and 5 · (130 − 110).
        assert_eq!(results(Method::Hifo, None), [(2, 10, 100), (3, 5, 100)]);
        assert_eq!(results(Method::Specific, Some("4,3,10\n4,1,5\n")), [(3, 10, 200), (1, 5, 150)]);
        for method in [Method::Fifo, Method::Lifo, Method::Hifo] {
            let (disposals, ledger) = closed(method, None).unwrap();
            let made: i128 = disposals.iter().map(|it| it.result.get()).sum();
            let open: i128 = ledger.lots().map(Lot::signed).sum();
            // Spent 3 300, received 1 950.
            assert_eq!(made - open, 1_950 - 3_300);
        }
    }

    #[test]
    fn a_flip_closes_all_lots_and_opens_one_on_the_other_side() {
        let read = |_: &str, text: &str| Ok(text.parse().unwrap());
        let mut ledger = Ledger::default();
        ledger.take_by(1, &trade(1, -7, 700), Method::Fifo, None, &read).unwrap();
        // Bought 10 for 1 001: 7 of them for ⌊1 001 · 7 / 10⌋ = 700, the rest for 301.
        let disposals = ledger.take_by(2, &trade(2, 10, 1_001), Method::Fifo, None, &read).unwrap();
        assert_eq!((disposals[0].size, disposals[0].cost.get(), disposals[0].proceeds.get()), (-7, 700, 700));
        let open: Vec<_> = ledger.lots().copied().collect();
        assert_eq!(open, [Lot { opening: 2, opened_at: 2, size: 3, notional: QuoteX40::new(301) }]);
    }

    #[test]
    fn picks_that_do_not_fit_are_named() {
        let text = |picks: &str| closed(Method::Specific, Some(picks)).map(|_| ()).unwrap_err().to_string();
        let said = text("4,9,5\n");
        assert!(said.contains("line 1 takes opening 9") && said.contains("open are 1, 2, 3"), "{said}");
        let said = text("4,1,5\n");
        assert!(said.contains("what all of close 4 takes") && said.contains("open are 1, 2, 3"), "{said}");
        let said = Picks::parse("1,2,3\nfour,1,5\n").unwrap_err().to_string();
        assert!(said.contains("line 2 is \"four,1,5\"") && said.contains("4,1,0.5"), "{said}");
        let said = Picks::read(Path::new("/nowhere/picks.csv")).unwrap_err().to_string();
        assert!(said.contains("--pick: /nowhere/picks.csv cannot be read"), "{said}");
    }
}

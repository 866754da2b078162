//! `perp export`: what was realized, lot by lot, with sums that equal the chain's.

mod lots;
mod movement;

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use perp_engine::units::{Timestamp, X40_BITS};

use crate::chain::Chain;
use crate::cli::Context;
use crate::failure::Failure;
use crate::output::{Cell, Report, Section};
use crate::whose::{Found, Whose};
use lots::{Disposal, Ledger, Picks};
use movement::{Kind, Movement};

// Which account, and which lots are closed first.
#[derive(Debug, Args)]
#[allow(missing_docs)] // a comment on it would be the help text of what it is part of
pub struct Arguments {
    /// Which lots a close takes
    #[arg(long, value_enum, default_value_t = Method::Fifo)]
    lots: Method,
    /// With --lots specific: CSV file whose rows are the number of a close, the number of the opening it takes, and a size
    #[arg(long, value_name = "FILE", required_if_eq("lots", "specific"))]
    pick: Option<PathBuf>,
    /// Prints CSV in place of tables
    #[arg(long)]
    csv: bool,
    /// How many of the account's last transactions are read where no indexer is set
    #[arg(long, value_name = "NUMBER", default_value_t = 10_000)]
    most: usize,
    #[command(flatten)]
    whose: Whose,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
/// Which lots a close takes.
pub enum Method {
    /// The oldest first
    Fifo,
    /// The newest first
    Lifo,
    /// Those with the highest cost first: bought dearest, sold cheapest
    Hifo,
    /// Those of --pick
    Specific,
}

impl Arguments {
    /// Exports.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn run(&self, context: &Context<'_>) -> Result<Report, Failure> {
        let picks = self.pick.as_deref().map(Picks::read).transpose()?;
        if picks.is_some() && self.lots != Method::Specific {
            return Err(Failure::input(
                "--pick names lots, which --lots specific alone asks for: give that, or leave --pick out",
            ));
        }
        let chain = context.chain()?;
        let found = self.whose.find(context.settings, &chain)?;
        let movements = match context.settings.indexer_url() {
            Some(url) => movement::from_indexer(&chain, url, &found.address)?,
            None => movement::from_chain(&chain, &found.address, self.most)?,
        };
        let mut ledgers: BTreeMap<u16, Ledger> = BTreeMap::new();
        let (mut disposals, mut number) = (Vec::new(), 0u64);
        for movement in &movements {
            if movement.kind == Kind::Trade {
                number = number.saturating_add(1);
                let ledger = ledgers.entry(movement.market).or_default();
                disposals.extend(ledger.take(number, movement, self.lots, picks.as_ref(), &chain)?);
            }
        }
        let sums = sums(&chain, &found, &movements);
        if self.csv {
            let mut report = Report::verbatim(csv(&chain, &disposals));
            report.bad = bad(&sums);
            return Ok(report);
        }
        let mut report = Report::of([
            realized(&chain, &disposals),
            open(&chain, &ledgers),
            Section::rows(
                "sums",
                "Sums, against what the chain has counted",
                &["what", "exported", "chain", "same"],
                sums.clone(),
            ),
            reconciled(&chain, &found, &ledgers, &disposals, &movements)?,
        ]);
        report.bad = bad(&sums);
        report.warnings.push(
            "a size and its dates are the chain's; what of it is taxed how, and in which currency, is not known here"
                .into(),
        );
        Ok(report)
    }
}

/// What is wrong where sums differ.
fn bad(sums: &[Vec<Cell>]) -> Option<String> {
    let differs = sums.iter().any(|row| row.last() == Some(&Cell::Flag(false)));
    differs.then(|| {
        "the sums differ from the chain's: the history that was read is not whole; give a larger --most, a node that keeps a longer one, or an indexer".into()
    })
}

const COLUMNS: [&str; 9] = ["close", "opening", "market", "opened", "closed", "size", "cost", "proceeds", "result"];

fn row(chain: &Chain, it: &Disposal) -> Vec<Cell> {
    let decimals = chain.decimals();
    vec![
        Cell::Count(it.close),
        Cell::Count(it.opening),
        Cell::text(chain.symbol(it.market)),
        Cell::time(Timestamp::new(it.opened_at)),
        Cell::time(Timestamp::new(it.closed_at)),
        Cell::Size(it.size, chain.units(it.market)),
        Cell::exact(it.cost, decimals),
        Cell::exact(it.proceeds, decimals),
        Cell::exact(it.result, decimals),
    ]
}

fn realized(chain: &Chain, disposals: &[Disposal]) -> Section {
    let rows = disposals.iter().map(|disposal| row(chain, disposal)).collect();
    Section::rows(
        "disposals",
        "What was closed, lot by lot; the size is that of the lot, negative for a short",
        &COLUMNS,
        rows,
    )
}

fn csv(chain: &Chain, disposals: &[Disposal]) -> String {
    let mut text = format!("{}\n", COLUMNS.join(","));
    for disposal in disposals {
        let cells: Vec<String> = row(chain, disposal).iter().map(|cell| cell.shown(false)).collect();
        text.push_str(&cells.join(","));
        text.push('\n');
    }
    text
}

fn open(chain: &Chain, ledgers: &BTreeMap<u16, Ledger>) -> Section {
    let mut rows = Vec::new();
    for (market, ledger) in ledgers {
        for lot in ledger.lots() {
            rows.push(vec![
                Cell::Count(lot.opening),
                Cell::text(chain.symbol(*market)),
                Cell::time(Timestamp::new(lot.opened_at)),
                Cell::Size(lot.size, chain.units(*market)),
                Cell::exact(lot.notional, chain.decimals()),
            ]);
        }
    }
    Section::rows("open", "Lots that are open", &["opening", "market", "opened", "size", "cost"], rows)
}

/// What was exported against the account's own counters.
fn sums(chain: &Chain, found: &Found, movements: &[Movement]) -> Vec<Vec<Cell>> {
    let (decimals, counters) = (chain.decimals(), &found.account.state.counters);
    let sum = |of: fn(&Movement) -> i128| movements.iter().map(of).sum::<i128>();
    let pairs = [
        ("realized", sum(|it| it.realized.into()), i128::from(counters.realized.get())),
        ("funding", sum(|it| it.funding.into()), i128::from(counters.funding.get())),
        ("fees", sum(|it| it.fee.into()), i128::from(counters.fees.get())),
        ("penalties", sum(|it| it.penalty.into()), i128::from(counters.penalties.get())),
    ];
    let row = |(what, exported, counted): (&str, i128, i128)| {
        let (exported, counted) = (Cell::Atoms(exported, decimals), Cell::Atoms(counted, decimals));
        let same = exported == counted;
        vec![Cell::text(what), exported, counted, Cell::Flag(same)]
    };
    pairs.into_iter().map(row).collect()
}

/// The lots' results against what the chain has realized: both come from the same fills, and differ by what is still open and by less
/// than an atom for each time the chain rounded.
fn reconciled(
    chain: &Chain,
    found: &Found,
    ledgers: &BTreeMap<u16, Ledger>,
    disposals: &[Disposal],
    movements: &[Movement],
) -> Result<Section, Failure> {
    let decimals = chain.decimals();
    let mut rows = Vec::new();
    for (market, ledger) in ledgers {
        let results: i128 = disposals.iter().filter(|it| it.market == *market).map(|it| it.result.get()).sum();
        let open: i128 = ledger.lots().map(|lot| lot.signed()).sum();
        let own = || movements.iter().filter(|it| it.market == *market);
        let realized: i128 = own().map(|it| i128::from(it.realized) << X40_BITS).sum();
        let roundings = own().filter(|it| it.realized != 0 || it.kind == Kind::Trade).count();
        let position = found.account.state.occupied().find(|(_, position)| position.market == *market);
        let entry = position.map_or(0, |(_, position)| {
            let entry = position.entry_notional.get().get();
            if position.size.get() < 0 {
                -entry
            } else {
                entry
            }
        });
        let rounding = (results - open) - (realized - entry);
        let most = i128::try_from(roundings).unwrap_or(i128::MAX) << X40_BITS;
        rows.push(vec![
            Cell::text(chain.symbol(*market)),
            Cell::Exact(results, decimals),
            Cell::Exact(realized, decimals),
            Cell::Exact(open - entry, decimals),
            Cell::Exact(rounding, decimals),
            Cell::Flag((0..=most).contains(&rounding)),
        ]);
    }
    let columns = [
        "market",
        "results of lots",
        "realized by the chain",
        "difference that is open",
        "rounded away",
        "below an atom each",
    ];
    Ok(Section::rows("reconciled", "Lots against the chain", &columns, rows))
}

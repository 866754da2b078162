//! `perp watch`: markets, positions and orders in the terminal, read anew until it is told to end.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use clap::Args;
use perp_engine::units::Timestamp;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEventKind, KeyModifiers};
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Style, Stylize};
use ratatui::text::Line;
use ratatui::widgets::{Block, Paragraph, Row, Table};
use ratatui::Frame;

use super::order::orders_section;
use super::{health, markets};
use crate::chain::Chain;
use crate::cli::Context;
use crate::failure::Failure;
use crate::output::{Body, Cell, Report, Section};
use crate::whose::Whose;

/// How long a key is waited for before the clock is looked at.
const TICK: Duration = Duration::from_millis(200);

// What is watched.
#[derive(Debug, Args)]
#[allow(missing_docs)] // a comment on it would be the help text of what it is part of
pub struct Arguments {
    /// Seconds between two looks at the chain
    #[arg(long, value_name = "SECONDS", default_value_t = 2, value_parser = clap::value_parser!(u64).range(1..=3_600))]
    every: u64,
    /// Prints what the screen would show, once
    #[arg(long)]
    once: bool,
    /// Markets alone, without an account
    #[arg(long)]
    markets_only: bool,
    #[command(flatten)]
    whose: Whose,
}

/// What the screen shows.
#[derive(Clone, Debug, Default)]
struct Screen {
    sections: Vec<Section>,
    /// The chain's time of the last look.
    looked: Option<Timestamp>,
    /// What the last look failed with.
    problem: Option<String>,
}

impl Arguments {
    /// Watches until it is told to end.
    ///
    /// # Errors
    /// [`Failure`] where the first look fails, or there is no terminal.
    pub fn run(&self, context: &Context<'_>) -> Result<Report, Failure> {
        // What is wrong from the beginning is told before the screen is taken.
        let (now, first) = self.look(context)?;
        if self.once {
            return Ok(Report::of(first));
        }
        if !std::io::stdout().is_terminal() {
            return Err(Failure::input(
                "watch draws in a terminal, and this is none: give --once to print what it would show",
            ));
        }
        let mut screen = Screen { sections: first, looked: Some(now), problem: None };
        let mut terminal = ratatui::init();
        let ended = self.turn(context, &mut terminal, &mut screen);
        ratatui::restore();
        ended.map_err(|error| Failure::Bad(format!("the terminal cannot be drawn on: {error}")))?;
        Ok(Report::default())
    }

    fn turn(
        &self,
        context: &Context<'_>,
        terminal: &mut ratatui::DefaultTerminal,
        screen: &mut Screen,
    ) -> std::io::Result<()> {
        let mut next = Instant::now();
        loop {
            if Instant::now() >= next {
                match self.look(context) {
                    Ok((now, sections)) => *screen = Screen { sections, looked: Some(now), problem: None },
                    // What was seen last stays, until the node answers again.
                    Err(failure) => screen.problem = Some(failure.to_string()),
                }
                next = Instant::now() + Duration::from_secs(self.every);
            }
            terminal.draw(|frame| draw(frame, screen, context.output.atoms))?;
            if event::poll(TICK)? {
                if let Event::Key(key) = event::read()? {
                    let interrupted = key.code == KeyCode::Char('c') && key.modifiers.contains(KeyModifiers::CONTROL);
                    let ends = matches!(key.code, KeyCode::Char('q') | KeyCode::Esc) || interrupted;
                    if ends && key.kind == KeyEventKind::Press {
                        return Ok(());
                    }
                }
            }
        }
    }

    fn look(&self, context: &Context<'_>) -> Result<(Timestamp, Vec<Section>), Failure> {
        let chain = context.chain()?;
        let mut sections = vec![Section { heading: "Markets".into(), ..markets::list(&chain) }];
        if !self.markets_only {
            sections.extend(self.account(context, &chain)?);
        }
        Ok((chain.now(), sections))
    }

    fn account(&self, context: &Context<'_>, chain: &Chain) -> Result<Vec<Section>, Failure> {
        let found = self.whose.find(context.settings, chain)?;
        let state = &found.account.state;
        let numbers = health::numbers(chain.exchange(), state, chain.decimals());
        let columns: Vec<&str> = numbers.iter().map(|(name, _)| *name).collect();
        let row = vec![numbers.iter().map(|(_, cell)| cell.clone()).collect()];
        let heading = format!("Margin account {}", found.address);
        let orders = found.orders(chain)?.unwrap_or_default();
        Ok(vec![
            Section::rows("health", heading, &columns, row),
            health::positions(chain, chain.exchange(), state),
            orders_section(chain, &orders, state)?,
        ])
    }
}

/// Lines that a section takes on the screen, its frame included.
fn height(section: &Section) -> u16 {
    let rows = match &section.body {
        Body::Rows { rows, .. } => rows.len(),
        Body::Fields(fields) => fields.len(),
        Body::Lines(lines) => lines.len(),
    };
    u16::try_from(rows.max(1)).unwrap_or(u16::MAX).saturating_add(3)
}

fn draw(frame: &mut Frame<'_>, screen: &Screen, raw: bool) {
    let mut heights: Vec<Constraint> =
        screen.sections.iter().map(|section| Constraint::Length(height(section))).collect();
    heights.push(Constraint::Min(1));
    heights.push(Constraint::Length(1));
    let areas = Layout::vertical(heights).split(frame.area());
    for (section, area) in screen.sections.iter().zip(areas.iter()) {
        table(frame, section, *area, raw);
    }
    let Some(last) = areas.last() else { return };
    let looked = screen.looked.map_or(Cell::None, Cell::time).shown(false);
    let text = match &screen.problem {
        Some(problem) => Line::from(format!("as of {looked}; since then: {problem}")).red(),
        None => Line::from(format!("as of {looked}; q ends")),
    };
    frame.render_widget(Paragraph::new(text), *last);
}

fn table(frame: &mut Frame<'_>, section: &Section, area: Rect, raw: bool) {
    let Body::Rows { columns, rows } = &section.body else { return };
    let shown: Vec<Vec<String>> = rows.iter().map(|row| row.iter().map(|cell| cell.shown(raw)).collect()).collect();
    let widths = columns.iter().enumerate().map(|(place, column)| {
        let cells = shown.iter().filter_map(|row| row.get(place)).map(|cell| cell.chars().count());
        let width = cells.chain([column.chars().count()]).max().unwrap_or(0);
        Constraint::Length(u16::try_from(width).unwrap_or(u16::MAX))
    });
    let lines = rows.iter().zip(&shown).map(|(cells, row)| {
        // What can be liquidated, and what is dead, is seen first.
        let is_bad = cells.iter().any(|cell| *cell == Cell::text("dead"));
        Row::new(row.clone()).style(if is_bad { Style::new().red() } else { Style::new() })
    });
    let head = Row::new(columns.iter().map(|column| column.replace('_', " "))).bold();
    let table = Table::new(lines, widths)
        .header(head)
        .column_spacing(2)
        .block(Block::bordered().title(section.heading.clone()));
    frame.render_widget(table, area);
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::backend::TestBackend;
    use ratatui::Terminal;

    fn drawn(screen: &Screen) -> String {
        let mut terminal = Terminal::new(TestBackend::new(80, 16)).unwrap();
        terminal.draw(|frame| draw(frame, screen, false)).unwrap();
        terminal.backend().to_string()
    }

    #[test]
    fn a_screen_shows_markets_positions_and_what_is_wrong() {
        let markets = Section::rows(
            "markets",
            "Markets",
            &["market", "price"],
            vec![vec![Cell::text("SOL-PERP"), Cell::text("140.615937")]],
        );
        let positions = Section::rows(
            "positions",
            "Positions",
            &["market", "size"],
            vec![vec![Cell::text("SOL-PERP"), Cell::text("-10")]],
        );
        let mut screen =
            Screen { sections: vec![markets, positions], looked: Some(Timestamp::new(1_618_660_800)), problem: None };
        let shown = drawn(&screen);
        for needle in ["Markets", "140.615937", "Positions", "-10", "as of 2021-04-17 12:00:00Z; q ends"] {
            assert!(shown.contains(needle), "{shown}\nlacks {needle}");
        }
        // The node goes away: what was seen stays.
        screen.problem = Some("the RPC node cannot be reached".into());
        let shown = drawn(&screen);
        for needle in ["140.615937", "since then: the RPC node cannot be reached"] {
            assert!(shown.contains(needle), "{shown}\nlacks {needle}");
        }
    }
}

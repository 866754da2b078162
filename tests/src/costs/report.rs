use super::{Budgets, Costs, Row};
use perp_accounts::{Exchange, LiquidityRequest, MarginAccount, Market, Orders, Pool};
use std::fmt::{self, Write};

impl fmt::Display for Row {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "{}", self.instruction)?;
        if !self.case.is_empty() {
            write!(to, ", {}", self.case)?;
        }
        match self.count {
            Some(count) => write!(to, " ({count})"),
            None => Ok(()),
        }
    }
}

/// The costs as a page of the documentation.
pub fn page(costs: &Costs, budgets: &Budgets, program_bytes: usize) -> String {
    let mut page = String::from(
        "# Compute units, transaction bytes, account sizes\n\
         Written by `cargo run -p perp-tests --bin compute-units`; do not edit. Measured on the committed binary in \
         LiteSVM with\nmainnet's features, each instruction alone in its transaction, in its dearest ordinary case: \
         the dearer of a scene\nand of a search through random states, long and short, in gain and in loss, in several markets.\nBytes are those of a legacy transaction with two \
         compute-budget instructions; a validator takes at most 1232.\n\n\
         The count is that of the account's positions; nothing depends on the number of the exchange's markets. Budgets are \
         `tests/budgets.toml`;\n`cargo test -p perp-tests --test budgets` fails when one is exceeded.\n\n\
         | instruction | case | count | compute units | budget | transaction bytes |\n|---|---|---|---:|---:|---:|\n",
    );
    for (row, cost) in costs.rows() {
        let count = row.count.map_or(String::new(), |count| count.to_string());
        let budget = budgets.of(row).map_or(String::new(), |budget| budget.to_string());
        let (name, case) = (row.instruction, row.case);
        let (units, bytes) = (cost.compute_units, cost.transaction_bytes);
        writeln!(page, "| `{name}` | {case} | {count} | {units} | {budget} | {bytes} |").expect("a string takes it");
    }
    page.push_str("\n| account | bytes |\n|---|---:|\n");
    for (name, bytes) in [
        ("Exchange", Exchange::SPACE),
        ("Pool", Pool::SPACE),
        ("Market", Market::SPACE),
        ("MarginAccount", MarginAccount::SPACE),
        ("Orders", Orders::SPACE),
        ("LiquidityRequest", LiquidityRequest::SPACE),
    ] {
        writeln!(page, "| `{name}` | {bytes} |").expect("a string takes it");
    }
    writeln!(page, "\nThe program's binary has {program_bytes} bytes.").expect("a string takes it");
    page
}

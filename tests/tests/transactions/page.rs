//! docs/transactions.md as its readers have it.

/// A row of its table of transactions.
#[derive(Debug)]
pub struct Row {
    pub transaction: String,
    /// Markets or positions the other numbers are for.
    pub count: u16,
    pub accounts: usize,
    pub bytes: usize,
    /// Negative where it does not fit.
    pub left: i64,
    /// The most markets or positions that fit; none where nobody can have so many.
    pub most: Option<u16>,
}

/// The page.
pub struct Page {
    text: String,
}

impl Page {
    pub fn read() -> Self {
        let path = perp_artifacts::workspace_root().join("docs/transactions.md");
        Self { text: std::fs::read_to_string(path).expect("the page is there") }
    }

    /// The rows of the table whose head begins with that cell.
    fn table(&self, head: &str) -> Vec<Vec<String>> {
        let rows = self.text.lines().skip_while(|line| !line.starts_with(&format!("| {head} |")));
        let rows: Vec<_> = rows.take_while(|line| line.starts_with('|')).skip(2).map(cells).collect();
        assert!(!rows.is_empty(), "the page has no table of {head}");
        rows
    }

    pub fn rows(&self) -> Vec<Row> {
        let row = |cells: Vec<String>| match &cells[..] {
            [transaction, count, accounts, bytes, left, most] => Row {
                transaction: transaction.clone(),
                count: u16::try_from(leading(count)).expect("few"),
                accounts: leading(accounts),
                bytes: leading(bytes),
                left: left.trim_matches('*').replace('−', "-").parse().expect("a number is left"),
                most: (!most.is_empty()).then(|| u16::try_from(leading(most)).expect("few")),
            },
            other => panic!("a row of {} cells: {other:?}", other.len()),
        };
        self.table("transaction").into_iter().map(row).collect()
    }

    /// The sum of the numbers in the cell of that part.
    pub fn part(&self, name: &str) -> usize {
        let rows = self.table("part");
        let row = rows.iter().find(|row| row[0] == name).unwrap_or_else(|| panic!("the page has no part \"{name}\""));
        let numbers = row[1].split(|character: char| !character.is_ascii_digit());
        numbers.filter(|number| !number.is_empty()).map(|number| number.parse::<usize>().expect("a number")).sum()
    }

    /// That the page says so, wherever its lines break.
    #[track_caller]
    pub fn says(&self, sentence: &str) {
        let text = self.text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(text.contains(sentence), "docs/transactions.md must say: {sentence}");
    }
}

fn cells(line: &str) -> Vec<String> {
    line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect()
}

/// The number a cell begins with.
fn leading(cell: &str) -> usize {
    let end = cell.find(|character: char| !character.is_ascii_digit()).unwrap_or(cell.len());
    cell[..end].parse().unwrap_or_else(|_| panic!("\"{cell}\" does not begin with a number"))
}

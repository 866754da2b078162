//! `docs/instructions/`: the page of every instruction against the interface file, the program and the engine.

use crate::filing::group_of;
use crate::{quoted, read, section, workspace};
use perp_client::errors::ExchangeError;
use perp_client::events::Event;
use perp_tests::idl::{idl, instructions, items, name, type_name};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;

/// The lines of a page that begin with a label, in their order.
const LABELS: [&str; 8] =
    ["Accounts", "Then", "Arguments", "Preconditions", "Checks in order", "Effects", "Event", "Errors"];

/// The page of an instruction beside its entry in the interface file.
struct Page<'a> {
    name: &'a str,
    group: &'static str,
    instruction: &'a Value,
    text: String,
}

impl<'a> Page<'a> {
    fn all(idl: &'a Value) -> Vec<Self> {
        let page = |instruction: &'a Value| {
            let name = name(instruction);
            let group = group_of(name);
            Self { name, group, instruction, text: read(&format!("docs/instructions/{group}/{name}.md")) }
        };
        items(idl, "instructions").iter().map(page).collect()
    }

    /// What stands behind a label, without the lines below it.
    fn line(&self, label: &str) -> &str {
        let start = format!("- **{label}:**");
        self.text.lines().find_map(|line| line.strip_prefix(&start)).unwrap_or_default().trim()
    }

    /// The lines below a label, up to the next one.
    fn below(&self, label: &str) -> Vec<&str> {
        let start = format!("- **{label}:**");
        let lines = self.text.lines().skip_while(|line| !line.starts_with(&start)).skip(1);
        lines.take_while(|line| line.starts_with("  ")).map(str::trim).collect()
    }

    /// The errors it can end in, of the exchange's own.
    fn errors(&self) -> Vec<&str> {
        quoted(self.line("Errors")).collect()
    }

    /// The errors that its checks name, each once, where it is checked first.
    fn checked(&self) -> Vec<&str> {
        let mut errors = Vec::new();
        for token in self.below("Checks in order").into_iter().flat_map(quoted).filter(|token| is_error(token)) {
            if !errors.contains(&token) {
                errors.push(token);
            }
        }
        errors
    }

    /// The source of its handler; of a form that does nothing where a rule refuses it, the instruction's besides.
    fn handler(&self) -> String {
        let of = |name: &str| read(&format!("programs/perp-swap/src/instructions/{}/{name}.rs", self.group));
        of(self.name) + &self.name.strip_suffix("_if_due").map(of).unwrap_or_default()
    }

    /// The source of its plan in the engine, without the tests beside it; empty where it has none of its own.
    fn plan(&self) -> String {
        let path = workspace().join(format!("crates/perp-engine/src/operations/{}/{}.rs", self.group, self.name));
        let source = fs::read_to_string(path).unwrap_or_default();
        source.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default().to_owned()
    }

    /// The errors that its docs in the interface file name.
    fn documented(&self) -> impl Iterator<Item = &str> {
        let docs = items(self.instruction, "docs").iter().filter_map(Value::as_str);
        docs.skip_while(|line| !line.starts_with("Errors:")).flat_map(quoted).filter(|token| is_error(token))
    }
}

/// Errors in the source of a plan that the instruction does not end in, and why.
const NOT_REACHED: [(&str, &str, &str); 2] = [
    ("withdraw", "PositionsOpen", "the program looks at markets wherever there is an open position"),
    ("execute_order", "ReduceOnly", "an order that may increase is over with it, and another is not asked"),
];

/// The names that follow a path, `ExchangeError::`, in a source: also in docs, which say what comes from deeper down.
fn named(source: &str, path: &str) -> BTreeSet<String> {
    let uses = source.split(path).skip(1);
    uses.map(|rest| rest.chars().take_while(|it| it.is_alphanumeric()).collect()).collect()
}

fn is_event(name: &str) -> bool {
    Event::NAMES.contains(&name)
}

fn is_error(name: &str) -> bool {
    ExchangeError::ALL.iter().any(|error| error.name() == name)
}

/// A name as errors and events have it, not one of a formula.
fn is_camel_case(token: &str) -> bool {
    let mut characters = token.chars();
    characters.next().is_some_and(char::is_uppercase)
        && token.chars().any(char::is_lowercase)
        && characters.all(char::is_alphanumeric)
}

/// The errors of reading a price account, as the overview lists them.
fn oracle_errors() -> Vec<String> {
    let overview = read("docs/instructions/README.md");
    quoted(section(&overview, "## Oracle errors").expect("the overview has them")).map(str::to_owned).collect()
}

/// `name` with what the instruction demands of the account.
fn account_of(account: &Value) -> String {
    let marks: Vec<&str> = ["signer", "writable", "optional"]
        .into_iter()
        .filter(|mark| account[*mark].as_bool().unwrap_or(false))
        .collect();
    let name = format!("`{}`", name(account));
    if marks.is_empty() {
        name
    } else {
        format!("{name} ({})", marks.join(", "))
    }
}

fn argument_of(argument: &Value) -> String {
    format!("`{}: {}`", name(argument), type_name(&argument["type"]))
}

fn listed(list: &[Value], write: impl Fn(&Value) -> String) -> String {
    let entries: Vec<String> = list.iter().map(write).collect();
    if entries.is_empty() {
        "none".into()
    } else {
        entries.join(", ")
    }
}

#[test]
fn every_page_is_headed_by_the_instruction_and_has_every_label_once_in_order() {
    for page in Page::all(&idl()) {
        assert!(page.text.starts_with(&format!("# {}\n", page.name)), "heading of {}", page.name);
        let labels: Vec<&str> = page
            .text
            .lines()
            .filter_map(|line| line.strip_prefix("- **")?.split_once(":**"))
            .map(|(label, _)| label)
            .collect();
        assert_eq!(labels, LABELS, "labels of {}", page.name);
        let opening = page.text.lines().nth(1).unwrap_or_default();
        assert!(!opening.is_empty() && !opening.starts_with('-'), "{} says first what it does", page.name);
    }
}

#[test]
fn accounts_and_arguments_are_those_of_the_interface_file() {
    for page in Page::all(&idl()) {
        let Page { name: of, instruction, .. } = &page;
        assert_eq!(page.line("Accounts"), listed(items(instruction, "accounts"), account_of), "accounts of {of}");
        assert_eq!(page.line("Arguments"), listed(items(instruction, "args"), argument_of), "arguments of {of}");
        // Below, in their order, what each is. Two that differ in nothing share a line.
        let explained: Vec<&str> = page
            .below("Arguments")
            .into_iter()
            .filter_map(|line| line.strip_prefix("- ")?.split_once(':'))
            .flat_map(|(names, _)| quoted(names))
            .collect();
        let expected: Vec<&str> = items(instruction, "args").iter().map(name).collect();
        assert_eq!(explained, expected, "explanations of the arguments of {of}");
    }
}

#[test]
fn what_follows_the_named_accounts_is_said_where_the_program_says_it() {
    for page in Page::all(&idl()) {
        let docs = items(page.instruction, "docs").iter().filter_map(Value::as_str);
        let takes_others = docs.into_iter().any(|line| line.starts_with("Remaining accounts:"));
        assert_eq!(page.line("Then") != "none", takes_others, "what follows the accounts of {}", page.name);
    }
}

#[test]
fn every_instruction_emits_the_event_its_page_names_and_every_event_is_emitted() {
    let idl = idl();
    let mut left: BTreeSet<&str> = items(&idl, "events").iter().map(name).collect();
    for page in Page::all(&idl) {
        let named: Vec<&str> = quoted(page.line("Event")).filter(|token| is_event(token)).collect();
        if page.line("Event") == "none" {
            assert!(!page.handler().contains("log(&") && !page.handler().contains("record(&"), "{} tells", page.name);
            continue;
        }
        let event = named.first().copied().unwrap_or_default();
        let handler = page.handler();
        // An event is put together where it is emitted, or before.
        assert!(handler.contains(&format!("{event} {{")), "{} emits no {event}", page.name);
        for follows in named.iter().skip(1) {
            assert!(handler.contains(&format!("{follows} {{")), "{} emits no {follows}", page.name);
        }
        let by_call = handler.contains("record(&event");
        assert_eq!(page.line("Event").contains("by self-CPI"), by_call, "how {} emits {event}", page.name);
        let takes_authority =
            items(page.instruction, "accounts").iter().any(|account| name(account) == "event_authority");
        assert_eq!(takes_authority, by_call, "event authority of {}", page.name);
        left.retain(|event| !named.contains(event));
    }
    assert!(left.is_empty(), "no page in docs/instructions names {left:?}");
}

#[test]
fn errors_are_those_of_the_checks_in_their_order() {
    for page in Page::all(&idl()) {
        let unknown: Vec<&str> = page
            .below("Checks in order")
            .into_iter()
            .flat_map(quoted)
            .chain(page.errors())
            .filter(|token| is_camel_case(token) && !is_error(token))
            .collect();
        assert!(unknown.is_empty(), "{} names {unknown:?}, which are no errors", page.name);
        // A number that leaves its range has no place of its own in the order, unless a rule leads there.
        let mut checked = page.checked();
        if page.errors().last() == Some(&"Overflow") && !checked.contains(&"Overflow") {
            checked.push("Overflow");
        }
        assert_eq!(page.errors(), checked, "errors of {}", page.name);
    }
}

#[test]
fn errors_that_handler_plan_and_docs_name_are_on_the_page() {
    for page in Page::all(&idl()) {
        let mut expected = named(&page.handler(), "ExchangeError::");
        expected.extend(named(&page.plan(), "EngineError::"));
        expected.extend(page.documented().map(str::to_owned));
        // Wherever numbers are added; a page names it where a rule of its own leads there.
        expected.remove("Overflow");
        for (_, error, _) in NOT_REACHED.iter().filter(|(instruction, ..)| *instruction == page.name) {
            assert!(expected.remove(*error), "the plan of {} names no {error}", page.name);
        }
        let missing: Vec<_> = expected.iter().filter(|error| !page.errors().contains(&error.as_str())).collect();
        assert!(missing.is_empty(), "{} can end in {missing:?}; its page does not say so", page.name);
    }
}

#[test]
fn whoever_takes_an_oracle_can_end_in_its_errors() {
    for page in Page::all(&idl()) {
        let takes_oracle = items(page.instruction, "accounts")
            .iter()
            .any(|account| ["oracle", "second_oracle"].contains(&name(account)));
        let reads_prices = takes_oracle || page.name == "update_prices";
        let linked = page.below("Checks in order").iter().any(|line| line.contains("(../README.md#oracle-errors)"));
        assert_eq!(linked, reads_prices, "oracle errors of {}", page.name);
        // A rule of the engine, by which a form that is only tried does nothing.
        let (error, tried) = ("PriceOutOfRange", page.name.ends_with("_if_due"));
        assert_eq!(page.errors().contains(&error), reads_prices && !tried, "{error} of {}", page.name);
    }
}

#[test]
fn every_error_can_end_an_instruction() {
    let idl = idl();
    let mut ending: BTreeSet<String> = oracle_errors().into_iter().collect();
    ending.extend(
        Page::all(&idl).iter().flat_map(|page| page.errors().into_iter().map(str::to_owned).collect::<Vec<_>>()),
    );
    // Any instruction can be sent with data that is too long, and no account is stored with an unknown kind of oracle.
    ending.extend(["TrailingData", "OracleUnknownKind"].map(str::to_owned));
    let unknown: Vec<_> = ending.iter().filter(|error| !is_error(error)).collect();
    assert!(unknown.is_empty(), "no errors: {unknown:?}");
    let unused: Vec<_> = ExchangeError::ALL.iter().filter(|error| !ending.contains(&error.name())).collect();
    assert!(unused.is_empty(), "no page in docs/instructions ends in {unused:?}");
}

#[test]
fn there_is_a_page_for_each_of_the_instructions_and_no_other() {
    assert_eq!(instructions().len(), 51);
    assert_eq!(Page::all(&idl()).len(), 51);
}

#[test]
fn names_are_found_after_their_path() {
    let source =
        "/// [`ExchangeError::Doc`]\nrequire(a, ExchangeError::NotTheOwner)?;\nx(ExchangeError::A, ExchangeError::B)\n";
    assert_eq!(named(source, "ExchangeError::"), ["A", "B", "Doc", "NotTheOwner"].map(String::from).into());
    assert!(is_camel_case("PriceStale") && !is_camel_case("P") && !is_camel_case("max_size") && !is_camel_case("MM"));
}

use super::{check, key};
use perp_client::errors::{exchange_error, explain, failure_in_logs, Class, Explanation, Reason};
use serde_json::{json, Value};

fn told(explanation: Explanation) -> Value {
    let Explanation { code, name, message, remedy } = explanation;
    json!({ "code": code, "name": name, "message": message, "remedy": remedy })
}

/// What `idl/errors.json` lacks: the framework's rules, and what to make of a refusal.
#[test]
fn rules_of_the_framework_and_classes_are_told() {
    let rules: Vec<_> = (0..6_000).filter_map(explain).map(told).collect();
    assert!(rules.len() > 50, "{}", rules.len());
    let classes: Vec<_> = (6_000..7_000)
        .filter_map(exchange_error)
        .map(|error| json!({ "name": error.name(), "class": format!("{:?}", Class::of(error)) }))
        .collect();
    check("framework.json", &json!({ "rules": rules, "classes": classes }));
}

#[test]
fn refusals_are_read_alike_from_logs() {
    let (ours, token, stranger) = (perp_swap::ID, anchor_spl::token::ID, key(9));
    let anchor = "Program log: AnchorError caused by account: margin_account. Error Code: AccountNotInitialized. \
                  Error Number: 3012. Error Message: The program expected this account to be already initialized.";
    let cases = [
        ("a rule of the exchange", vec![format!("Program {ours} failed: custom program error: 0x1785")]),
        (
            "a rule of the framework, with the account",
            vec![anchor.into(), format!("Program {ours} failed: custom program error: 0xbc4")],
        ),
        (
            "the program that refused, not its caller",
            vec![
                format!("Program {token} failed: custom program error: 0x1"),
                format!("Program {ours} failed: custom program error: 0x1"),
            ],
        ),
        ("a stranger's code is not ours", vec![format!("Program {stranger} failed: custom program error: 0x1785")]),
        ("the runtime in its words", vec![format!("Program {ours} failed: exceeded CUs meter at BPF instruction")]),
        ("a code nobody knows", vec![format!("Program {ours} failed: custom program error: 0x7fffffff")]),
        (
            "a program says so in its log",
            vec![format!("Program log: Program {ours} failed: custom program error: 0x1785")],
        ),
        ("nothing failed", vec![format!("Program {ours} success")]),
    ];
    let told: Vec<_> = cases
        .iter()
        .map(|(what, logs)| {
            let failure = failure_in_logs(logs);
            let class = failure.as_ref().and_then(|failure| failure.exchange_error()).map(Class::of);
            let failure = failure.map(|failure| {
                let reason = match &failure.reason {
                    Reason::Code(code) => json!({ "code": code }),
                    Reason::Runtime(words) => json!({ "runtime": words }),
                };
                json!({
                    "program": failure.program.to_string(), "reason": reason, "account": failure.account,
                    "text": failure.to_string(), "class": class.map(|class| format!("{class:?}")),
                })
            });
            json!({ "what": what, "logs": logs, "failure": failure })
        })
        .collect();
    check("refusals.json", &json!(told));
}

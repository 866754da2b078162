use super::*;
use anchor_lang::error::ErrorCode;

/// Code, name, text and remedy of every rule of the engine.
macro_rules! engine_table {
    ($($code:literal $name:ident $({ $($fields:tt)* })? $text:literal $remedy:literal;)+) => {
        const ENGINE_RULES: &[(u32, &str, &str, &str)] = &[$(($code, stringify!($name), $text, $remedy)),+];
    };
}

/// The same of every rule about oracles, by the names they have in the program.
macro_rules! oracle_table {
    ($($code:literal $name:ident $in_program:ident $text:literal $remedy:literal;)+) => {
        const ORACLE_RULES: &[(u32, &str, &str, &str)] = &[$(($code, stringify!($in_program), $text, $remedy)),+];
    };
}

perp_engine::engine_rules!(engine_table);
perp_accounts::oracle_rules!(oracle_table);

#[test]
fn every_error_is_found_by_its_code_and_has_its_own_name() {
    let mut names = std::collections::BTreeSet::new();
    for error in ExchangeError::ALL {
        let explanation = explain(u32::from(*error)).unwrap();
        assert_eq!(exchange_error(explanation.code), Some(*error));
        assert!(explanation.code >= ERROR_CODE_OFFSET);
        assert!(names.insert(explanation.name));
        for sentence in [explanation.message.as_str(), explanation.remedy] {
            assert!(sentence.ends_with('.'), "{sentence}");
        }
    }
}

#[test]
fn every_rule_is_explained_in_the_words_of_its_table() {
    let rules = ENGINE_RULES.iter().chain(ORACLE_RULES);
    for (code, name, text, remedy) in rules.clone() {
        let code = ERROR_CODE_OFFSET + code;
        let explanation = Explanation { code, name: (*name).into(), message: (*text).into(), remedy };
        assert_eq!(explanation.to_string(), format!("{name} ({code}): {text} {remedy}"));
        assert_eq!(explain(code), Some(explanation));
    }
    // The rest are the program's own, from 6000 + 300.
    let own = ExchangeError::ALL.iter().filter(|error| u32::from(**error) >= 6_300).count();
    assert_eq!(rules.count() + own, ExchangeError::ALL.len());

    let trailing = explain(6_350).unwrap();
    assert_eq!(
        trailing.to_string(),
        "TrailingData (6350): The instruction's data is longer than its arguments. Encode the arguments as the IDL says; \
         a client of another version may send more."
    );
}

#[test]
fn codes_are_the_offset_plus_the_code_of_their_table() {
    // 6000 + 60: of the engine's, whose codes end at 199.
    assert_eq!(exchange_error(6060), Some(ExchangeError::InitialMargin));
    // 6000 + 200: the first rule about oracles. 6000 + 300: the program's own.
    assert_eq!(exchange_error(6200), Some(ExchangeError::OracleUnknownKind));
    assert_eq!(exchange_error(6300), Some(ExchangeError::ExchangeMismatch));
    // Between blocks, and within one where codes are left free.
    for none in [5999, 6008, 6199, 6226, 6337, 6352, u32::MAX] {
        assert_eq!((exchange_error(none), explain(none)), (None, None), "{none}");
    }
    assert_eq!(explain(1), None);
}

#[test]
fn errors_of_the_framework_are_named_too() {
    let explanation = explain(3012).unwrap();
    assert_eq!(explanation.name, "AccountNotInitialized");
    assert_eq!(framework_error(3012).map(u32::from), Some(u32::from(ErrorCode::AccountNotInitialized)));
    assert_eq!(
        explanation.to_string(),
        "AccountNotInitialized (3012): The program expected this account to be already initialized. Create the account \
         first, or check its address and the cluster."
    );
}

fn logs(lines: &[String]) -> Option<Failure> {
    failure_in_logs(lines)
}

#[test]
fn the_program_that_refused_is_named_not_its_callers() {
    let (exchange, token) = (perp_swap::ID, anchor_spl::token::ID);
    let lines = [
        format!("Program {exchange} invoke [1]"),
        "Program log: Program failed: custom program error: 0x0".into(),
        format!("Program {token} invoke [2]"),
        format!("Program {token} failed: custom program error: 0x1"),
        format!("Program {exchange} failed: custom program error: 0x1"),
    ];
    let failure = logs(&lines).unwrap();
    // The token program's error 1, insufficient funds, is none of the exchange's.
    assert_eq!(failure, Failure { program: token, reason: Reason::Code(1), account: None });
    assert_eq!(failure.exchange_error(), None);

    let refused = logs(&[format!("Program {exchange} failed: custom program error: 0x17ac")]).unwrap();
    assert_eq!(refused.exchange_error(), Some(ExchangeError::InitialMargin));
    assert_eq!(refused.to_string(), explain(6060).unwrap().to_string());

    let exhausted = logs(&[format!("Program {exchange} failed: exceeded CUs meter at BPF instruction")]).unwrap();
    assert_eq!(exhausted.reason, Reason::Runtime("exceeded CUs meter at BPF instruction".into()));
    assert_eq!(logs(&[format!("Program {exchange} success")]), None);
}

#[test]
fn a_code_is_found_in_the_words_of_a_wallet() {
    assert_eq!(code_in("Error processing Instruction 0: custom program error: 0x17ac"), Some(6060));
    assert_eq!(code_in("custom program error: 0x17ac (more)"), Some(6060));
    assert_eq!(code_in("custom program error: 0x"), None);
    assert_eq!(code_in("custom program error: 0x1ffffffff"), None);
    assert_eq!(code_in("insufficient funds"), None);
}

#[test]
fn the_account_that_was_wrong_is_named() {
    let exchange = perp_swap::ID;
    let lines = [
        format!("Program {exchange} invoke [1]"),
        "Program log: AnchorError caused by account: margin_account. Error Code: AccountOwnedByWrongProgram. Error Number: 3007."
            .into(),
        format!("Program {exchange} failed: custom program error: 0xbbf"),
    ];
    let failure = logs(&lines).unwrap();
    assert_eq!(failure.account.as_deref(), Some("margin_account"));
    assert!(failure.to_string().ends_with("The account is margin_account."), "{failure}");
    // Where another program refused, no account of the exchange's was wrong.
    let other = [lines[1].clone(), format!("Program {} failed: custom program error: 0x1", anchor_spl::token::ID)];
    assert_eq!(logs(&other).unwrap().account, None);
}

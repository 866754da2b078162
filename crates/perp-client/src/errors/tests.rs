use super::*;
use anchor_lang::error::ErrorCode;

#[test]
fn every_error_is_found_by_its_code_and_has_its_own_name() {
    let mut names = std::collections::BTreeSet::new();
    for error in ALL {
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
fn codes_are_the_offset_plus_the_place_in_their_block() {
    // 6000 + 22: the 23rd rule of the exchange.
    assert_eq!(exchange_error(6022), Some(ExchangeError::InitialMargin));
    // 6000 + 200: the first rule of the oracle's account. 6000 + 300: of accounts and roles.
    assert_eq!(exchange_error(6200), Some(ExchangeError::OracleUnknownKind));
    assert_eq!(exchange_error(6300), Some(ExchangeError::ExchangeMismatch));
    assert_eq!(exchange_error(6199), None);
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
    assert_eq!(failure, Failure { program: token, reason: Reason::Code(1) });
    assert_eq!(failure.exchange_error(), None);

    let refused = logs(&[format!("Program {exchange} failed: custom program error: 0x1786")]).unwrap();
    assert_eq!(refused.exchange_error(), Some(ExchangeError::InitialMargin));
    assert_eq!(refused.to_string(), explain(6022).unwrap().to_string());

    let exhausted = logs(&[format!("Program {exchange} failed: exceeded CUs meter at BPF instruction")]).unwrap();
    assert_eq!(exhausted.reason, Reason::Runtime("exceeded CUs meter at BPF instruction".into()));
    assert_eq!(logs(&[format!("Program {exchange} success")]), None);
}

#[test]
fn a_code_is_found_in_the_words_of_a_wallet() {
    assert_eq!(code_in("Error processing Instruction 0: custom program error: 0x1786"), Some(6022));
    assert_eq!(code_in("custom program error: 0x1786 (more)"), Some(6022));
    assert_eq!(code_in("custom program error: 0x"), None);
    assert_eq!(code_in("custom program error: 0x1ffffffff"), None);
    assert_eq!(code_in("insufficient funds"), None);
}

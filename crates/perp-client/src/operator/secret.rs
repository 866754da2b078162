//! Text that may hold a secret, as it may be shown.

/// Text in quotes, cut where it is long.
pub fn shown_text(text: &str) -> String {
    const LONGEST: usize = 60;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("\"{}…\"", &text[..end]),
        None => format!("\"{text}\""),
    }
}

/// Scheme, host and port of a URL, in quotes: what comes before them or after may be secret.
pub fn origin(text: &str) -> String {
    let (scheme, rest) = match text.split_once("://") {
        Some((scheme, rest)) => (format!("{scheme}://"), rest),
        None => (String::new(), text),
    };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = host.rsplit('@').next().unwrap_or_default();
    let cut = if host.len() < rest.len() { "…" } else { "" };
    shown_text(&format!("{scheme}{host}{cut}"))
}

//! Every source file opens with a `//!` line: what it is for.

use crate::repository::{Repository, Source};
use crate::tidy::Finding;

pub(crate) fn check(repository: &Repository) -> Vec<Finding> {
    let without = repository.sources.iter().filter(|source| !has_header(source));
    let sentence = "the file must open with a `//!` line that says what it is for";
    without.map(|source| Finding::in_file(&source.path, 1, sentence)).collect()
}

/// Attributes of one line, such as `#![no_main]`, may come before the header.
fn has_header(source: &Source) -> bool {
    let mut lines = source.text.lines().skip_while(|line| line.starts_with("#![") || line.is_empty());
    let opening = lines.next().and_then(|line| line.strip_prefix("//!"));
    opening.is_some_and(|words| !words.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finds(text: &str) -> bool {
        let source = Source { path: "crates/sip/src/lib.rs".to_owned(), text: text.to_owned() };
        !check(&Repository { sources: vec![source], ..Repository::default() }).is_empty()
    }

    #[test]
    fn header_may_follow_an_attribute() {
        assert!(!finds("//! Reads a URI.\nfn main() {}\n"));
        assert!(!finds("#![no_main]\n//! Feeds the parser.\n"));
    }

    #[test]
    fn file_without_header_is_found() {
        for text in ["", "fn main() {}\n//! Too late.\n", "// Not a header.\n", "//!\n", "#![no_main]\n"] {
            assert!(finds(text), "{text:?}");
        }
    }
}

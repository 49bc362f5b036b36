//! A source file is one idea, at most 500 lines of it.

use crate::repository::{Repository, Source};
use crate::rules::LONGEST_FILE;
use crate::tidy::Finding;

pub(crate) fn check(repository: &Repository) -> Vec<Finding> {
    repository.sources.iter().filter_map(check_source).collect()
}

fn check_source(source: &Source) -> Option<Finding> {
    let lines = source.text.lines().count();
    let sentence = format!("the file has {lines} lines: split it before {LONGEST_FILE}");
    (lines > LONGEST_FILE).then(|| Finding::in_file(&source.path, LONGEST_FILE + 1, sentence))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(lines: usize) -> Vec<Finding> {
        let source = Source { path: "fuzz/fuzz_targets/uri.rs".to_owned(), text: "//! Line.\n".repeat(lines) };
        check(&Repository { sources: vec![source], ..Repository::default() })
    }

    #[test]
    fn file_of_500_lines_is_accepted_and_of_501_found() {
        assert_eq!(findings(500), []);
        let sentence = "the file has 501 lines: split it before 500";
        assert_eq!(findings(501), [Finding::in_file("fuzz/fuzz_targets/uri.rs", 501, sentence)]);
    }
}

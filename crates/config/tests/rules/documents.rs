//! The files and pages that people start from: the documented sample, ours, and the table of keys.

use warden_config::Config;

use crate::read::{config, notes, report};

const DOCUMENTED: &str = include_str!("../../testdata/documented.yml");
const REPORT: &str = include_str!("../../testdata/documented.report.txt");
const EXAMPLE: &str = include_str!("../../../../config.example.yml");

#[test]
fn the_documented_sample_has_one_problem_and_a_note_for_what_is_not_built() {
    let report = report(DOCUMENTED);
    assert_eq!(report.problems.len(), 1);
    assert_eq!(report.to_string(), REPORT.trim_end());
}

#[test]
fn the_documented_sample_with_single_quotes_is_accepted() {
    let config = config(&DOCUMENTED.replace(r#""^\*([0-9]{4})$""#, r"'^\*([0-9]{4})$'"));
    assert_eq!(config.extensions.len(), 2);
    assert_eq!(config.dialplan.patterns.len(), 7);
    assert_eq!(config.dialplan.patterns[5].pattern, r"^\*([0-9]{4})$");
}

#[test]
fn our_sample_has_no_problem_and_no_note_and_changes_nothing() {
    assert_eq!(notes(EXAMPLE), [""; 0]);
    assert_eq!(config(EXAMPLE), Config::default());
}

//! Reads a text and looks at what comes out.

use warden_config::{Config, Problem, Report};

/// The variables that the tests may use.
pub(crate) fn lookup(name: &str) -> Option<String> {
    match name {
        "PORT" => Some("5070".to_owned()),
        "PASSWORD" => Some("blue-kettle".to_owned()),
        "SHORT" => Some("hunter2".to_owned()),
        "HOST" => Some("db.example.com".to_owned()),
        "YES" => Some("yes".to_owned()),
        _ => None,
    }
}

/// What an accepted file says.
pub(crate) fn config(text: &str) -> Config {
    Config::read("config.yml", text, &lookup).unwrap_or_else(|report| panic!("{report}")).config
}

pub(crate) fn report(text: &str) -> Report {
    Config::read("config.yml", text, &lookup).expect_err(text)
}

/// The problems of a refused file, without its name.
pub(crate) fn problems(text: &str) -> Vec<String> {
    lines(&report(text).problems)
}

/// The notes of an accepted file, without its name.
pub(crate) fn notes(text: &str) -> Vec<String> {
    lines(&Config::read("config.yml", text, &lookup).unwrap_or_else(|report| panic!("{report}")).notes)
}

pub(crate) fn lines(problems: &[Problem]) -> Vec<String> {
    problems.iter().map(|problem| problem.to_string().replacen("config.yml:", "", 1)).collect()
}

/// That `text` has exactly this problem.
#[track_caller]
pub(crate) fn assert_problem(text: &str, expected: &str) {
    assert_eq!(problems(text), [expected], "{text}");
}

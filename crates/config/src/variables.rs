//! `${NAME}` in a text: replaced by a variable of the environment. `${NAME:-text}` has a text for a variable that is
//! unset or empty, and `$${` is a plain `${`. What a variable holds is not searched again.

use crate::yaml::shown;

/// A text with its variables replaced.
#[derive(Debug, PartialEq)]
pub(crate) struct Replaced {
    pub(crate) value: String,
    /// Whether any of it comes from a variable, and so must not be printed.
    pub(crate) from_variable: bool,
}

/// Replaces the variables in `text`. The error is a sentence for each variable that cannot be replaced.
pub(crate) fn replace(text: &str, lookup: &dyn Fn(&str) -> Option<String>) -> Result<Replaced, Vec<String>> {
    let mut replaced = Replaced { value: String::new(), from_variable: false };
    let mut problems = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        if let Some(before) = before.strip_suffix('$') {
            replaced.value.push_str(before);
            replaced.value.push_str("${");
            rest = after;
            continue;
        }
        replaced.value.push_str(before);
        let Some((inside, after)) = after.split_once('}') else {
            problems.push("`${` has no `}`; a plain `${` is written `$${`".to_owned());
            return Err(problems);
        };
        match value_of(inside, lookup) {
            Ok(value) => replaced.value.push_str(&value),
            Err(problem) => problems.push(problem),
        }
        replaced.from_variable = true;
        rest = after;
    }
    replaced.value.push_str(rest);
    if problems.is_empty() { Ok(replaced) } else { Err(problems) }
}

/// The value of what stands between `${` and `}`.
fn value_of(inside: &str, lookup: &dyn Fn(&str) -> Option<String>) -> Result<String, String> {
    let (name, default) = match inside.split_once(":-") {
        Some((name, default)) => (name, Some(default)),
        None => (inside, None),
    };
    if !is_variable_name(name) {
        return Err(format!("`{}` is not the name of a variable", shown(name)));
    }
    match (lookup(name), default) {
        (Some(value), None) => Ok(value),
        (Some(value), Some(_)) if !value.is_empty() => Ok(value),
        (Some(_) | None, Some(default)) => Ok(default.to_owned()),
        (None, None) => Err(format!("the variable {name} is not set, neither in the environment nor in .env")),
    }
}

/// Letters, digits and underscores, not starting with a digit.
pub(crate) fn is_variable_name(name: &str) -> bool {
    !name.starts_with(|first: char| first.is_ascii_digit())
        && !name.is_empty()
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lookup(name: &str) -> Option<String> {
        match name {
            "HOST" => Some("db.example.com".to_owned()),
            "EMPTY" => Some(String::new()),
            "NESTED" => Some("${HOST}".to_owned()),
            _ => None,
        }
    }

    fn value(text: &str) -> String {
        replace(text, &lookup).unwrap().value
    }

    #[test]
    fn a_variable_is_replaced_anywhere_in_a_text() {
        assert_eq!(value("${HOST}"), "db.example.com");
        assert_eq!(value("postgres://u@${HOST}:5432/${HOST}"), "postgres://u@db.example.com:5432/db.example.com");
        assert_eq!(value("[${EMPTY}]"), "[]");
        assert!(replace("${EMPTY}", &lookup).unwrap().from_variable);
    }

    #[test]
    fn a_text_without_variables_stays_as_it_is() {
        for text in ["", "plain", "^1[0-9]{3}$", "$HOST", "a}b{c", "100$"] {
            assert_eq!(replace(text, &lookup), Ok(Replaced { value: text.to_owned(), from_variable: false }));
        }
    }

    #[test]
    fn a_doubled_dollar_keeps_the_text_that_follows() {
        assert_eq!(value("$${HOST}"), "${HOST}");
        assert_eq!(value("$${HOST} is ${HOST}"), "${HOST} is db.example.com");
    }

    #[test]
    fn a_default_stands_for_a_variable_that_is_unset_or_empty() {
        assert_eq!(value("${NONE:-5060}"), "5060");
        assert_eq!(value("${EMPTY:-x}"), "x");
        assert_eq!(value("${HOST:-x}"), "db.example.com");
        assert_eq!(value("${NONE:-}"), "");
    }

    #[test]
    fn the_value_of_a_variable_is_not_searched_again() {
        assert_eq!(value("${NESTED}"), "${HOST}");
    }

    #[test]
    fn each_unset_variable_is_named() {
        let problems = replace("${NONE} and ${OTHER}", &lookup).unwrap_err();
        assert_eq!(problems.len(), 2);
        assert!(problems[0].contains("variable NONE is not set"), "{problems:?}");
        assert!(problems[1].contains("variable OTHER is not set"), "{problems:?}");
    }

    #[test]
    fn a_brace_without_end_or_name_is_refused() {
        assert!(replace("a ${HOST", &lookup).unwrap_err()[0].contains("no `}`"));
        for text in ["${}", "${1A}", "${a b}", "${HOST:x}"] {
            assert!(replace(text, &lookup).unwrap_err()[0].contains("not the name of a variable"), "{text}");
        }
    }
}

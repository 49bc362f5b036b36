//! The `.env` file: variables for `${NAME}` that are kept apart from `config.yml`, one `NAME=value` to a line.

use std::collections::BTreeMap;
use std::str::Chars;
use std::sync::Arc;

use crate::problem::{Position, Problem, Report};
use crate::secret::Secret;
use crate::variables::is_variable_name;

/// The variables of a `.env` file. Their values are secrets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Variables(BTreeMap<String, Secret>);

impl Variables {
    /// Reads the text of a `.env` file; `file_name` is for messages.
    ///
    /// A line is empty, a comment after `#`, or `NAME=value` with an optional `export` before it. A value without
    /// quotes ends before ` #`. In single quotes it is taken as it is; in double quotes `\n`, `\"` and `\\` are
    /// understood. Nothing is replaced inside a value.
    /// # Errors
    /// Every line that is none of these, and every name that is written twice.
    pub fn read(file_name: &str, text: &str) -> Result<Self, Report> {
        let file: Arc<str> = file_name.into();
        let mut variables = BTreeMap::new();
        let mut problems = Vec::new();
        for (line, content) in (1..).zip(text.trim_start_matches('\u{feff}').lines()) {
            let column = 1 + content.chars().take_while(|first| first.is_whitespace()).count();
            let mut refuse = |path: &str, message: &str| {
                let position = Position { line, column };
                let (path, message) = (path.to_owned(), message.to_owned());
                problems.push(Problem { file: Arc::clone(&file), position, path, message });
            };
            match assignment(content) {
                Ok(None) => {}
                Ok(Some((name, value))) => {
                    if variables.insert(name.to_owned(), Secret::new(value)).is_some() {
                        refuse(name, "is written twice");
                    }
                }
                Err(message) => refuse("", message),
            }
        }
        if problems.is_empty() { Ok(Self(variables)) } else { Err(Report { problems, notes: Vec::new() }) }
    }

    /// The value of `name`, if the file has it.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(Secret::expose)
    }
}

/// Name and value of one line; `None` for an empty line or a comment. The messages never quote the line, which may
/// hold a password.
fn assignment(line: &str) -> Result<Option<(&str, String)>, &'static str> {
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') {
        return Ok(None);
    }
    let line = line.strip_prefix("export ").unwrap_or(line);
    let (name, value) = line.split_once('=').ok_or("expected NAME=value")?;
    let name = name.trim();
    if !is_variable_name(name) {
        return Err("a name is letters, digits and underscores");
    }
    let value = value.trim();
    let mut characters = value.chars();
    let value = match characters.next() {
        Some(quote @ ('\'' | '"')) => quoted(characters, quote)?,
        Some(_) | None => unquoted(value),
    };
    Ok(Some((name, value)))
}

fn unquoted(value: &str) -> String {
    let end = value.find(" #").or_else(|| value.find("\t#"));
    let value = if value.starts_with('#') { "" } else { end.and_then(|end| value.get(..end)).unwrap_or(value) };
    value.trim_end().to_owned()
}

/// The text up to the closing `quote`.
fn quoted(mut characters: Chars<'_>, quote: char) -> Result<String, &'static str> {
    let mut value = String::new();
    loop {
        match characters.next().ok_or("the quotation mark is not closed")? {
            end if end == quote => break,
            '\\' if quote == '"' => match characters.next() {
                Some('n') => value.push('\n'),
                Some(plain @ ('"' | '\\' | '$')) => value.push(plain),
                Some(other) => value.extend(['\\', other]),
                None => return Err("the quotation mark is not closed"),
            },
            other => value.push(other),
        }
    }
    let after = characters.as_str().trim_start();
    if after.is_empty() || after.starts_with('#') { Ok(value) } else { Err("text after the closing quotation mark") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(text: &str) -> Variables {
        Variables::read(".env", text).unwrap()
    }

    fn value(line: &str) -> String {
        variables(line).get("A").unwrap().to_owned()
    }

    #[test]
    fn the_documented_file_is_read() {
        let text = "# Database\nDB_HOST=localhost\nDB_PORT=5432\n\nSMTP_PASSWORD=your-app-password\n\
                    OPENAI_API_KEY=your_openai_key  # For voicemail transcription\n";
        let variables = variables(text);
        assert_eq!(variables.get("DB_HOST"), Some("localhost"));
        assert_eq!(variables.get("OPENAI_API_KEY"), Some("your_openai_key"));
        assert_eq!(variables.get("DB_NAME"), None);
    }

    #[test]
    fn a_value_may_be_in_quotes() {
        assert_eq!(value("A='x # y \\n'"), "x # y \\n");
        assert_eq!(value(r#"A="x \"y\" \\ \n z" # comment"#), "x \"y\" \\ \n z");
        assert_eq!(value("A=''"), "");
        assert_eq!(value("export A = b"), "b");
    }

    #[test]
    fn a_value_without_quotes_ends_before_its_comment() {
        assert_eq!(value("A=x#y"), "x#y");
        assert_eq!(value("A=x  # y"), "x");
        assert_eq!(value("A=# y"), "");
        assert_eq!(value("A=a=b"), "a=b");
    }

    #[test]
    fn all_wrong_lines_are_told_without_their_content() {
        let report = Variables::read(".env", "A=1\n  hunter2\nB='x\nA=2\n2C=3\nD='x' y\n").unwrap_err();
        let expected = ".env:2:3: expected NAME=value\n\
                        .env:3:1: the quotation mark is not closed\n\
                        .env:4:1: A: is written twice\n\
                        .env:5:1: a name is letters, digits and underscores\n\
                        .env:6:1: text after the closing quotation mark";
        assert_eq!(report.to_string(), expected);
    }

    #[test]
    fn values_are_not_printed() {
        assert_eq!(format!("{:?}", variables("A=hunter2")), r#"Variables({"A": ***})"#);
    }
}

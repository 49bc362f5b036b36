//! One event as a line of text. Nothing that a phone sends can break a line or reach the terminal as a command.

use std::fmt::Write;

use jiff::Timestamp;
use serde_json::Value;
use tracing::Level;

use super::fields::Fields;
use super::security;

/// Who reads the lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    People,
    Json,
    /// Tools that ban; of the events for the security log only.
    Security,
}

impl Form {
    /// The line, with a line feed; `tag` is `SIP`, `CALL`, or the module.
    pub(crate) fn line(self, time: Timestamp, level: Level, tag: &str, fields: &Fields) -> String {
        let (level, Fields { message, values }) = (level_name(level), fields);
        let mut line = String::with_capacity(256);
        // Writing to a text cannot fail.
        let _written = match self {
            Self::People => {
                let _head = write!(line, "{time:.3} {level:<7} {tag} ");
                message.chars().for_each(|c| people_letter(c, &mut line));
                for (name, value) in values {
                    people_value(name, value, &mut line);
                }
                writeln!(line)
            }
            Self::Json => {
                let (tag, message) = (Value::from(tag), Value::from(message.as_str()));
                let _head = write!(line, r#"{{"time":"{time:.3}","level":"{level}","tag":{tag},"message":{message}"#);
                for (name, value) in values {
                    let _field = write!(line, ",{}:{value}", Value::from(*name));
                }
                writeln!(line, "}}")
            }
            Self::Security => return security::line(time, fields),
        };
        line
    }
}

/// The words are fixed, but a library may put what it was sent among them.
fn people_letter(letter: char, line: &mut String) {
    if letter.is_control() { line.extend(letter.escape_debug()) } else { line.push(letter) }
}

fn people_value(name: &str, value: &Value, line: &mut String) {
    let is_plain = |text: &str| {
        !text.is_empty() && text.chars().all(|c| !c.is_whitespace() && !c.is_control() && c != '"' && c != '=')
    };
    let _written = match value.as_str() {
        Some(text) if !is_plain(text) => write!(line, " {name}={text:?}"),
        Some(text) => write!(line, " {name}={text}"),
        None => write!(line, " {name}={value}"),
    };
}

/// As the documents name them.
fn level_name(level: Level) -> &'static str {
    match level {
        Level::TRACE => "TRACE",
        Level::DEBUG => "DEBUG",
        Level::INFO => "INFO",
        Level::WARN => "WARNING",
        Level::ERROR => "ERROR",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_with_a_line_feed_stay_one_line() {
        let fields = Fields { message: "it's\n2026\x1b[2J".into(), values: Vec::new() };
        let line = Form::People.line(Timestamp::UNIX_EPOCH, Level::ERROR, "SIP", &fields);
        assert_eq!(line, "1970-01-01T00:00:00.000Z ERROR   SIP it's\\n2026\\u{1b}[2J\n");
    }

    fn line(form: Form) -> String {
        let fields = Fields {
            message: "phone registered".into(),
            values: vec![
                ("call", "c1".into()),
                ("extension", "1001".into()),
                ("user_agent", "a b\n\x1b[2J\"".into()),
                ("expires_s", 60.into()),
            ],
        };
        let time = "2026-11-21T13:57:29.5Z".parse().unwrap();
        form.line(time, Level::WARN, "SIP", &fields)
    }

    #[test]
    fn a_line_for_people_has_time_level_tag_and_words_and_stays_one_line() {
        let expected = "2026-11-21T13:57:29.500Z WARNING SIP phone registered call=c1 extension=1001 \
                        user_agent=\"a b\\n\\u{1b}[2J\\\"\" expires_s=60\n";
        assert_eq!(line(Form::People), expected);
    }

    #[test]
    fn a_json_line_has_each_value_as_a_member() {
        let line = line(Form::Json);
        assert!(line.starts_with(r#"{"time":"2026-11-21T13:57:29.500Z","level":"WARNING","tag":"SIP","message":"#));
        assert_eq!(line.lines().count(), 1);
        let value: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(
            (&value["call"], &value["extension"], &value["expires_s"]),
            (&"c1".into(), &"1001".into(), &60.into())
        );
        assert_eq!(value["user_agent"], "a b\n\x1b[2J\"");
    }
}

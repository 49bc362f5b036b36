//! Reads a single value: text, number, yes or no, one of several words.

use std::ops::RangeInclusive;

use crate::nearest::suggestion;
use crate::reader::{Field, Reader};
use crate::tree::Kind;
use crate::yaml::shown;

/// A text after its variables were replaced.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Text {
    pub(crate) value: String,
    /// How messages call it: the text in quotes, or the variables that it comes from.
    pub(crate) shown: String,
}

impl Field<'_> {
    /// The text written here, numbers included.
    pub(crate) fn text(&self, reader: &mut Reader<'_>) -> Option<Text> {
        let Kind::Text(written) = &self.node.kind else {
            self.expected(reader, "a single value");
            return None;
        };
        let replaced = reader.replace(written, self.position(), &self.path)?;
        let shown = if replaced.from_variable {
            format!("what `{}` stands for", shown(written))
        } else {
            format!("`{}`", shown(written))
        };
        Some(Text { value: replaced.value, shown })
    }

    /// A text of one line that is not empty.
    pub(crate) fn line(&self, reader: &mut Reader<'_>) -> Option<Text> {
        let text = self.text(reader)?;
        if text.value.trim().is_empty() {
            self.problem(reader, "is empty");
        } else if text.value.chars().any(char::is_control) {
            self.problem(reader, "must be a single line without control characters");
        } else {
            return Some(text);
        }
        None
    }

    /// A whole number within `range`.
    pub(crate) fn whole(&self, range: RangeInclusive<u64>, reader: &mut Reader<'_>) -> Option<u64> {
        let text = self.text(reader)?;
        let digits = !text.value.is_empty() && text.value.bytes().all(|byte| byte.is_ascii_digit());
        let number = text.value.parse().ok().filter(|number| digits && range.contains(number));
        if number.is_none() {
            let (first, last) = range.into_inner();
            self.problem(reader, format!("{} is not a whole number from {first} to {last}", text.shown));
        }
        number
    }

    /// A port, 1 to 65535.
    pub(crate) fn port(&self, reader: &mut Reader<'_>) -> Option<u16> {
        let number = self.whole(1..=u64::from(u16::MAX), reader)?;
        u16::try_from(number).ok()
    }

    /// Yes or no, in any of YAML's spellings, as a reload of an older file may have them.
    pub(crate) fn boolean(&self, reader: &mut Reader<'_>) -> Option<bool> {
        let text = self.text(reader)?;
        let answer = parse_boolean(&text.value);
        if answer.is_none() {
            self.problem(reader, format!("{} is neither true nor false", text.shown));
        }
        answer
    }

    /// One of `choices`, in any letter case.
    pub(crate) fn choice<T: Copy>(&self, choices: &[(&str, T)], reader: &mut Reader<'_>) -> Option<T> {
        let text = self.text(reader)?;
        let found = choices.iter().find(|(name, _)| name.eq_ignore_ascii_case(&text.value)).map(|(_, value)| *value);
        if found.is_none() {
            let near = suggestion(&text.value, choices.iter().map(|(name, _)| *name));
            let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
            self.problem(reader, format!("{} is none of {}{near}", text.shown, names.join(", ")));
        }
        found
    }
}

/// `true`, `yes`, `on` and their opposites, in any letter case.
pub(crate) fn parse_boolean(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" => Some(true),
        "false" | "no" | "off" => Some(false),
        _ => None,
    }
}

/// Whether `text` is `lengths` digits and nothing else.
pub(crate) fn is_digits(text: &str, lengths: RangeInclusive<usize>) -> bool {
    lengths.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

//! `e911_protection:`, the numbers that are recognised before every other rule.

use crate::reader::{Field, Reader};
use crate::scalar::is_digits;

/// The section `e911_protection:`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct E911Protection {
    /// Each 2 to 15 digits; at least one. Default 911 and, to test it, 933.
    pub emergency_numbers: Vec<String>,
}

impl Default for E911Protection {
    fn default() -> Self {
        Self { emergency_numbers: vec!["911".to_owned(), "933".to_owned()] }
    }
}

const LATER: &[&str] = &[
    "enabled",
    "production_mode",
    "location.address",
    "location.city",
    "location.state",
    "location.zip",
    "location.building",
    "location.floor",
];

/// Reads the section; what is wrong keeps its default.
pub(crate) fn read(section: &Field<'_>, reader: &mut Reader<'_>) -> E911Protection {
    let Some(mut fields) = section.fields(reader) else { return E911Protection::default() };
    let numbers = fields.take("emergency_numbers").and_then(|field| read_numbers(&field, reader));
    fields.later(LATER, reader);
    fields.finish(reader);
    numbers.map_or_else(E911Protection::default, |emergency_numbers| E911Protection { emergency_numbers })
}

fn read_numbers(field: &Field<'_>, reader: &mut Reader<'_>) -> Option<Vec<String>> {
    let mut numbers: Vec<String> = Vec::new();
    let entries = field.list(reader)?;
    for entry in &entries {
        let Some(text) = entry.text(reader) else { continue };
        if !is_digits(&text.value, 2..=15) {
            entry.problem(reader, format!("{} is not a number of 2 to 15 digits", text.shown));
        } else if numbers.contains(&text.value) {
            entry.problem(reader, format!("{} is written twice", text.shown));
        } else {
            numbers.push(text.value);
        }
    }
    if entries.is_empty() {
        field.problem(reader, "must have at least one number");
    }
    Some(numbers)
}

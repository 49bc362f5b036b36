//! `blf_lists:`, extensions that a phone watches with one subscription.

use std::collections::HashMap;

use crate::numbers;
use crate::problem::Position;
use crate::reader::{Field, Reader};

/// The most characters of what stands for a list.
const LONGEST_ID: usize = 32;

/// One entry of `blf_lists:`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlfList {
    /// What phones subscribe to: 1 to 32 letters, digits, `-`, `_` and `.`; unlike every other list and extension.
    pub number: String,
    /// Shown by phones; not empty.
    pub name: String,
    /// Numbers of extensions, each once, in the order of the lamps; 1 to 64 of them.
    pub members: Vec<String>,
    /// Where it is declared.
    pub position: Position,
}

/// Reads the list; an entry with a problem is left out.
pub(crate) fn read(section: &Field<'_>, reader: &mut Reader<'_>) -> Vec<BlfList> {
    let mut lists = Vec::new();
    let mut lines: HashMap<String, usize> = HashMap::new();
    for entry in section.list(reader).unwrap_or_default() {
        lists.extend(read_one(&entry, &mut lines, reader));
    }
    lists
}

fn read_one(entry: &Field<'_>, lines: &mut HashMap<String, usize>, reader: &mut Reader<'_>) -> Option<BlfList> {
    let mut fields = entry.fields(reader)?;
    let number = fields.require("number", reader).and_then(|field| read_number(&field, lines, reader));
    let name = fields.require("name", reader).and_then(|field| field.line(reader));
    let members = fields.require("members", reader).and_then(|field| numbers::read(&field, reader));
    fields.finish(reader);
    Some(BlfList { number: number?, name: name?.value, members: members?, position: entry.position() })
}

fn read_number(field: &Field<'_>, lines: &mut HashMap<String, usize>, reader: &mut Reader<'_>) -> Option<String> {
    let text = field.text(reader)?;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    if !(1..=LONGEST_ID).contains(&text.value.len()) || !text.value.bytes().all(is_plain) {
        let shown = text.shown;
        field.problem(reader, format!("{shown} is not 1 to {LONGEST_ID} letters, digits or any of - _ ."));
        return None;
    }
    if let Some(line) = lines.get(&text.value) {
        field.problem(reader, format!("{} is already the list on line {line}", text.shown));
        return None;
    }
    lines.insert(text.value.clone(), field.position().line);
    Some(text.value)
}

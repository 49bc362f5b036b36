//! Lists of extensions' numbers.

use crate::extensions::LONGEST_NUMBER;
use crate::reader::{Field, Reader};
use crate::scalar::is_digits;

/// The most that one list may name; the longest lists are those of busy lamps, and phones have fewer of them.
const MOST: usize = 64;

/// Reads 1 to 64 numbers, each once, in their order.
pub(crate) fn read(field: &Field<'_>, reader: &mut Reader<'_>) -> Option<Vec<String>> {
    let entries = field.list(reader)?;
    if !(1..=MOST).contains(&entries.len()) {
        field.problem(reader, format!("must have 1 to {MOST} extensions"));
        return None;
    }
    let mut numbers: Vec<String> = Vec::new();
    for entry in &entries {
        let Some(text) = entry.text(reader) else { continue };
        if !is_digits(&text.value, 1..=LONGEST_NUMBER) {
            entry.problem(reader, format!("{} is not a number of 1 to {LONGEST_NUMBER} digits", text.shown));
        } else if numbers.contains(&text.value) {
            entry.problem(reader, format!("{} is written twice", text.shown));
        } else {
            numbers.push(text.value);
        }
    }
    Some(numbers)
}

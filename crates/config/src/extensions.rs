//! `extensions:`, the people and places that have a number.

use std::collections::HashMap;

use crate::caller_id::{self, CallerId};
use crate::problem::Position;
use crate::reader::{Field, Reader};
use crate::scalar::is_digits;
use crate::secret::Secret;

/// The fewest characters of a password.
pub const SHORTEST_PASSWORD: usize = 8;
/// The most characters of a password; phones cut longer ones off.
pub const LONGEST_PASSWORD: usize = 128;
/// The most digits of an extension's number, as long as a telephone number may be (ITU-T E.164).
pub const LONGEST_NUMBER: usize = 15;

/// One entry of `extensions:`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extension {
    /// 1 to 15 digits, unlike any other extension and any emergency number. Digits only: `*` starts a feature code,
    /// `#` ends dialling, and `+` a number of the outside world.
    pub number: String,
    /// Who or what it is; not empty.
    pub name: String,
    /// Where voicemail is sent.
    pub email: Option<String>,
    /// The SIP password of its first phone, 8 to 128 characters.
    pub password: Secret,
    /// Whether it may call outside numbers. Default false.
    pub allow_external: bool,
    /// Whether it has a mailbox. Default true.
    pub voicemail: bool,
    /// What others see when it calls; without it, its own name and number.
    pub caller_id: Option<CallerId>,
    /// Which of `locations:` it stands at, for emergency calls.
    pub location_id: Option<String>,
    /// Where it is declared: the line to edit.
    pub position: Position,
}

/// Reads the list; an entry with a problem is left out.
pub(crate) fn read(section: &Field<'_>, reader: &mut Reader<'_>) -> Vec<Extension> {
    let mut extensions = Vec::new();
    let mut lines: HashMap<String, usize> = HashMap::new();
    for entry in section.list(reader).unwrap_or_default() {
        extensions.extend(read_one(&entry, &mut lines, reader));
    }
    extensions
}

fn read_one(entry: &Field<'_>, lines: &mut HashMap<String, usize>, reader: &mut Reader<'_>) -> Option<Extension> {
    let mut fields = entry.fields(reader)?;
    let number = fields.require("number", reader).and_then(|field| read_number(&field, lines, reader));
    let name = fields.require("name", reader).and_then(|field| field.line(reader));
    let email = fields.take("email").and_then(|field| read_email(&field, reader));
    let password = fields.require("password", reader).and_then(|field| read_password(&field, reader));
    let allow_external = fields.take("allow_external").and_then(|field| field.boolean(reader));
    let voicemail = fields.take("voicemail").and_then(|field| field.boolean(reader));
    let caller_id = fields.take("caller_id").and_then(|field| caller_id::read(&field, reader));
    let location_id = fields.take("location_id").and_then(|field| field.line(reader));
    fields.finish(reader);
    Some(Extension {
        number: number?,
        name: name?.value,
        email,
        password: password?,
        allow_external: allow_external.unwrap_or(false),
        voicemail: voicemail.unwrap_or(true),
        caller_id,
        location_id: location_id.map(|text| text.value),
        position: entry.position(),
    })
}

fn read_number(field: &Field<'_>, lines: &mut HashMap<String, usize>, reader: &mut Reader<'_>) -> Option<String> {
    let text = field.text(reader)?;
    if !is_digits(&text.value, 1..=LONGEST_NUMBER) {
        field.problem(reader, format!("{} is not a number of 1 to {LONGEST_NUMBER} digits", text.shown));
        return None;
    }
    if let Some(line) = lines.get(&text.value) {
        field.problem(reader, format!("{} is already the extension on line {line}", text.shown));
        return None;
    }
    lines.insert(text.value.clone(), field.position().line);
    Some(text.value)
}

fn read_email(field: &Field<'_>, reader: &mut Reader<'_>) -> Option<String> {
    const LONGEST: usize = 254; // RFC 5321 §4.5.3.1.3, without the angle brackets
    let text = field.text(reader)?;
    let plain = |part: &str| !part.is_empty() && !part.contains(|c: char| c.is_whitespace() || c.is_control());
    let parts = text.value.split_once('@');
    let good = parts.is_some_and(|(local, domain)| plain(local) && plain(domain) && !domain.contains(['@', '<', '>']));
    if !good || text.value.len() > LONGEST {
        field.problem(reader, format!("{} is not an e-mail address", text.shown));
        return None;
    }
    Some(text.value)
}

/// The messages say nothing of the password, not even its length.
fn read_password(field: &Field<'_>, reader: &mut Reader<'_>) -> Option<Secret> {
    let text = field.text(reader)?;
    if !(SHORTEST_PASSWORD..=LONGEST_PASSWORD).contains(&text.value.chars().count()) {
        field.problem(reader, format!("must have {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters"));
    } else if text.value.chars().any(char::is_control) {
        field.problem(reader, "must be a single line without control characters");
    } else {
        return Some(Secret::new(text.value));
    }
    None
}

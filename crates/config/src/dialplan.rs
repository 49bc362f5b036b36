//! `dialplan:`, what is done with a dialled number.

use regex::RegexBuilder;

use crate::problem::Position;
use crate::reader::{Field, Reader};

/// The section `dialplan:`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dialplan {
    /// In the order of the file: the first that matches decides.
    pub patterns: Vec<Pattern>,
}

/// One entry of `dialplan.patterns`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    /// A regular expression (syntax of the crate `regex`) that was compiled to check it. It is searched for anywhere
    /// in the number, so one for whole numbers is written `^...$`.
    pub pattern: String,
    /// What is done with the number.
    pub action: Action,
    /// The trunk for [`Action::Trunk`], by name.
    pub trunk: Option<String>,
    /// Where it is declared; `None` for the default.
    pub position: Option<Position>,
}

/// What is done with a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Rings the extension with the dialled number.
    Extension,
    /// Refuses the call.
    Reject,
    /// Not built yet.
    AutoAttendant,
    /// Not built yet.
    Conference,
    /// Not built yet.
    Park,
    /// Not built yet.
    Queue,
    /// Not built yet.
    Voicemail,
    /// Not built yet.
    Trunk,
    /// Not built yet.
    Paging,
    /// Not built yet.
    Emergency,
}

impl Action {
    const NAMES: [(&'static str, Self); 10] = [
        ("extension", Self::Extension),
        ("reject", Self::Reject),
        ("auto_attendant", Self::AutoAttendant),
        ("conference", Self::Conference),
        ("park", Self::Park),
        ("queue", Self::Queue),
        ("voicemail", Self::Voicemail),
        ("trunk", Self::Trunk),
        ("paging", Self::Paging),
        ("emergency", Self::Emergency),
    ];

    /// The word in the file.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, action)| *action == self).map_or("", |(name, _)| *name)
    }

    /// Whether Warden can do it. A pattern whose action is not built keeps its place in the order, so that the
    /// patterns after it do not get its numbers.
    #[must_use]
    pub fn is_built(self) -> bool {
        matches!(self, Self::Extension | Self::Reject)
    }
}

impl Default for Dialplan {
    fn default() -> Self {
        let pattern = "^1[0-9]{3}$".to_owned();
        Self { patterns: vec![Pattern { pattern, action: Action::Extension, trunk: None, position: None }] }
    }
}

/// Patterns of the earlier program, which had one key for each action.
const LEGACY: &[&str] = &[
    "internal_pattern",
    "conference_pattern",
    "voicemail_pattern",
    "parking_pattern",
    "queue_pattern",
    "auto_attendant_pattern",
    "emergency_pattern",
];

/// Reads the section; a pattern with a problem is left out.
pub(crate) fn read(section: &Field<'_>, reader: &mut Reader<'_>) -> Dialplan {
    let Some(mut fields) = section.fields(reader) else { return Dialplan::default() };
    let patterns = fields.take("patterns").and_then(|field| field.list(reader));
    let dialplan = patterns.map_or_else(Dialplan::default, |entries| Dialplan {
        patterns: entries.iter().filter_map(|entry| read_pattern(entry, reader)).collect(),
    });
    fields.later(LEGACY, reader);
    fields.finish(reader);
    dialplan
}

fn read_pattern(entry: &Field<'_>, reader: &mut Reader<'_>) -> Option<Pattern> {
    let mut fields = entry.fields(reader)?;
    let pattern = fields.require("pattern", reader).and_then(|field| read_regex(&field, reader));
    let action = fields.require("action", reader).and_then(|field| read_action(&field, reader));
    let trunk = fields.take("trunk");
    if let (Some(trunk), Some(action)) = (&trunk, action)
        && action != Action::Trunk
    {
        trunk.note(reader, format!("has no effect with the action {}", action.name()));
    }
    let trunk = trunk.and_then(|field| field.line(reader)).map(|text| text.value);
    fields.finish(reader);
    Some(Pattern { pattern: pattern?, action: action?, trunk, position: Some(entry.position()) })
}

fn read_action(field: &Field<'_>, reader: &mut Reader<'_>) -> Option<Action> {
    let action = field.choice(&Action::NAMES, reader)?;
    if !action.is_built() {
        field.note(reader, format!("{} is not built yet: calls to these numbers are refused", action.name()));
    }
    Some(action)
}

fn read_regex(field: &Field<'_>, reader: &mut Reader<'_>) -> Option<String> {
    const LARGEST_BYTES: usize = 1 << 20;
    const DEEPEST: u32 = 50;
    let text = field.text(reader)?;
    if text.value.chars().any(char::is_control) {
        // In double quotes `\b` is a backspace.
        field.problem(reader, "has a control character: use single quotes, as in '^\\*([0-9]{4})$'");
        return None;
    }
    if text.value.is_empty() {
        field.problem(reader, "is empty and would match every number; that is written '.*'");
        return None;
    }
    match RegexBuilder::new(&text.value).size_limit(LARGEST_BYTES).nest_limit(DEEPEST).build() {
        Ok(_) => Some(text.value),
        Err(error) => {
            field.problem(reader, format!("{} is not a regular expression: {}", text.shown, reason(&error)));
            None
        }
    }
}

/// The last line of the error, which says why; those before it draw the place.
fn reason(error: &regex::Error) -> String {
    let text = error.to_string();
    let last = text.lines().last().unwrap_or_default();
    last.strip_prefix("error: ").unwrap_or(last).to_owned()
}

//! Says in plain words why a file is not YAML, and mends the one mistake that can be mended safely, so that the rest
//! of the file is checked in the same run: a backslash in double quotes, as regular expressions have it.

use granit_parser::{ErrorKind, ScanError};

use crate::problem::Position;

/// What the characters after a backslash in double quotes may be (YAML 1.2 §5.7).
const ESCAPES: &str = "0abt\tnvfre \"/\\N_LPxuU\r\n";

/// Why the file is not YAML, in a sentence.
#[expect(clippy::wildcard_enum_match_arm, reason = "the parser's own words do for the other sixty kinds")]
pub(crate) fn explain(error: &ScanError) -> String {
    match error.kind() {
        ErrorKind::UnknownQuotedScalarEscape
        | ErrorKind::InvalidQuotedScalarHexEscape
        | ErrorKind::InvalidUnicodeEscape => USE_SINGLE_QUOTES.to_owned(),
        ErrorKind::UnclosedQuotedScalar | ErrorKind::InvalidQuotedScalarIndent => {
            "a quotation mark is opened and not closed".to_owned()
        }
        ErrorKind::TabInBlockIndentation | ErrorKind::TabInIndentation | ErrorKind::TabNotAllowed => {
            "indent with spaces, not with a tab".to_owned()
        }
        ErrorKind::MappingValueNotAllowed | ErrorKind::InvalidColonPlacement => {
            "no `:` can stand here: is this line indented as the one above, and is a text that has `: ` in quotes?"
                .to_owned()
        }
        ErrorKind::SimpleKeyExpected => "expected `key: value`; the `:` with a space after it is missing".to_owned(),
        ErrorKind::ExpectedBlockMappingKey
        | ErrorKind::ExpectedBlockSequenceEntry
        | ErrorKind::ExpectedDocumentStart
        | ErrorKind::InvalidIndentation => "this line is not indented as the others of its section".to_owned(),
        ErrorKind::UnexpectedCharacter { character } => {
            format!("a text that starts with `{}` must be in single quotes", character.escape_debug())
        }
        ErrorKind::UnknownAnchor => "a text that starts with `*` must be in single quotes".to_owned(),
        ErrorKind::RecursionLimitExceeded => "lists and sections are nested too deeply".to_owned(),
        other => format!("not valid YAML: {other}"),
    }
}

/// The sentence for a backslash in double quotes.
pub(crate) const USE_SINGLE_QUOTES: &str =
    "a backslash in double quotes is an escape: use single quotes, as in '^\\*([0-9]{4})$'";

/// A text in which stray backslashes were doubled, and where, so that positions can be told in the original text.
pub(crate) struct Mended {
    pub(crate) text: String,
    /// Line and byte offset of each inserted backslash.
    inserted: Vec<(usize, usize)>,
}

impl Mended {
    pub(crate) fn new(text: &str) -> Self {
        Self { text: text.to_owned(), inserted: Vec::new() }
    }

    /// The place of `marker` in the original text.
    pub(crate) fn position(&self, marker: &granit_parser::Marker) -> Position {
        let before = |&&(line, at): &&(usize, usize)| line == marker.line() && Some(at) < marker.byte_offset();
        let shift = self.inserted.iter().filter(before).count();
        Position { line: marker.line(), column: (marker.col() + 1).saturating_sub(shift) }
    }

    /// Doubles the stray backslashes of the double-quoted text at `error`. False when there is nothing to mend.
    pub(crate) fn mend(&mut self, error: &ScanError) -> bool {
        if *error.kind() != ErrorKind::UnknownQuotedScalarEscape {
            return false;
        }
        let Some(start) = error.marker().byte_offset() else { return false };
        let Some((before, quoted)) = self.text.split_at_checked(start) else { return false };
        let mut mended = before.to_owned();
        let inserted = double_stray_backslashes(quoted, error.marker().line(), &mut mended);
        let found = !inserted.is_empty();
        self.inserted.extend(inserted);
        self.text = mended;
        found
    }
}

/// Appends `quoted`, which starts with a double-quoted text, to `mended`; returns where it inserted backslashes.
fn double_stray_backslashes(quoted: &str, mut line: usize, mended: &mut String) -> Vec<(usize, usize)> {
    let mut inserted = Vec::new();
    let mut inside = false;
    let mut characters = quoted.chars().peekable();
    while let Some(character) = characters.next() {
        mended.push(character);
        match character {
            '"' if inside => break,
            '"' => inside = true,
            '\n' => line += 1,
            '\\' => {
                let escaped = characters.next_if(|next| ESCAPES.contains(*next));
                if escaped.is_none() {
                    inserted.push((line, mended.len()));
                }
                mended.push(escaped.unwrap_or('\\'));
                line += usize::from(escaped == Some('\n'));
            }
            _ => {}
        }
    }
    mended.extend(characters);
    inserted
}

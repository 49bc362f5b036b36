//! `Replaces` (RFC 3891 §6.1): the dialog whose place a new one takes.

use super::{HeaderError, Params};
use crate::grammar::{split_unquoted, trim};
use crate::print::Print;

/// A dialog as its other end is told of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Replaces<'a> {
    /// The dialog's Call-ID.
    pub call_id: &'a [u8],
    /// The tag of who receives this header.
    pub to_tag: &'a [u8],
    /// The tag of the phone that is replaced.
    pub from_tag: &'a [u8],
    /// Only as long as the dialog is not confirmed.
    pub early_only: bool,
}

impl<'a> Replaces<'a> {
    /// Parses a value such as `425928@bobster.example.org;to-tag=7743;from-tag=6472`.
    ///
    /// # Errors
    /// [`HeaderError::Syntax`] unless there are a Call-ID and each tag once.
    pub fn parse(value: &'a [u8]) -> Result<Self, HeaderError> {
        let (call_id, params) = split_unquoted(value, b';');
        let (call_id, params) = (trim(call_id), Params::new(params.unwrap_or_default()));
        let only = |name: &str| {
            let named = params.iter().filter(|param| param.name.eq_ignore_ascii_case(name.as_bytes()));
            let mut values = named.map(|param| param.value.filter(|value| is_tag(value)));
            let first = values.next().flatten().ok_or(HeaderError::Syntax)?;
            if values.next().is_some() { Err(HeaderError::Syntax) } else { Ok(first) }
        };
        if call_id.is_empty() || !call_id.iter().all(u8::is_ascii_graphic) {
            return Err(HeaderError::Syntax);
        }
        let (to_tag, from_tag) = (only("to-tag")?, only("from-tag")?);
        Ok(Self { call_id, to_tag, from_tag, early_only: params.has("early-only") })
    }
}

/// As loose as other headers are about tags: some programs put base64 into them.
fn is_tag(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(|b| b.is_ascii_graphic() && !b"\"<>,;".contains(b))
}

impl Print for Replaces<'_> {
    fn print(&self, out: &mut Vec<u8>) {
        for part in [self.call_id, b";to-tag=", self.to_tag, b";from-tag=", self.from_tag] {
            out.extend_from_slice(part);
        }
        if self.early_only {
            out.extend_from_slice(b";early-only");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dialog_is_named_by_its_call_id_and_both_tags() {
        let value = Replaces { call_id: b"12adf2f34456gs5", to_tag: b"12345", from_tag: b"54321", early_only: true };
        assert_eq!(Replaces::parse(b"12adf2f34456gs5 ; To-Tag=12345;from-tag=54321;early-only"), Ok(value));
        assert_eq!(Replaces::parse(&value.printed()), Ok(value));
        let confirmed = Replaces { early_only: false, ..value };
        assert_eq!(Replaces::parse(&confirmed.printed()), Ok(confirmed));
    }

    #[test]
    fn a_dialog_that_is_not_named_whole_is_refused() {
        for text in [
            "",
            ";to-tag=1;from-tag=2",
            "c;to-tag=1",
            "c;from-tag=2",
            "c;to-tag=;from-tag=2",
            "c d;to-tag=1;from-tag=2",
        ] {
            assert_eq!(Replaces::parse(text.as_bytes()), Err(HeaderError::Syntax), "{text}");
        }
        assert_eq!(Replaces::parse(b"c;to-tag=1;to-tag=3;from-tag=2"), Err(HeaderError::Syntax));
    }
}

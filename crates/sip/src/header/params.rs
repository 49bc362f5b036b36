//! Parameters: `;name=value;flag` as they follow addresses, Vias, URIs and challenges.

use crate::grammar::{is_token, quoted_len, take_token, trim};

/// The parameters of one header member or URI, as they stand; parsed while walking.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Params<'a> {
    text: &'a [u8],
}

/// One parameter. The value keeps its quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Param<'a> {
    /// Names are compared without regard to case.
    pub name: &'a [u8],
    /// `None` for a flag such as `lr`; `Some(b"")` for `name=`.
    pub value: Option<&'a [u8]>,
}

impl<'a> Params<'a> {
    /// Walks over `text`, which begins behind the first `;`.
    #[must_use]
    pub fn new(text: &'a [u8]) -> Self {
        Self { text: trim(text) }
    }

    /// The text without the leading `;`.
    #[must_use]
    pub fn text(self) -> &'a [u8] {
        self.text
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.text.is_empty()
    }

    /// All parameters in order.
    #[must_use]
    pub fn iter(self) -> Iter<'a> {
        Iter { rest: (!self.text.is_empty()).then_some(self.text) }
    }

    /// The first parameter called `name`, in lower case.
    #[must_use]
    pub fn get(self, name: &str) -> Option<Param<'a>> {
        self.iter().find(|param| param.name.eq_ignore_ascii_case(name.as_bytes()))
    }

    /// The value of the first parameter called `name`; `None` when it is absent, a flag or empty.
    #[must_use]
    pub fn value(self, name: &str) -> Option<&'a [u8]> {
        self.get(name)?.value.filter(|value| !value.is_empty())
    }

    /// Whether a parameter called `name` is there, with or without a value.
    #[must_use]
    pub fn has(self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Whether each is `token` or `token=value`, the value a token, a host or a whole quoted string
    /// (RFC 3261 §25.1, `generic-param`). An `=` inside a value is let through: some programs put base64 into tags.
    #[must_use]
    pub fn are_well_formed(self) -> bool {
        self.iter().all(|param| is_token(param.name) && param.value.is_none_or(is_generic_value))
    }
}

fn is_generic_value(value: &[u8]) -> bool {
    if value.first() == Some(&b'"') {
        return quoted_len(value) == Some(value.len());
    }
    let (_, rest) = take_token(value);
    !value.is_empty() && rest.iter().all(|b| b.is_ascii_graphic() && !b"\"<>,;".contains(b))
}

impl<'a> IntoIterator for Params<'a> {
    type Item = Param<'a>;
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}

/// Iterator over [`Params`].
#[derive(Clone, Debug)]
pub struct Iter<'a> {
    rest: Option<&'a [u8]>,
}

impl<'a> Iterator for Iter<'a> {
    type Item = Param<'a>;

    fn next(&mut self) -> Option<Param<'a>> {
        let text = self.rest?;
        let (mut at, mut equals) = (0, None);
        let end = loop {
            let Some(found) = text.get(at..)?.iter().position(|b| matches!(b, b';' | b'=' | b'"')) else {
                break text.len();
            };
            at += found;
            match text.get(at)? {
                b';' => break at,
                b'"' => at = quoted_len(text.get(at..)?).map_or(text.len(), |len| at + len),
                _ => {
                    equals = equals.or(Some(at));
                    at += 1;
                }
            }
        };
        self.rest = text.get(end + 1..);
        let name = text.get(..equals.unwrap_or(end)).unwrap_or_default();
        let value = equals.and_then(|equals| text.get(equals + 1..end)).map(trim);
        Some(Param { name: trim(name), value })
    }
}

/// `value` without its quotes and escapes, when it is a quoted string; otherwise as it stands.
#[must_use]
pub fn unquote(value: &[u8]) -> Vec<u8> {
    let Some(inner) = value.strip_prefix(b"\"").and_then(|value| value.strip_suffix(b"\"")) else {
        return value.to_vec();
    };
    let mut out = Vec::with_capacity(inner.len());
    let mut bytes = inner.iter();
    while let Some(&b) = bytes.next() {
        out.extend(if b == b'\\' { bytes.next().copied() } else { Some(b) });
    }
    out
}

/// Appends `text` as a quoted string, escaping what must be and dropping control bytes,
/// so that a value from outside can never begin a new line or header.
pub fn print_quoted(text: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    for &b in text {
        match b {
            b'"' | b'\\' => out.extend([b'\\', b]),
            0..=0x1f | 0x7f => {}
            _ => out.push(b),
        }
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_found_without_regard_to_case_and_quotes_may_hold_semicolons() {
        let params = Params::new(b"Tag=a1 ; q = \"x;y=z\" ;lr; empty=");
        assert_eq!(params.value("tag"), Some(&b"a1"[..]));
        assert_eq!(params.value("q"), Some(&b"\"x;y=z\""[..]));
        assert!(params.has("lr") && params.value("lr").is_none());
        assert_eq!(params.get("empty"), Some(Param { name: b"empty", value: Some(b"") }));
        assert_eq!(params.value("empty"), None);
        assert_eq!(params.iter().count(), 4);
    }

    #[test]
    fn empty_names_and_stray_quotes_are_not_well_formed() {
        assert!(Params::new(b"tag=YWJj==;x=1").are_well_formed());
        assert_eq!(Params::new(b"tag=YWJj==;x=1").value("tag"), Some(&b"YWJj=="[..]));
        assert!(Params::new(b"a=b;c=\"d;e\";host=[::1]").are_well_formed());
        for bad in [&b";a"[..], b"a;;b", b"a=\"b", b"a b"] {
            assert!(!Params::new(bad).are_well_formed(), "{}", bad.escape_ascii());
        }
    }

    #[test]
    fn a_quoted_value_cannot_break_out() {
        let mut out = Vec::new();
        print_quoted(b"a\"b\\c\r\nEvil: 1", &mut out);
        assert_eq!(out, br#""a\"b\\cEvil: 1""#);
        assert_eq!(unquote(&out), b"a\"b\\cEvil: 1");
    }
}

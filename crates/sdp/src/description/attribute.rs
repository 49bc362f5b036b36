//! Attributes: `a=name` and `a=name:value`.

use crate::grammar::split;

/// One attribute as it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attribute<'a> {
    /// Compared without regard to case, as phones are not careful.
    pub name: &'a [u8],
    /// What follows the colon; `None` for a property such as `rtcp-mux`.
    pub value: Option<&'a [u8]>,
}

impl<'a> Attribute<'a> {
    pub(crate) fn parse(text: &'a [u8]) -> Self {
        let (name, value) = split(text, b':');
        Self { name: name.trim_ascii(), value: value.map(<[u8]>::trim_ascii) }
    }

    /// The value in `text` if the attribute is called `name`, empty for a property. Quicker than parsing each.
    pub(crate) fn value_if(text: &'a [u8], name: &str) -> Option<&'a [u8]> {
        let (head, rest) = text.trim_ascii_start().split_at_checked(name.len())?;
        if !head.eq_ignore_ascii_case(name.as_bytes()) {
            return None;
        }
        match rest.trim_ascii() {
            [] => Some(b""),
            [b':', value @ ..] => Some(value.trim_ascii_start()),
            _ => None,
        }
    }

    /// Whether it is called `name`.
    #[must_use]
    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_and_value_are_told_apart_at_the_first_colon() {
        assert_eq!(Attribute::parse(b"rtcp-mux"), Attribute { name: b"rtcp-mux", value: None });
        assert_eq!(Attribute::parse(b"x:a:b"), Attribute { name: b"x", value: Some(b"a:b") });
        assert_eq!(Attribute::parse(b"ptime: 20 "), Attribute { name: b"ptime", value: Some(b"20") });
        assert!(Attribute::parse(b"SendRecv").is("sendrecv"));
    }

    #[test]
    fn a_value_is_found_by_its_whole_name() {
        for text in ["ptime", "PTIME", " ptime ", "ptime:", "ptime:20", "ptime : 20 ", "ptimes:20", "maxptime", "x", ""]
        {
            let parsed = Attribute::parse(text.as_bytes());
            let value = parsed.is("ptime").then(|| parsed.value.unwrap_or_default());
            assert_eq!(Attribute::value_if(text.as_bytes(), "ptime"), value, "{text}");
        }
    }
}

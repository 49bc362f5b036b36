//! What others see when an extension calls, written `Jane Smith <1002>`.

use std::fmt;

use crate::reader::{Field, Reader};
use crate::scalar::is_digits;

/// A name with a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallerId {
    /// At most 80 characters, without quotes and angle brackets; not empty.
    pub name: String,
    /// 1 to 15 digits, with or without a leading `+`.
    pub number: String,
}

impl fmt::Display for CallerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} <{}>", self.name, self.number)
    }
}

impl CallerId {
    /// Parses `Jane Smith <1002>`; the name may be in double quotes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        const LONGEST_NAME: usize = 80;
        let (name, number) = text.trim().strip_suffix('>')?.split_once('<')?;
        let name = name.trim();
        let name = name.strip_prefix('"').and_then(|name| name.strip_suffix('"')).unwrap_or(name).trim();
        let number = number.trim();
        let good_name = !name.is_empty()
            && name.chars().count() <= LONGEST_NAME
            && !name.contains(|c: char| c.is_control() || matches!(c, '"' | '<' | '>' | '\\'));
        let good_number = is_digits(number.strip_prefix('+').unwrap_or(number), 1..=15);
        (good_name && good_number).then(|| Self { name: name.to_owned(), number: number.to_owned() })
    }
}

pub(crate) fn read(field: &Field<'_>, reader: &mut Reader<'_>) -> Option<CallerId> {
    let text = field.text(reader)?;
    let caller_id = CallerId::parse(&text.value);
    if caller_id.is_none() {
        field.problem(reader, format!("{} is not a name with a number, as in Jane Smith <1002>", text.shown));
    }
    caller_id
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caller_id_is_a_name_and_a_number() {
        let jane = CallerId { name: "Jane Smith".to_owned(), number: "1002".to_owned() };
        for text in ["Jane Smith <1002>", "  \"Jane Smith\"  < 1002 > ", "Jane Smith<1002>"] {
            assert_eq!(CallerId::parse(text), Some(jane.clone()), "{text}");
        }
        assert_eq!(jane.to_string(), "Jane Smith <1002>");
        assert_eq!(CallerId::parse("Front Desk <+12125551234>").unwrap().number, "+12125551234");
    }

    #[test]
    fn anything_else_is_no_caller_id() {
        let long = format!("{} <1>", "x".repeat(81));
        for text in [
            "",
            "Jane",
            "1002",
            "<1002>",
            "Jane <>",
            "Jane <10a>",
            "Jane <1",
            "A <1> <2>",
            "a\nb <1>",
            "J\"x <1>",
            &long,
        ] {
            assert_eq!(CallerId::parse(text), None, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn what_is_printed_is_parsed_again(text in "[ -~]{0,20}<[+0-9]{0,4}>") {
            if let Some(caller_id) = CallerId::parse(&text) {
                proptest::prop_assert_eq!(CallerId::parse(&caller_id.to_string()), Some(caller_id));
            }
        }
    }
}

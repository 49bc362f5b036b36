//! `Session-Expires` (RFC 4028 §4).

use super::{HeaderError, Params};
use crate::grammar::{seconds, split_unquoted, trim};
use crate::print::Print;

/// Who sends the refresh requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refresher {
    /// Who sent the request that this stands in.
    Uac,
    /// Who answered it.
    Uas,
}

/// How long a session lives without a refresh.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionExpires {
    /// In **seconds**. Not checked against `Min-SE`: that limit is the dialog's.
    pub interval_s: u32,
    /// `None` leaves the choice to the other side.
    pub refresher: Option<Refresher>,
}

impl SessionExpires {
    /// Parses a value such as `1800;refresher=uac`.
    ///
    /// # Errors
    /// [`HeaderError::Number`] unless it starts with a number.
    pub fn parse(value: &[u8]) -> Result<Self, HeaderError> {
        let (interval, params) = split_unquoted(value, b';');
        let interval_s = seconds(trim(interval)).ok_or(HeaderError::Number)?;
        let refresher = match Params::new(params.unwrap_or_default()).value("refresher") {
            Some(text) if text.eq_ignore_ascii_case(b"uac") => Some(Refresher::Uac),
            Some(text) if text.eq_ignore_ascii_case(b"uas") => Some(Refresher::Uas),
            Some(_) | None => None,
        };
        Ok(Self { interval_s, refresher })
    }
}

impl Print for SessionExpires {
    fn print(&self, out: &mut Vec<u8>) {
        self.interval_s.print(out);
        match self.refresher {
            Some(Refresher::Uac) => out.extend_from_slice(b";refresher=uac"),
            Some(Refresher::Uas) => out.extend_from_slice(b";refresher=uas"),
            None => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interval_and_refresher_are_read() {
        let value = SessionExpires { interval_s: 1800, refresher: Some(Refresher::Uac) };
        assert_eq!(SessionExpires::parse(b"1800 ; Refresher=UAC"), Ok(value));
        assert_eq!(SessionExpires::parse(&value.printed()), Ok(value));
        assert_eq!(SessionExpires::parse(b"soon"), Err(HeaderError::Number));
    }
}

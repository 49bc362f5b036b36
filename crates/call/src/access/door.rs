//! Wherever a password, a PIN or a secret path can be guessed: guesses count together against their source.

use std::net::IpAddr;

/// Where somebody knocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Door {
    /// A phone's digest.
    Phone,
    /// A login of the web pages or the API.
    Web,
    /// A PIN that is dialled.
    Pin,
    /// A file for a phone that has no such phone.
    Provisioning,
}

/// One wrong guess.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrongGuess {
    /// Where.
    pub door: Door,
    /// Who.
    pub source: IpAddr,
    /// In whose name; empty where there are no names.
    pub username: Box<[u8]>,
}

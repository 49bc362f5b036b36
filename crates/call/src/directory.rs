//! Who and what there is: a snapshot that call set-up reads without asking anybody.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use warden_sdp::Capabilities;
use warden_sip::resolve::Speaks;

// For the storing crate, which may name no other crate's types than this one's.
pub use warden_media::relay::Side;
pub use warden_sip::digest::{Algorithm, Ha1};
pub use warden_sip::header::Transport;

use crate::access::{AccessPolicy, NetworkSet};
use crate::digits::{DigitMethod, DigitSettings};
use crate::encryption::EncryptionPolicy;
use crate::local_networks::LocalNetworks;
use crate::music::MusicOnHold;
use crate::registrant::Account;
use crate::route::Dialplan;

/// The number that people dial for an extension, such as `1001`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Extension(Box<str>);

/// Why a text is no extension.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an extension is 1 to 32 letters, digits or any of + - . _ * #")]
pub struct NoExtension;

impl Extension {
    /// Takes 1 to 32 bytes: letters, digits, `+`, `-`, `.`, `_`, `*` and `#`.
    ///
    /// # Errors
    /// [`NoExtension`] for anything else.
    pub fn parse(text: &[u8]) -> Result<Self, NoExtension> {
        let is_allowed = |b: &u8| b.is_ascii_alphanumeric() || b"+-._*#".contains(b);
        if !(1..=32).contains(&text.len()) || !text.iter().all(is_allowed) {
            return Err(NoExtension);
        }
        std::str::from_utf8(text).map(|text| Self(text.into())).map_err(|_| NoExtension)
    }

    /// The number as it is dialled.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Extension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Extension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A phone or program that may register for an extension. It signs in with its own name and secret.
#[derive(Clone, Debug)]
pub struct Device {
    /// Whose it is.
    pub extension: Extension,
    /// What its password is known as.
    pub ha1: Ha1,
    /// From where, and how, it may sign in.
    pub access: DeviceAccess,
}

impl Device {
    /// A device that may sign in from everywhere, as all do.
    #[must_use]
    pub fn new(extension: Extension, ha1: Ha1) -> Self {
        Self { extension, ha1, access: DeviceAccess::default() }
    }
}

/// From where, and how, one device may sign in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeviceAccess {
    /// Only from here; `None` for everywhere.
    pub networks: Option<NetworkSet>,
    /// Requests from this address need no digest. Over UDP that trusts the network between: anybody who can send with
    /// this source address is the device.
    pub pinned_to: Option<IpAddr>,
    /// What it is challenged for; `None` for what all are.
    pub algorithm: Option<Algorithm>,
}

/// Which kinds of exceptions there are among the devices, so that without any nobody looks for them.
#[derive(Clone, Debug, Default)]
pub struct Exceptions {
    pinned: HashSet<IpAddr>,
    algorithms: bool,
}

impl Exceptions {
    /// Whether a device is pinned to this address, which is in its canonical form.
    #[must_use]
    pub fn is_pinned(&self, address: IpAddr) -> bool {
        !self.pinned.is_empty() && self.pinned.contains(&address)
    }

    /// Whether any device has an algorithm of its own.
    #[must_use]
    pub fn has_algorithms(&self) -> bool {
        self.algorithms
    }
}

/// A person or place that can be called.
#[derive(Clone, Debug)]
pub struct Person {
    /// The name shown to others.
    pub name: String,
}

/// What is believed of the addresses that a phone says it has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Nat {
    /// Requests go to where the phone was seen, except that a phone without a router between may listen on another port than
    /// it sends from.
    #[default]
    Auto,
    /// Nothing: whatever the phone says, it is where it was seen.
    Always,
    /// All: requests go to the Contact's address, and sound comes only from where the session description says.
    Never,
}

/// Which phones are asked every 25 s whether they are there, over UDP, so that no router forgets the way to them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KeepAlive {
    /// Those behind a router that changes addresses.
    #[default]
    Nat,
    /// All.
    All,
    /// None.
    Off,
}

/// How long registrations last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RegistrationLimits {
    /// A shorter wish is refused with 423; a registration that often would be a load.
    pub min: Duration,
    /// For a phone that names no time.
    pub usual: Duration,
    /// A longer wish is cut to this.
    pub max: Duration,
    /// The most contacts that one extension may have at a time.
    pub contacts: usize,
}

impl Default for RegistrationLimits {
    /// 60 s, 1 hour, 1 day; 10 contacts.
    fn default() -> Self {
        Self {
            min: Duration::from_mins(1),
            usual: Duration::from_hours(1),
            max: Duration::from_hours(24),
            contacts: 10,
        }
    }
}

/// One state of everything that is configured; replaced as a whole.
#[derive(Clone, Debug, Default)]
pub struct Directory {
    /// Counts up with every replacement; decisions name it.
    pub revision: u64,
    /// The realm that every [`Device::ha1`] was made for.
    pub realm: String,
    /// By extension.
    pub people: HashMap<Extension, Person>,
    /// By sign-in name; the first device of an extension has its number for a name. See [`Directory::add_device`].
    pub devices: HashMap<Box<[u8]>, Device>,
    /// Counted from the devices.
    pub exceptions: Exceptions,
    /// How long registrations last.
    pub registration: RegistrationLimits,
    /// Who may ask what.
    pub access: AccessPolicy,
    /// Extensions whose phones' addresses are not dealt with in the usual way.
    pub nat: HashMap<Extension, Nat>,
    /// By extension, whose phones may make its phones pick up by themselves; without an entry nobody's.
    pub auto_answer: HashMap<Extension, Vec<Extension>>,
    /// Which phones are asked whether they are there.
    pub keep_alive: KeepAlive,
    /// What is done with dialled numbers.
    pub dialplan: Dialplan,
    /// All enabled codecs, the most wanted first.
    pub codecs: Capabilities,
    /// Those of extensions that have others.
    pub own_codecs: HashMap<Extension, Capabilities>,
    /// How digits come and go.
    pub digits: DigitSettings,
    /// By extension, where that is by another way than for all.
    pub own_digits: HashMap<Extension, DigitMethod>,
    /// How calls are handled.
    pub calls: CallSettings,
    /// Lists that phones watch with one subscription (RFC 4662), by the number that stands for them.
    pub lists: HashMap<Extension, WatchList>,
    /// The name of the external address, which is looked up; then [`CallSettings::external_address`] is what was found.
    pub external_name: Option<Box<str>>,
    /// Who is told our own address, not the external one.
    pub local_networks: LocalNetworks,
    /// Where Warden registers itself, each by another name.
    pub accounts: Arc<[Arc<Account>]>,
    /// Whose calls are recorded.
    pub recording: RecordingPolicy,
    /// Whose sound is encrypted.
    pub encryption: EncryptionPolicy,
    /// What those hear who are put on hold.
    pub music: MusicOnHold,
    /// The address families that are listened on.
    pub speaks: Speaks,
}

/// Whose calls are recorded without anybody asking for it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordingPolicy {
    /// Everybody's.
    pub all: bool,
    /// Those of these extensions, whichever side they are on.
    pub extensions: HashSet<Extension>,
}

impl RecordingPolicy {
    /// Whether calls with this extension are recorded.
    #[must_use]
    pub fn records(&self, extension: &Extension) -> bool {
        self.all || self.extensions.contains(extension)
    }
}

/// Extensions that are watched together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WatchList {
    /// Shown to who watches it.
    pub name: String,
    /// Who is on it, in the order of the lamps.
    pub members: Vec<Extension>,
}

impl Directory {
    /// Adds a device, in the place of the one with this sign-in name.
    pub fn add_device(&mut self, name: &[u8], device: Device) {
        self.exceptions.pinned.extend(device.access.pinned_to.map(|address| address.to_canonical()));
        self.exceptions.algorithms |= device.access.algorithm.is_some();
        self.devices.insert(name.into(), device);
    }

    /// The devices whose password is new, or another one than `before`.
    pub(crate) fn with_other_passwords_than(&self, before: &Self) -> impl Iterator<Item = &[u8]> {
        let is_other =
            |name: &[u8], device: &Device| before.devices.get(name).is_none_or(|it| !it.ha1.is_same(&device.ha1));
        self.devices.iter().filter(move |(name, device)| is_other(name, device)).map(|(name, _)| &**name)
    }
}

impl Directory {
    /// What is believed of the addresses of this extension's phones.
    #[must_use]
    pub fn nat_of(&self, extension: &Extension) -> Nat {
        self.nat.get(extension).copied().unwrap_or_default()
    }

    /// How the phones of this extension may be spoken to.
    #[must_use]
    pub fn codecs_of(&self, extension: &Extension) -> &Capabilities {
        self.own_codecs.get(extension).unwrap_or(&self.codecs)
    }

    /// By which way the digits of this extension's phones come and go.
    #[must_use]
    pub fn digit_method_of(&self, extension: &Extension) -> DigitMethod {
        self.own_digits.get(extension).copied().unwrap_or(self.digits.method)
    }

    /// Whether `caller` may make the phones `at` an extension pick up by themselves.
    #[must_use]
    pub fn allows_auto_answer(&self, caller: &Extension, at: &Extension) -> bool {
        self.auto_answer.get(at).is_some_and(|callers| callers.contains(caller))
    }
}

/// How calls are handled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallSettings {
    /// This node's number among several; the upper bits of tags and call identifiers.
    pub node: u16,
    /// What phones outside the own network are told to send media and requests to; `None` where there is no NAT.
    pub external_address: Option<IpAddr>,
    /// How long phones ring before the caller is told that nobody answers.
    pub ring_for: Duration,
    /// The longest time without a refresh that is asked for (RFC 4028).
    pub session_expires: Duration,
    /// How phones are told who is at the other end.
    pub identity: IdentityHeaders,
}

/// In which headers phones are told who is at the other end, besides From.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IdentityHeaders {
    /// P-Asserted-Identity (RFC 3325).
    pub asserted: bool,
    /// Remote-Party-ID, which older phones read.
    pub remote_party: bool,
}

impl Default for IdentityHeaders {
    /// Both.
    fn default() -> Self {
        Self { asserted: true, remote_party: true }
    }
}

impl Default for CallSettings {
    /// Node 0, no NAT; ringing 180 s; sessions are refreshed within 1800 s.
    fn default() -> Self {
        Self {
            node: 0,
            external_address: None,
            ring_for: Duration::from_mins(3),
            session_expires: Duration::from_mins(30),
            identity: IdentityHeaders::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_extension_is_what_can_be_dialled_and_written_in_a_uri() {
        for good in ["1001", "0", "*72", "alice.b", "+4930123"] {
            assert!(Extension::parse(good.as_bytes()).is_ok(), "{good}");
        }
        for bad in ["", "a b", "a@b", "é", "a:b", "123456789012345678901234567890123"] {
            assert!(Extension::parse(bad.as_bytes()).is_err(), "{bad}");
        }
    }
}

//! Who there is: four extensions whose phones are known by their address, one that nobody answers for, and a list.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use warden_call::access::{AccessPolicy, Network};
use warden_call::directory::{
    CallSettings, Device, DeviceAccess, Directory, Extension, Ha1, Person, RegistrationLimits, WatchList,
};
use warden_call::music::{Class, MusicOnHold};
use warden_call::route::{Action, Dialplan, Pattern};
use warden_sdp::codec::{Codec, Encoding, Format};
use warden_sdp::{Capabilities, Capability, Use};

/// The extensions; the first ones have a phone each.
pub(super) const NUMBERS: [&str; 5] = ["1001", "1002", "1003", "1004", "1005"];

/// Times are short, so that a run sees their end.
const REGISTRATION: RegistrationLimits = RegistrationLimits {
    min: Duration::from_secs(30),
    usual: Duration::from_mins(10),
    max: Duration::from_mins(10),
    contacts: 3,
};

/// The whole directory; one without the last phone's extension; one without anybody.
pub(super) static DIRECTORIES: LazyLock<[Arc<Directory>; 3]> = LazyLock::new(|| [5, 3, 0].map(with_people));

/// Where the phone with this number is.
pub(super) fn address(phone: usize) -> IpAddr {
    [192, 0, 2, u8::try_from(phone + 1).unwrap_or_default()].into()
}

fn with_people(count: usize) -> Arc<Directory> {
    let all = Network::new([192, 0, 2, 0].into(), 24).expect("a network");
    let formats = [
        Format::new(0, Codec::narrow(Encoding::Pcmu)),
        Format::new(8, Codec::narrow(Encoding::Pcma)),
        Format::new(101, Codec::telephone_event(8000)),
    ];
    let list = formats.into_iter().map(|format| Capability { format, used_for: Use::Any }).collect();
    let patterns = [("^1[0-9]{3}$", Action::Extension), ("^2", Action::Reject), ("^3", Action::NotBuilt)];
    let patterns = patterns.map(|(text, action)| Pattern::new(text, action).expect("a regular expression"));
    let (ring_for, session_expires) = (Duration::from_mins(1), Duration::from_mins(10));
    let members = NUMBERS.iter().take(count).map(|number| extension(number)).collect();
    let mut directory = Directory {
        revision: 6 - u64::try_from(count).unwrap_or_default(),
        realm: "warden-pbx".into(),
        registration: REGISTRATION,
        // Nobody is slowed down.
        access: AccessPolicy { allow: [all].into_iter().collect(), ..AccessPolicy::default() },
        dialplan: Dialplan::new(["112"], patterns),
        codecs: Capabilities { list },
        calls: CallSettings { ring_for, session_expires, ..CallSettings::default() },
        music: MusicOnHold { usual: Some(Class::new("default")), ..MusicOnHold::default() },
        lists: HashMap::from([(extension("1900"), WatchList { name: "All".into(), members })]),
        ..Directory::default()
    };
    for (phone, number) in NUMBERS.iter().enumerate().take(count) {
        directory.people.insert(extension(number), Person { name: format!("Person {number}") });
        let ha1 = Ha1::derive(number.as_bytes(), b"warden-pbx", b"secret");
        let access = DeviceAccess { pinned_to: Some(address(phone)), ..DeviceAccess::default() };
        directory.add_device(number.as_bytes(), Device { extension: extension(number), ha1, access });
    }
    Arc::new(directory)
}

pub(super) fn extension(number: &str) -> Extension {
    Extension::parse(number.as_bytes()).expect("an extension")
}

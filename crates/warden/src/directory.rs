//! From what the configuration file declares to the directory that calls are set up with.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;

use tracing::warn;
use warden_call::access::{AccessPolicy, BanPolicy, Network, NetworkSet, Pace};
use warden_call::directory::{
    CallSettings, Device, DeviceAccess, Directory, Extension, IdentityHeaders, KeepAlive, Nat, NoExtension, Person,
    RecordingPolicy, WatchList,
};
use warden_call::encryption::{EncryptionPolicy, Srtp};
use warden_call::local_networks::LocalNetworks;
use warden_call::music::{Class, MusicOnHold};
use warden_call::route::{Action, Dialplan, Pattern};
use warden_config::{
    Authentication, CallerIdHeaders, Capture, Config, DigestAlgorithm, Hep, Host, RecordingFormat, Server, Trunk,
};
use warden_server::Settings;
use warden_server::capture::{CaptureSettings, HepSettings, TraceSettings};
use warden_server::recording::RecordingSettings;
use warden_sip::digest::{Algorithm, Ha1};
use warden_sip::resolve::Speaks;
use warden_sip::uri::UriError;
use warden_store::SavedExtension;

use crate::accounts::accounts;
use crate::codecs::capabilities;
use crate::{data_dir, digits};

/// Why the configuration makes no directory.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DirectoryError {
    /// A number that cannot be dialled.
    #[error(transparent)]
    Extension(#[from] NoExtension),
    /// A trunk whose address is none.
    #[error("cannot use the address of the trunk {name}")]
    Trunk {
        /// Which.
        name: String,
        /// What is wrong with it.
        #[source]
        source: UriError,
    },
    /// A pattern that is no regular expression.
    #[error("cannot use the pattern {pattern}")]
    Pattern {
        /// As it is written.
        pattern: String,
        /// What is wrong with it.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// The directory number `revision`, of what the file declares and what the database has.
///
/// A declared extension has one device, whose sign-in name is its number. The file wins over the database.
pub(crate) fn build(config: &Config, saved: &[SavedExtension], revision: u64) -> Result<Directory, DirectoryError> {
    let realm = &config.server.sip_realm;
    let (external_address, external_name) = external_address(&config.server);
    let mut directory = Directory {
        revision,
        realm: realm.clone(),
        access: access_policy(config),
        dialplan: dialplan(config)?,
        codecs: capabilities(&config.codecs.order, digits::events(config.dtmf.method, config.dtmf)),
        digits: digits::settings(config.dtmf),
        keep_alive: keep_alive(config.server.sip_keep_alive),
        calls: CallSettings {
            external_address,
            identity: identity_headers(config.sip.caller_id),
            ..CallSettings::default()
        },
        external_name,
        accounts: accounts(config)?,
        local_networks: local_networks(&config.server),
        encryption: EncryptionPolicy {
            usual: srtp(config.security.srtp),
            over_unencrypted_signalling: config.security.srtp_keys_over_plain_sip,
            ..EncryptionPolicy::default()
        },
        music: music(config)?,
        speaks: speaks(&config.server),
        recording: recording_policy(config)?,
        ..Directory::default()
    };
    for declared in &config.extensions {
        add_declared(declared, config, &mut directory)?;
    }
    for saved in saved {
        add_saved(saved, &mut directory);
    }
    add_lists(config, &mut directory)?;
    Ok(directory)
}

fn add_lists(config: &Config, directory: &mut Directory) -> Result<(), NoExtension> {
    for declared in &config.blf_lists {
        let number = Extension::parse(declared.number.as_bytes())?;
        if directory.people.contains_key(&number) {
            warn!(list = %number, "is an extension in the database too: who watches it watches the list");
        }
        let members = declared.members.iter().map(|member| Extension::parse(member.as_bytes()));
        let members = members.collect::<Result<_, _>>()?;
        directory.lists.insert(number, WatchList { name: declared.name.clone(), members });
    }
    Ok(())
}

/// An extension that the file declares, with its one device.
fn add_declared(
    declared: &warden_config::Extension,
    config: &Config,
    directory: &mut Directory,
) -> Result<(), DirectoryError> {
    let number = declared.number.as_bytes();
    let extension = Extension::parse(number)?;
    let ha1 = Ha1::derive(number, directory.realm.as_bytes(), declared.password.expose().as_bytes());
    if declared.nat != warden_config::Nat::Auto {
        directory.nat.insert(extension.clone(), nat(declared.nat));
    }
    if let Some(own) = declared.srtp {
        directory.encryption.own.insert(extension.clone(), srtp(own));
    }
    if let Some(method) = declared.dtmf {
        directory.own_digits.insert(extension.clone(), digits::method(method));
    }
    if !declared.codecs.is_empty() || declared.dtmf.is_some() {
        let order = if declared.codecs.is_empty() { &config.codecs.order } else { &declared.codecs };
        let events = digits::events(declared.dtmf.unwrap_or(config.dtmf.method), config.dtmf);
        directory.own_codecs.insert(extension.clone(), capabilities(order, events));
    }
    if !declared.auto_answer.is_empty() {
        let callers = declared.auto_answer.iter().map(|caller| Extension::parse(caller.as_bytes()));
        directory.auto_answer.insert(extension.clone(), callers.collect::<Result<_, _>>()?);
    }
    let device = Device { access: device_access(declared), ..Device::new(extension.clone(), ha1) };
    directory.add_device(number, device);
    directory.people.insert(extension, Person { name: declared.name.clone() });
    Ok(())
}

/// What those hear who are put on hold.
fn music(config: &Config) -> Result<MusicOnHold, DirectoryError> {
    let warden_config::MusicOnHold { enabled, class } = &config.music_on_hold;
    let mut music = MusicOnHold { usual: enabled.then(|| Class::new(&class.name)), own: HashMap::new() };
    for declared in &config.extensions {
        if let Some(class) = &declared.music_on_hold {
            music.own.insert(Extension::parse(declared.number.as_bytes())?, Class::new(&class.name));
        }
    }
    Ok(music)
}

fn recording_policy(config: &Config) -> Result<RecordingPolicy, NoExtension> {
    let recorded = config.extensions.iter().filter(|declared| declared.record);
    let extensions = recorded.map(|declared| Extension::parse(declared.number.as_bytes()));
    Ok(RecordingPolicy { all: config.recording.auto_record, extensions: extensions.collect::<Result<_, _>>()? })
}

fn identity_headers(headers: CallerIdHeaders) -> IdentityHeaders {
    IdentityHeaders { asserted: headers.send_p_asserted_identity, remote_party: headers.send_remote_party_id }
}

fn add_saved(saved: &SavedExtension, directory: &mut Directory) {
    let number = &saved.number;
    if directory.people.contains_key(number) {
        warn!(extension = %number, "declared in the configuration file too, which counts; the one in the database does not");
        return;
    }
    for device in &saved.devices {
        let name = device.username.as_bytes();
        if device.realm != directory.realm {
            warn!(device = %device.username, "cannot sign in: its password was set for another server.sip_realm");
        } else if !directory.devices.contains_key(name) {
            directory.add_device(name, Device::new(number.clone(), device.ha1.clone()));
        }
    }
    directory.people.insert(number.clone(), Person { name: saved.name.clone() });
}

/// What is done with a dialled number.
pub(crate) fn dialplan(config: &Config) -> Result<Dialplan, DirectoryError> {
    let pattern = |declared: &warden_config::Pattern| {
        Pattern::new(&declared.pattern, action(declared.action))
            .map_err(|source| DirectoryError::Pattern { pattern: declared.pattern.clone(), source: source.into() })
    };
    let patterns = config.dialplan.patterns.iter().map(pattern).collect::<Result<Vec<_>, _>>()?;
    Ok(Dialplan::new(config.e911_protection.emergency_numbers.iter().map(String::as_str), patterns))
}

/// What phones outside are told: an address, or a name to be looked up.
fn external_address(server: &Server) -> (Option<IpAddr>, Option<Box<str>>) {
    match &server.external_address {
        Some(Host::Ip(address)) => (Some(*address), None),
        Some(Host::Name(name)) => (None, Some(name.to_ascii_lowercase().into())),
        None => (None, None),
    }
}

fn local_networks(server: &Server) -> LocalNetworks {
    server
        .local_networks
        .as_ref()
        .map_or_else(LocalNetworks::default, |declared| LocalNetworks::from(networks(declared)))
}

fn speaks(server: &Server) -> Speaks {
    Speaks { ipv4: server.host.iter().any(IpAddr::is_ipv4), ipv6: server.host.iter().any(IpAddr::is_ipv6) }
}

fn action(action: warden_config::Action) -> Action {
    match action {
        warden_config::Action::Extension => Action::Extension,
        warden_config::Action::Reject => Action::Reject,
        warden_config::Action::AutoAttendant
        | warden_config::Action::Conference
        | warden_config::Action::Park
        | warden_config::Action::Queue
        | warden_config::Action::Voicemail
        | warden_config::Action::Trunk
        | warden_config::Action::Paging
        | warden_config::Action::Emergency => Action::NotBuilt,
    }
}

/// Who may ask what.
fn access_policy(config: &Config) -> AccessPolicy {
    let security = &config.security;
    let limits = &security.rate_limiting;
    let bans = BanPolicy {
        enabled: limits.enabled,
        max_attempts: limits.max_attempts,
        window: limits.window,
        ban_duration: limits.ban_duration,
    };
    AccessPolicy {
        allow: networks(&security.networks.allow),
        deny: networks(&security.networks.deny),
        scanners: security.scanners.iter().map(|name| name.as_str().into()).collect(),
        bans,
        unsigned: Pace::per_second(if limits.enabled { limits.requests_per_second } else { 0 }),
        algorithm: algorithm(security.algorithm),
        peers: config.trunks.iter().flat_map(peers).collect(),
        ..AccessPolicy::default()
    }
}

/// The servers of a trunk, as far as they are given by address.
fn peers(trunk: &Trunk) -> impl Iterator<Item = Network> {
    let proxy = trunk.outbound_proxy.as_ref().map(|(host, _)| host);
    [Some(&trunk.host), proxy].into_iter().flatten().filter_map(|host| match host {
        Host::Ip(address) => Some(Network::from(*address)),
        Host::Name(_) => None,
    })
}

fn device_access(declared: &warden_config::Extension) -> DeviceAccess {
    DeviceAccess {
        networks: (!declared.networks.is_empty()).then(|| networks(&declared.networks)),
        pinned_to: match declared.authentication {
            Authentication::Digest => None,
            Authentication::None(address) => Some(address),
        },
        algorithm: declared.algorithm.map(algorithm),
    }
}

fn networks(declared: &[warden_config::Network]) -> NetworkSet {
    declared.iter().filter_map(|network| Network::new(network.address, network.prefix)).collect()
}

fn algorithm(declared: DigestAlgorithm) -> Algorithm {
    match declared {
        DigestAlgorithm::Md5 => Algorithm::Md5,
        DigestAlgorithm::Sha256 => Algorithm::Sha256,
    }
}

fn nat(nat: warden_config::Nat) -> Nat {
    match nat {
        warden_config::Nat::Auto => Nat::Auto,
        warden_config::Nat::Always => Nat::Always,
        warden_config::Nat::Never => Nat::Never,
    }
}

fn srtp(srtp: warden_config::Srtp) -> Srtp {
    match srtp {
        warden_config::Srtp::Off => Srtp::Off,
        warden_config::Srtp::Optional => Srtp::Optional,
        warden_config::Srtp::Required => Srtp::Required,
    }
}

fn keep_alive(who: warden_config::SipKeepAlive) -> KeepAlive {
    match who {
        warden_config::SipKeepAlive::Nat => KeepAlive::Nat,
        warden_config::SipKeepAlive::All => KeepAlive::All,
        warden_config::SipKeepAlive::Off => KeepAlive::Off,
    }
}

/// Where SIP is listened for, the ports for audio, and where copies of messages and recordings go.
pub(crate) fn settings(config: &Config) -> Settings {
    let server = &config.server;
    let ports = server.rtp_port_range;
    Settings {
        listen: server.host.iter().map(|host| SocketAddr::new(*host, server.sip_port)).collect(),
        listen_tls: server.host.iter().map(|host| SocketAddr::new(*host, server.sips_port)).collect(),
        rtp_ports: ports.first()..=ports.last(),
        nameserver: None,
        media_threads: None,
        capture: capture_settings(&config.capture, &server.data_dir),
        recordings: Some(recording_settings(config)),
    }
}

fn recording_settings(config: &Config) -> RecordingSettings {
    let RecordingFormat::Wav = config.recording.format;
    let own = config.recording.storage_path.clone();
    RecordingSettings { directory: own.unwrap_or_else(|| data_dir::recordings(&config.server.data_dir)) }
}

fn capture_settings(capture: &Capture, data_dir: &Path) -> CaptureSettings {
    let Capture { failed_calls, max_size, max_age, hep } = *capture;
    let traces = TraceSettings { directory: data_dir::traces(data_dir), max_size, max_age };
    CaptureSettings {
        traces: failed_calls.then_some(traces),
        hep: hep.map(|Hep { address, id }| HepSettings { address, id }),
    }
}

#[cfg(test)]
mod tests {
    use warden_sip::digest::Algorithm;
    use warden_store::{SavedDevice, Source};

    use super::*;

    fn config(text: &str) -> Config {
        Config::read("config.yml", text, &|_| None).unwrap().config
    }

    #[test]
    fn each_extension_becomes_a_person_with_a_device_of_the_same_name() {
        let text = "server: { sip_realm: office }\nsecurity: { rate_limiting: { max_attempts: 7 } }\n\
                    extensions:\n  - { number: '1001', name: Ann, password: 'blue-kettle' }\n";
        let directory = build(&config(text), &[], 3).unwrap();
        assert_eq!((directory.revision, directory.realm.as_str()), (3, "office"));
        assert_eq!(directory.access.bans, BanPolicy { max_attempts: 7, ..BanPolicy::default() });
        let device = &directory.devices[&b"1001"[..]];
        let expected = Ha1::derive(b"1001", b"office", b"blue-kettle");
        assert_eq!(device.ha1.text(Algorithm::Sha256), expected.text(Algorithm::Sha256));
        assert_eq!(directory.people[&device.extension].name, "Ann");
    }

    #[test]
    fn what_is_declared_of_access_reaches_the_directory() {
        let text = "security: { algorithm: SHA-256, networks: { allow: [10.0.0.0/8], deny: [0.0.0.0/0] }, scanners: [dialer], \
                    rate_limiting: { requests_per_second: 7 } }\nextensions:\n  - { number: '1001', name: ATA, password: \
                    'blue-kettle', authentication: none, address: 192.168.1.50, networks: [192.168.0.0/16], algorithm: MD5 }\n";
        let directory = build(&config(text), &[], 1).unwrap();
        let [inside, outside, ata] = ["10.1.1.1", "198.51.100.7", "192.168.1.50"].map(|ip| ip.parse().unwrap());
        let policy = &directory.access;
        assert!(policy.trusts(inside) && policy.denies(outside) && !policy.denies(inside));
        assert_eq!((policy.unsigned, policy.algorithm), (Pace { per_second: 7, burst: 70 }, Algorithm::Sha256));
        assert_eq!(policy.scanners[..], ["dialer".into()]);
        let access = &directory.devices[&b"1001"[..]].access;
        assert!(directory.exceptions.is_pinned(ata) && directory.exceptions.has_algorithms());
        assert_eq!((access.pinned_to, access.algorithm), (Some(ata), Some(Algorithm::Md5)));
        assert!(access.networks.as_ref().is_some_and(|networks| networks.contains(ata) && !networks.contains(inside)));
    }

    #[test]
    fn music_on_hold_reaches_the_directory_unless_it_is_switched_off() {
        let extensions = "extensions:\n  - { number: '1001', name: Ann, password: 'blue-kettle', music_on_hold: sales }\n\
                          \x20 - { number: '1002', name: Bob, password: 'blue-kettle' }\n";
        let heard = |text: &str| {
            let directory = build(&config(&format!("{text}\n{extensions}")), &[], 1).unwrap();
            ["1001", "1002"].map(|number| {
                let holder = Extension::parse(number.as_bytes()).unwrap();
                directory.music.of(&holder).map(|class| class.name().to_owned())
            })
        };
        assert_eq!(heard(""), [Some("sales".to_owned()), Some("default".to_owned())]);
        assert_eq!(heard("music_on_hold: {class: jazz}"), [Some("sales".to_owned()), Some("jazz".to_owned())]);
        assert_eq!(heard("music_on_hold: {enabled: false}"), [None, None]);
    }

    #[test]
    fn who_may_make_a_phone_pick_up_reaches_the_directory() {
        let text = "extensions:\n  - { number: '1001', name: Ann, password: 'blue-kettle', auto_answer: ['1000'] }\n";
        let directory = build(&config(text), &[], 1).unwrap();
        let [desk, ann] = ["1000", "1001"].map(|number| Extension::parse(number.as_bytes()).unwrap());
        assert!(directory.allows_auto_answer(&desk, &ann) && !directory.allows_auto_answer(&ann, &desk));
    }

    #[test]
    fn the_file_wins_over_the_database_and_a_foreign_realm_signs_nobody_in() {
        let text =
            "server: { sip_realm: office }\nextensions:\n  - { number: '1001', name: Ann, password: 'blue-kettle' }\n";
        let saved = |number: &str, realm: &str| {
            let ha1 = Ha1::derive(number.as_bytes(), realm.as_bytes(), b"from the database");
            let device = SavedDevice { username: number.into(), realm: realm.into(), ha1 };
            let number = Extension::parse(number.as_bytes()).unwrap();
            SavedExtension { number, name: "Saved".into(), source: Source::Admin, devices: vec![device] }
        };
        let saved = [saved("1001", "office"), saved("1002", "office"), saved("1003", "elsewhere")];
        let directory = build(&config(text), &saved, 1).unwrap();
        let name = |number: &str| &*directory.people[&Extension::parse(number.as_bytes()).unwrap()].name;
        assert_eq!((name("1001"), name("1002"), name("1003")), ("Ann", "Saved", "Saved"));
        let declared = Ha1::derive(b"1001", b"office", b"blue-kettle");
        assert_eq!(directory.devices[&b"1001"[..]].ha1.text(Algorithm::Md5), declared.text(Algorithm::Md5));
        assert!(directory.devices.contains_key(&b"1002"[..]) && !directory.devices.contains_key(&b"1003"[..]));
    }

    #[test]
    fn the_dialplan_keeps_its_order_and_its_emergency_numbers() {
        let text = "e911_protection: { emergency_numbers: ['112'] }\ndialplan:\n  patterns:\n\
                    \x20   - { pattern: '^1999$', action: reject }\n    - { pattern: '^1', action: extension }\n";
        let dialplan = build(&config(text), &[], 1).unwrap().dialplan;
        assert!(dialplan.is_emergency("112") && !dialplan.is_emergency("911"));
        let find = |number| dialplan.find(number).map(|(place, pattern)| (place, pattern.action));
        assert_eq!(find("1999"), Some((1, Action::Reject)));
        assert_eq!(find("1000"), Some((2, Action::Extension)));
        assert_eq!(find("2000"), None);
    }

    #[test]
    fn an_external_name_is_left_to_be_looked_up_and_networks_are_taken_over() {
        let directory = |text: &str| build(&config(text), &[], 1).unwrap();
        let named =
            directory("server: { host: ['::'], external_address: PBX.example.com, local_networks: ['192.0.2.0/24'] }");
        assert_eq!((named.calls.external_address, named.external_name.as_deref()), (None, Some("pbx.example.com")));
        assert_eq!(named.speaks, Speaks { ipv4: false, ipv6: true });
        let is_local = |address: &str| named.local_networks.contains(address.parse().unwrap());
        assert!(is_local("192.0.2.9") && !is_local("10.0.0.1"));
        let fixed = directory("server: { external_address: 198.51.100.1 }");
        assert_eq!((fixed.calls.external_address, fixed.external_name), (Some([198, 51, 100, 1].into()), None));
        assert_eq!(fixed.local_networks, LocalNetworks::default());
    }

    #[test]
    fn every_host_is_listened_on_at_the_sip_port_and_has_the_ports_for_audio() {
        let config = config("server: { host: ['0.0.0.0', '::'], sip_port: 5070, rtp_port_range: [30000, 30999] }\n");
        let settings = settings(&config);
        assert_eq!(settings.listen, ["0.0.0.0:5070".parse().unwrap(), "[::]:5070".parse().unwrap()]);
        assert_eq!(settings.rtp_ports, 30_000..=30_999);
        assert!(settings.capture.traces.is_some_and(|traces| traces.directory.ends_with("var/traces")));
        assert_eq!(settings.capture.hep, None);
    }
}

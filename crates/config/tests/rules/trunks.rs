//! `trunks:`.

use std::time::Duration;

use warden_config::{Host, TrunkTransport};

use crate::read::{assert_problem, config, notes};

#[test]
fn a_trunk_needs_a_name_a_host_and_credentials() {
    let text = "trunks: [{name: office, host: sip.example.com, username: '4930123', password: '${SHORT}'}]";
    let trunk = config(text).trunks.remove(0);
    assert_eq!((trunk.name.as_str(), trunk.host), ("office", Host::Name("sip.example.com".into())));
    assert_eq!((trunk.port, trunk.transport, trunk.outbound_proxy), (None, None, None));
    assert_eq!((trunk.expires, trunk.register, trunk.tls_verify), (Duration::from_hours(1), true, true));
    assert!(!format!("{:?}", trunk.password).contains("kettle"));
    assert_problem("trunks: [{host: a.example, username: a, password: b}]", "1:10: trunks[1].name: is missing");
    assert_problem("trunks: {office: {}}", "1:9: trunks: expected a list, found keys with values");
}

#[test]
fn every_key_of_a_trunk_is_read() {
    let text = "trunks:\n  - name: office\n    host: 192.0.2.1\n    port: 5070\n    transport: TLS\n    username: a\n    \
                auth_username: b\n    password: c\n    outbound_proxy: '[2001:db8::1]:5080'\n    expires: 600\n    \
                register: false\n    tls_verify: no\n";
    let trunk = config(text).trunks.remove(0);
    assert_eq!((trunk.port, trunk.transport), (Some(5070), Some(TrunkTransport::Tls)));
    assert_eq!(trunk.auth_username.as_deref(), Some("b"));
    assert_eq!(trunk.outbound_proxy, Some((Host::Ip("2001:db8::1".parse().unwrap()), Some(5080))));
    assert_eq!((trunk.expires, trunk.register, trunk.tls_verify), (Duration::from_mins(10), false, false));
}

#[test]
fn what_is_wrong_with_a_trunk_is_named() {
    let with = |more: &str| format!("trunks: [{{name: a, host: b.example, username: c, password: d, {more}}}]");
    let names = "trunks:\n  - {name: a, host: b.example, username: c, password: d}\n  \
                 - {name: a, host: b.example, username: c, password: d}\n";
    assert_problem(names, "3:12: trunks[2].name: `a` is already the trunk on line 2");
    assert_problem(
        "trunks: [{name: 'a b', host: c.example, username: d, password: e}]",
        "1:17: trunks[1].name: `a b` is not a name of 1 to 32 letters, digits, hyphens and underscores",
    );
    let expected = "1:74: trunks[1].transport: `sctp` is none of udp, tcp, tls; did you mean `tcp`?";
    assert_problem(&with("transport: sctp"), expected);
    assert_problem(&with("expires: 10"), "1:72: trunks[1].expires: `10` is not a whole number from 60 to 86400");
    assert_problem(
        &with("outbound_proxy: 'edge:99999'"),
        "1:79: trunks[1].outbound_proxy: `edge:99999` is neither a host nor a host with a port, such as sip.example.com:5080",
    );
    assert_problem(&with("regster: true"), "1:63: trunks[1]: unknown key `regster`; did you mean `register`?");
}

#[test]
fn that_trunks_carry_no_calls_yet_is_noted() {
    let text = "trunks: [{name: a, host: b.example, username: c, password: d, max_channels: 10}]";
    let expected = [
        "1:9: trunks: Warden registers there; calls by trunks are not built yet",
        "1:63: trunks[1].max_channels: not built yet, ignored",
    ];
    assert_eq!(notes(text), expected);
}

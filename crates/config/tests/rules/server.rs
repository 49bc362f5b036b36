//! `server:` and `web:`.

use std::net::IpAddr;
use std::path::Path;

use warden_config::{Host, PortRange, SipKeepAlive, Tls};

use crate::read::{assert_problem, config, notes, problems};

fn hosts(text: &str) -> Vec<String> {
    config(text).server.host.iter().map(IpAddr::to_string).collect()
}

#[test]
fn every_key_of_the_server_section_is_read() {
    let server = config(
        "server:\n  host: 192.168.1.10\n  sip_port: 5080\n  sips_port: 5081\n  rtp_port_range: [30000, 30999]\n  \
         sip_realm: pbx.example.com\n  data_dir: /var/lib/warden\n  database_url: postgres://u:p@h/warden\n  \
         external_address: 203.0.113.7\n",
    )
    .server;
    assert_eq!(server.host, ["192.168.1.10".parse::<IpAddr>().unwrap()]);
    assert_eq!((server.sip_port, server.sips_port), (5080, 5081));
    assert_eq!(server.rtp_port_range, PortRange::new(30_000, 30_999).unwrap());
    assert_eq!(server.sip_realm, "pbx.example.com");
    assert_eq!(server.data_dir, Path::new("/var/lib/warden"));
    assert_eq!(server.database_url.unwrap().expose(), "postgres://u:p@h/warden");
    assert_eq!(server.external_address, Some(Host::Ip("203.0.113.7".parse().unwrap())));
}

#[test]
fn an_empty_file_has_the_documented_server_settings() {
    let server = config("").server;
    assert_eq!(server.host, ["0.0.0.0".parse::<IpAddr>().unwrap()]);
    assert_eq!((server.sip_port, server.sips_port), (5060, 5061));
    assert_eq!((server.rtp_port_range.first(), server.rtp_port_range.last()), (10_000, 20_000));
    assert_eq!(server.sip_realm, "warden-pbx");
    assert_eq!(server.data_dir, Path::new("var"));
    assert_eq!((server.database_url, server.external_address), (None, None));
}

#[test]
fn host_is_one_address_or_a_list() {
    assert_eq!(hosts("server: {host: '::'}"), ["::"]);
    assert_eq!(hosts("server: {host: [192.168.1.10, 10.0.0.1]}"), ["192.168.1.10", "10.0.0.1"]);
    assert_eq!(hosts("server: {host: ['0.0.0.0', '::']}"), ["0.0.0.0", "::"]);
}

#[test]
fn a_host_that_is_no_ip_address_is_a_problem() {
    let expected = "1:16: server.host: `pbx.example.com` is not an IP address such as 0.0.0.0 or 192.168.1.10";
    assert_problem("server: {host: pbx.example.com}", expected);
    assert_problem("server: {host: []}", "1:16: server.host: must have at least one address");
}

#[test]
fn an_address_to_listen_on_is_written_once() {
    assert_problem("server: {host: [10.0.0.1, 10.0.0.1]}", "1:27: server.host[2]: 10.0.0.1 is written twice");
    let expected = "1:26: server.host[2]: 0.0.0.0 stands for every address, 10.0.0.1 included";
    assert_problem("server: {host: [0.0.0.0, 10.0.0.1]}", expected);
    assert_problem("server: {host: [10.0.0.1, 0.0.0.0]}", &expected.replace("1:26", "1:27"));
}

#[test]
fn a_port_is_a_whole_number_from_1_to_65535() {
    for port in ["0", "65536", "-1", "+5", "5060.0", "1e3", "sip", "99999999999999999999999"] {
        let expected = format!("1:20: server.sip_port: `{port}` is not a whole number from 1 to 65535");
        assert_problem(&format!("server: {{sip_port: {port}}}"), &expected);
    }
    assert_eq!(config("server: {sip_port: '5070'}").server.sip_port, 5070);
    assert_eq!(config("server: {sips_port: 65535}").server.sips_port, 65_535);
}

#[test]
fn the_audio_ports_must_hold_one_call() {
    let expected = "2:19: server.rtp_port_range: 20002 to 20003 cannot hold one call (4 ports)";
    assert_problem("server:\n  rtp_port_range: [20002, 20003]", expected);
    assert_eq!(problems("server: {rtp_port_range: [20000, 20002]}").len(), 1);
    assert_eq!(problems("server: {rtp_port_range: [20003, 20000]}").len(), 1);
    assert_eq!(config("server: {rtp_port_range: [20000, 20003]}").server.rtp_port_range.last(), 20_003);
}

#[test]
fn the_audio_ports_are_a_pair() {
    let expected = "1:26: server.rtp_port_range: must have two ports, the first and the last, as in [10000, 20000]";
    assert_problem("server: {rtp_port_range: [20000]}", expected);
    assert_problem("server: {rtp_port_range: [1, 2, 3]}", expected);
    assert_problem(
        "server: {rtp_port_range: 10000-20000}",
        "1:26: server.rtp_port_range: expected a list, found a single value",
    );
}

#[test]
fn the_audio_ports_may_be_written_as_start_and_end() {
    let range = config("server: {rtp_port_range_start: 30000, rtp_port_range_end: 30003}").server.rtp_port_range;
    assert_eq!((range.first(), range.last()), (30_000, 30_003));
    let range = config("server: {rtp_port_range_start: 12000}").server.rtp_port_range;
    assert_eq!((range.first(), range.last()), (12_000, 20_000));
    let expected = "1:30: server.rtp_port_range_end: 10000 to 9000 cannot hold one call (4 ports)";
    assert_problem("server: {rtp_port_range_end: 9000}", expected);
}

#[test]
fn both_spellings_of_the_audio_ports_at_once_are_a_problem() {
    let text = "server:\n  rtp_port_range: [10000, 20000]\n  rtp_port_range_end: 20000\n";
    let expected = "3:23: server.rtp_port_range_end: server.rtp_port_range on line 2 says the same: keep only that";
    assert_problem(text, expected);
}

#[test]
fn a_realm_is_plain_text_without_quotes() {
    let expected = "1:21: server.sip_realm: must be at most 128 plain characters without quotes and backslashes";
    assert_problem("server: {sip_realm: 'a\"b'}", expected);
    assert_problem(r"server: {sip_realm: 'a\b'}", expected);
    assert_problem("server: {sip_realm: Zürich}", expected);
    assert_problem(&format!("server: {{sip_realm: {}}}", "x".repeat(129)), expected);
    assert_problem("server: {sip_realm: ''}", "1:21: server.sip_realm: is empty");
}

#[test]
fn a_path_is_one_line_that_is_not_empty() {
    assert_problem("server: {data_dir: ' '}", "1:20: server.data_dir: is empty");
    let expected = "1:20: server.data_dir: must be a single line without control characters";
    assert_problem("server: {data_dir: \"a\\nb\"}", expected);
}

#[test]
fn a_database_is_sqlite_or_postgresql() {
    for url in ["sqlite:warden.db", "postgres://h/db", "postgresql://u:p@h/db"] {
        let read = config(&format!("server: {{database_url: '{url}'}}")).server.database_url.unwrap();
        assert_eq!(read.expose(), url);
    }
    let expected =
        "1:24: server.database_url: must start with sqlite:, postgres:// or postgresql:// and name a database";
    assert_problem("server: {database_url: 'mysql://u:hunter2@h/db'}", expected);
    assert_problem("server: {database_url: 'postgres://'}", expected);
}

#[test]
fn a_database_url_is_not_printed() {
    let config = config("server: {database_url: 'postgres://u:hunter2@h/db'}");
    assert!(!format!("{config:?}").contains("hunter2"));
}

#[test]
fn local_networks_are_networks() {
    let networks = config("server: {local_networks: [10.0.0.0/8, '2001:db8::1']}").server.local_networks.unwrap();
    let texts: Vec<_> = networks.iter().map(ToString::to_string).collect();
    assert_eq!(texts, ["10.0.0.0/8", "2001:db8::1/128"]);
    let expected =
        "1:39: server.local_networks[2]: `office` is neither a network such as 192.168.0.0/16 nor an address";
    assert_problem("server: {local_networks: [10.0.0.0/8, office]}", expected);
}

#[test]
fn an_external_address_is_an_ip_address_or_a_host_name() {
    let read = |value: &str| config(&format!("server: {{external_address: '{value}'}}")).server.external_address;
    assert_eq!(read("2001:db8::7"), Some(Host::Ip("2001:db8::7".parse().unwrap())));
    assert_eq!(read("pbx.example.com"), Some(Host::Name("pbx.example.com".to_owned())));
    assert_eq!(read("pbx-1").unwrap().to_string(), "pbx-1");
    let expected = "is neither an IP address nor a host name (no port, no https://)";
    for wrong in ["https://pbx.example.com", "pbx.example.com:5060", "1.2.3", "1.2.3.4.5", "-a.com", "a..b", "a b", ""]
    {
        let text = format!("server: {{external_address: '{wrong}'}}");
        assert_problem(&text, &format!("1:28: server.external_address: `{wrong}` {expected}"));
    }
    let expected = "1:28: server.external_address: nobody can reach 0.0.0.0: write the address that others see";
    assert_problem("server: {external_address: 0.0.0.0}", expected);
}

#[test]
fn every_key_of_the_web_section_is_read() {
    let web = config("web: {host: 127.0.0.1, port: 8443, tls: off}").web;
    assert_eq!((web.host.to_string().as_str(), web.port, web.tls), ("127.0.0.1", 8443, Tls::Off));
    let web = config("").web;
    assert_eq!((web.host.to_string().as_str(), web.port, web.tls), ("0.0.0.0", 8080, Tls::Auto));
}

#[test]
fn tls_is_auto_or_off_and_false_means_off() {
    for (word, tls) in [("auto", Tls::Auto), ("Auto", Tls::Auto), ("true", Tls::Auto), ("on", Tls::Auto)] {
        assert_eq!(config(&format!("web: {{tls: {word}}}")).web.tls, tls, "{word}");
    }
    for word in ["off", "false", "no", "OFF", "False", "'off'"] {
        assert_eq!(config(&format!("web: {{tls: {word}}}")).web.tls, Tls::Off, "{word}");
    }
    assert_problem("web: {tls: maybe}", "1:12: web.tls: `maybe` is neither auto nor off");
}

#[test]
fn two_faces_cannot_have_one_port() {
    let expected = "1:21: server.sips_port: 5060 is the port of both server.sip_port and server.sips_port";
    assert_problem("server: {sips_port: 5060}", expected);
    let expected = "1:20: server.sip_port: 5061 is the port of both server.sip_port and server.sips_port";
    assert_problem("server: {sip_port: 5061}", expected);
    assert_problem("web: {port: 5060}", "1:13: web.port: 5060 is the port of both server.sip_port and web.port");
    assert_problem("web: {port: 5061}", "1:13: web.port: 5061 is the port of both server.sips_port and web.port");
}

#[test]
fn the_sip_port_cannot_be_an_audio_port() {
    let expected = "1:20: server.sip_port: 10000 is one of the ports for audio, 10000 to 20000";
    assert_problem("server: {sip_port: 10000}", expected);
    let expected = "1:26: server.rtp_port_range: 5060 is one of the ports for audio, 5000 to 6000";
    assert_problem("server: {rtp_port_range: [5000, 6000]}", expected);
}

#[test]
fn the_port_of_the_analogue_phone_bridge_gets_a_note() {
    assert_eq!(notes("server: {rest_port: 8000}"), ["1:10: server.rest_port: not built yet, ignored"]);
}

#[test]
fn phones_behind_a_router_are_asked_whether_they_are_there_or_all_or_none() {
    let chosen = |text: &str| config(text).server.sip_keep_alive;
    assert_eq!(chosen(""), SipKeepAlive::Nat);
    let said = ["nat", "all", "off"].map(|word| chosen(&format!("server: {{ sip_keep_alive: {word} }}\n")));
    assert_eq!(said, [SipKeepAlive::Nat, SipKeepAlive::All, SipKeepAlive::Off]);
    let problem = "1:27: server.sip_keep_alive: `25` is none of nat, all, off";
    assert_problem("server: { sip_keep_alive: 25 }\n", problem);
}

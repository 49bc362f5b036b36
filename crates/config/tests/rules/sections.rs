//! `security:`, `logging:`, and the sections that are not built yet.

use std::path::Path;
use std::time::Duration;

use warden_config::{Capture, Config, Hep, Level, TlsVersion};

use crate::read::{assert_problem, config, notes, problems};

#[test]
fn an_empty_file_is_the_default() {
    for text in ["", "\n", "# nothing\n", "---\n", "~", "server:\nextensions:\n", "\u{feff}"] {
        assert_eq!(config(text), Config::default(), "{text:?}");
    }
}

#[test]
fn every_key_of_rate_limiting_is_read() {
    let text = "security:\n  rate_limiting:\n    enabled: false\n    max_attempts: 3\n    window: 60\n    \
                ban_duration: 86400\n    requests_per_second: 50\n";
    let limits = config(text).security.rate_limiting;
    assert_eq!((limits.enabled, limits.max_attempts, limits.requests_per_second), (false, 3, 50));
    assert_eq!((limits.window, limits.ban_duration), (Duration::from_mins(1), Duration::from_hours(24)));
    let limits = config("").security.rate_limiting;
    assert_eq!((limits.enabled, limits.max_attempts, limits.requests_per_second), (true, 5, 200));
    assert_eq!((limits.window, limits.ban_duration), (Duration::from_mins(5), Duration::from_hours(1)));
}

#[test]
fn the_numbers_of_rate_limiting_are_above_zero() {
    let seconds = [("window", 31_622_400), ("ban_duration", 31_622_400)];
    for (key, last) in [("max_attempts", 1_000_000), ("requests_per_second", 1_000_000)].into_iter().chain(seconds) {
        let text = format!("security:\n  rate_limiting:\n    {key}: 0\n");
        let column = 7 + key.len();
        let path = format!("security.rate_limiting.{key}");
        assert_problem(&text, &format!("3:{column}: {path}: `0` is not a whole number from 1 to {last}"));
        assert_eq!(problems(&text.replace(": 0", ": 5m")).len(), 1);
        assert_eq!(problems(&text.replace(": 0", ": 2.5")).len(), 1);
    }
}

#[test]
fn every_key_of_capture_is_read() {
    let text = "capture:\n  failed_calls: no\n  max_size: 2000000\n  max_age_days: 2\n  hep: { address: '[::1]:9060', id: 7 }\n";
    let capture = config(text).capture;
    assert_eq!((capture.failed_calls, capture.max_size, capture.max_age), (false, 2_000_000, Duration::from_hours(48)));
    assert_eq!(capture.hep, Some(Hep { address: "[::1]:9060".parse().unwrap(), id: 7 }));
    assert_eq!(config("capture: { hep: { address: '192.0.2.1:9060' } }").capture.hep.map(|hep| hep.id), Some(1));
    assert_eq!(config("capture:\n  hep:\n").capture, Capture::default());
}

#[test]
fn a_collector_has_an_address_with_a_port() {
    assert_problem("capture: { hep: { id: 1 } }", "1:17: capture.hep.address: is missing");
    for address in ["homer", "192.0.2.1", "homer:9060", "192.0.2.1:0"] {
        let expected = format!(
            "1:28: capture.hep.address: `{address}` is not an IP address with a port, such as 192.168.1.20:9060"
        );
        assert_problem(&format!("capture: {{ hep: {{ address: '{address}' }} }}"), &expected);
    }
}

#[test]
fn authentication_cannot_be_switched_off() {
    config("security: {sip_auth_required: true}");
    let expected = "1:31: security.sip_auth_required: SIP requests are always authenticated: remove this key, and \
                    give a single extension `authentication: none` with the address of its phone instead";
    assert_problem("security: {sip_auth_required: false}", expected);
    assert_eq!(problems("security: {sip_auth_required: maybe}").len(), 1);
}

#[test]
fn fips_mode_is_refused_as_long_as_there_is_none() {
    assert_eq!(notes("security: {fips_mode: false}"), [""; 0]);
    let expected = "1:23: security.fips_mode: this build has no FIPS mode: what it would forbid stays allowed, so it \
                    does not start";
    assert_problem("security: {fips_mode: true}", expected);
}

#[test]
fn a_certificate_comes_with_its_key() {
    let files = config("security: {tls: {certificate: a.pem, key: b.pem}}").security.tls.files.unwrap();
    assert_eq!((files.certificate.to_str(), files.key.to_str()), (Some("a.pem"), Some("b.pem")));
    assert_eq!(config("security: {tls: {}}").security.tls.files, None);
    for alone in ["certificate", "key"] {
        let expected = "1:17: security.tls: certificate and key belong together: give both or neither";
        assert_problem(&format!("security: {{tls: {{{alone}: a.pem}}}}"), expected);
    }
}

#[test]
fn suites_have_their_names_in_the_standard_and_in_openssl() {
    let text = "security: {tls: {min_version: TLSv1.3, ciphers: [TLS_AES_256_GCM_SHA384, ECDHE-RSA-AES256-GCM-SHA384, \
                TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384]}}";
    let tls = config(text).security.tls;
    assert_eq!((tls.min_version, tls.ciphers.as_slice()), (TlsVersion::V1_3, &[0x1302, 0xc030, 0xc030][..]));
    assert_eq!(config("").security.tls.min_version, TlsVersion::V1_2);
    let expected = "1:31: security.tls.min_version: `TLSv1.1` is neither TLSv1.2 nor TLSv1.3";
    assert_problem("security: {tls: {min_version: TLSv1.1}}", expected);
    let problem = &problems("security: {tls: {ciphers: [RC4-MD5]}}")[0];
    assert!(problem.starts_with("1:28: security.tls.ciphers[1]: `RC4-MD5` is none of TLS_AES_256_"), "{problem}");
    let text = "security: {tls: {min_version: '1.3', ciphers: [ECDHE-RSA-AES256-GCM-SHA384]}}";
    let expected = "security.tls.ciphers: none of these is for TLS 1.3, and min_version allows nothing older";
    assert!(problems(text)[0].ends_with(expected), "{:?}", problems(text));
}

#[test]
fn certificates_of_phones_are_checked_by_a_file_and_demanded_unless_it_says_otherwise() {
    let clients = |text: &str| config(&format!("security: {{tls: {{{text}}}}}")).security.tls.clients;
    assert_eq!(clients(""), None);
    for (more, is_required) in
        [("", true), (", client_certificates: required", true), (", client_certificates: optional", false)]
    {
        let clients = clients(&format!("client_ca: ca.pem{more}")).unwrap();
        assert_eq!((clients.authorities.to_str(), clients.is_required), (Some("ca.pem"), is_required));
    }
    let expected = "1:39: security.tls.client_certificates: needs client_ca, the file that certificates are checked by";
    assert_problem("security: {tls: {client_certificates: required}}", expected);
    let expected = "1:58: security.tls.client_certificates: `yes` is neither required nor optional";
    assert_problem("security: {tls: {client_ca: ca.pem, client_certificates: yes}}", expected);
}

#[test]
fn the_rest_of_the_security_section_gets_a_note() {
    let text = "security:\n  tls: {fips_ciphers_only: true}\n  rate_limit: {max_attempts: 3}\n";
    let expected = [
        "2:9: security.tls.fips_ciphers_only: not built yet, ignored",
        "3:3: security.rate_limit: not built yet, ignored; use security.rate_limiting",
    ];
    assert_eq!(notes(text), expected);
    let expected = "1:17: security.tls: unknown key `min_versoin`; did you mean `min_version`?";
    assert_problem("security: {tls: {min_versoin: TLSv1.2}}", &expected.replace("1:17", "1:18"));
}

#[test]
fn every_key_of_the_logging_section_is_read() {
    let logging = config("logging: {level: warning, file: logs/pbx.log, max_size: 4096, backup_count: 0}").logging;
    assert_eq!((logging.level, logging.max_size, logging.backup_count), (Level::Warning, 4096, 0));
    assert_eq!(logging.file.as_deref(), Some(Path::new("logs/pbx.log")));
    let logging = config("").logging;
    assert_eq!((logging.level, logging.file), (Level::Info, None));
    assert_eq!((logging.max_size, logging.backup_count), (10_485_760, 5));
}

#[test]
fn a_log_level_is_one_of_six_words() {
    let words = ["trace", "DEBUG", "Info", "WARNING", "error", "CRITICAL"];
    let levels = words.map(|word| config(&format!("logging: {{level: {word}}}")).logging.level);
    let expected = [Level::Trace, Level::Debug, Level::Info, Level::Warning, Level::Error, Level::Critical];
    assert_eq!(levels, expected);
    let expected = "1:18: logging.level: `warn` is none of DEBUG, INFO, WARNING, ERROR, CRITICAL, TRACE";
    assert_problem("logging: {level: warn}", expected);
}

#[test]
fn the_size_and_number_of_logs_are_limited() {
    let expected = "1:21: logging.max_size: `10 MB` is not a whole number from 1024 to 1099511627776";
    assert_problem("logging: {max_size: 10 MB}", expected);
    let expected = "1:25: logging.backup_count: `1001` is not a whole number from 0 to 1000";
    assert_problem("logging: {backup_count: 1001}", expected);
}

#[test]
fn a_section_that_is_not_built_gets_one_note() {
    assert_eq!(notes("queues:\n  - number: '8001'\n    name: Sales\n"), ["1:1: queues: not built yet, ignored"]);
    assert_eq!(notes("voicemail:\n"), ["1:1: voicemail: not built yet, ignored"]);
    let names = [
        "locations",
        "webrtc",
        "smtp",
        "auto_attendant",
        "provisioning",
        "phonebook",
        "paging",
        "webhooks",
        "integrations",
        "ht802",
        "operator",
        "audio",
        "rtp",
        "rtcp",
        "monitoring",
        "features",
        "conference",
        "parking",
        "presence",
    ];
    for name in names {
        assert_eq!(notes(&format!("{name}:\n")), [format!("1:1: {name}: not built yet, ignored")]);
    }
}

#[test]
fn who_is_at_the_other_end_is_told_in_both_headers_unless_one_is_switched_off() {
    let headers = |text: &str| config(text).sip.caller_id;
    assert_eq!([headers("").send_p_asserted_identity, headers("").send_remote_party_id], [true; 2]);
    let off = headers("sip: {caller_id: {send_p_asserted_identity: false, send_remote_party_id: no}}");
    assert_eq!([off.send_p_asserted_identity, off.send_remote_party_id], [false; 2]);
    assert_eq!(problems("sip: {caller_id: {send_p_asserted_identity: maybe}}").len(), 1);
    assert_problem(
        "sip:\n  caller_id:\n    send_p_aserted_identity: true\n",
        "3:5: sip.caller_id: unknown key `send_p_aserted_identity`; did you mean `send_p_asserted_identity`?",
    );
    assert_eq!(notes("sip: {device: {send_mac_address: true}}"), ["1:7: sip.device: not built yet, ignored"]);
}

#[test]
fn a_note_says_what_to_use_instead() {
    assert_eq!(notes("database: {host: x}"), ["1:1: database: not built yet, ignored; use server.database_url"]);
    assert_eq!(notes("api: {port: 1}"), ["1:1: api: not built yet, ignored; use web.host and web.port"]);
}

#[test]
fn a_typo_in_a_section_that_is_not_built_is_a_problem() {
    let expected = "3:5: queues[1]: unknown key `stratgy`; did you mean `strategy`?";
    assert_problem("queues:\n  - number: '8001'\n    stratgy: random\n", expected);
    let expected = "1:25: queues[1].agents[1]: unknown key `extention`; did you mean `extension`?";
    assert_problem("queues: [{agents: [{    extention: 1}]}]", expected);
    assert_eq!(notes("webhooks: {subscriptions: [{headers: {X-Api-Key: a, Anything: b}}]}").len(), 1);
    assert_eq!(notes("features: {whatever: {at: all}}").len(), 1);
}

#[test]
fn an_unknown_section_names_the_nearest() {
    assert_problem("sever: {}\n", "1:1: unknown key `sever`; did you mean `server`?");
    assert_problem("extension: []\n", "1:1: unknown key `extension`; did you mean `extensions`?");
    assert_problem("colour: red\n", "1:1: unknown key `colour`");
}

#[test]
fn an_unknown_key_of_each_section_is_a_problem() {
    for section in ["server", "web", "dialplan", "e911_protection", "codecs", "security", "logging"] {
        let expected = format!("2:3: {section}: unknown key `zzzzzz`");
        assert_problem(&format!("{section}:\n  zzzzzz: 1\n"), &expected);
    }
    let text = "security:\n  rate_limiting:\n    windw: 1\n";
    assert_problem(text, "3:5: security.rate_limiting: unknown key `windw`; did you mean `window`?");
}

#[test]
fn a_section_that_is_a_single_value_is_a_problem() {
    for section in ["server", "web", "dialplan", "e911_protection", "codecs", "security", "logging"] {
        let expected = format!("2:3: {section}: expected keys with values, found a single value");
        assert_problem(&format!("{section}:\n  yes\n"), &expected);
    }
    assert_problem("hello", "1:1: expected keys with values, found a single value");
    assert_problem("- a\n", "1:1: expected keys with values, found a list");
}

//! Who is heard: networks, scanners, and how an extension's phones sign in.

use warden_config::{Authentication, DigestAlgorithm};

use crate::read::{assert_problem, config};

/// One extension with more keys.
fn extension(more: &str) -> String {
    format!("extensions:\n  - number: '1001'\n    name: Ann\n    password: 'blue-kettle'\n    {more}\n")
}

#[test]
fn networks_are_read_in_their_order() {
    let text = "security: {networks: {allow: [192.168.0.0/16, '2001:db8::/32', 10.1.2.3], deny: [0.0.0.0/0, '::/0']}}";
    let networks = config(text).security.networks;
    let shown = |all: &[warden_config::Network]| all.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(shown(&networks.allow), ["192.168.0.0/16", "2001:db8::/32", "10.1.2.3/32"]);
    assert_eq!(shown(&networks.deny), ["0.0.0.0/0", "::/0"]);
    assert_eq!(config("").security.networks, warden_config::Networks::default());
}

#[test]
fn what_is_no_network_is_told_with_its_place() {
    for bad in ["192.168.0.0/33", "192.168.0/16", "::/129", "office", "10.0.0.0/", "10.0.0.0/08", "10.0.0.0/+8"] {
        let text = format!("security:\n  networks:\n    deny: ['{bad}']\n");
        let expected = format!("`{bad}` is neither a network such as 192.168.0.0/16 nor an address");
        assert_problem(&text, &format!("3:12: security.networks.deny[1]: {expected}"));
    }
    let expected = "1:31: security.networks.allow[1]: `192.168.1.5/24` is an address within a network: write \
                    192.168.1.0/24 for all of it";
    assert_problem("security: {networks: {allow: [192.168.1.5/24]}}", expected);
    assert_problem(
        "security: {networks: {allow: [10.0.0.0/8, 10.0.0.0/8]}}",
        "1:43: security.networks.allow[2]: 10.0.0.0/8 is written twice",
    );
    assert_problem(
        "security: {networks: {alow: [10.0.0.0/8]}}",
        "1:23: security.networks: unknown key `alow`; did you mean `allow`?",
    );
}

#[test]
fn a_network_is_not_both_allowed_and_denied() {
    let text = "security:\n  networks:\n    allow:\n      - 10.0.0.0/8\n    deny:\n      - 10.0.0.0/8\n";
    assert_problem(text, "6:9: security.networks.deny: 10.0.0.0/8 is allowed on line 4");
    config(&text.replace("deny:\n      - 10.0.0.0/8", "deny:\n      - 0.0.0.0/0"));
}

#[test]
fn scanners_are_names_of_some_length() {
    assert_eq!(config("security: {scanners: [wardialer]}").security.scanners, ["wardialer"]);
    assert_eq!(config("security: {scanners: []}").security.scanners, [""; 0]);
    assert!(config("").security.scanners.iter().any(|name| name == "friendly-scanner"));
    let expected = "1:23: security.scanners[1]: `sip` is shorter than 4 characters: phones could be meant";
    assert_problem("security: {scanners: [sip]}", expected);
    let expected = "1:34: security.scanners[2]: `WARDIALER` is written twice";
    assert_problem("security: {scanners: [wardialer, WARDIALER]}", expected);
}

#[test]
fn the_algorithm_is_md5_or_sha_256_for_all_and_for_one() {
    assert_eq!(config("").security.algorithm, DigestAlgorithm::Md5);
    assert_eq!(config("security: {algorithm: sha-256}").security.algorithm, DigestAlgorithm::Sha256);
    let expected = "1:23: security.algorithm: `SHA-512` is none of MD5, SHA-256; did you mean `SHA-256`?";
    assert_problem("security: {algorithm: SHA-512}", expected);
    assert_eq!(config(&extension("algorithm: SHA-256")).extensions[0].algorithm, Some(DigestAlgorithm::Sha256));
    assert_eq!(config(&extension("")).extensions[0].algorithm, None);
}

#[test]
fn a_phone_without_a_password_has_a_private_address() {
    let authentication = |more: &str| config(&extension(more)).extensions[0].authentication;
    assert_eq!(authentication(""), Authentication::Digest);
    assert_eq!(authentication("authentication: digest"), Authentication::Digest);
    for private in ["192.168.1.50", "10.0.0.1", "172.16.0.9", "127.0.0.1", "169.254.1.1", "fd00::1", "fe80::1", "::1"] {
        let address = private.parse().unwrap();
        let more = format!("authentication: none\n    address: '{private}'");
        assert_eq!(authentication(&more), Authentication::None(address), "{private}");
    }
    for public in ["198.51.100.7", "2001:db8::1", "100.64.0.1", "::ffff:8.8.8.8", "0.0.0.0", "172.32.0.1"] {
        let address: std::net::IpAddr = public.parse().unwrap();
        let expected = format!(
            "6:14: extensions[1].address: {address} is no private address: from the open net, a password is always wanted"
        );
        assert_problem(&extension(&format!("authentication: none\n    address: '{public}'")), &expected);
    }
}

#[test]
fn no_password_and_the_address_belong_together() {
    let expected = "5:21: extensions[1].authentication: needs `address`, the one from which no password is wanted";
    assert_problem(&extension("authentication: none"), expected);
    let expected = "5:14: extensions[1].address: has a meaning only with `authentication: none`; see `networks`";
    assert_problem(&extension("address: 192.168.1.50"), expected);
    let expected = "5:21: extensions[1].authentication: `optional` is none of digest, none";
    assert_problem(&extension("authentication: optional"), expected);
    let expected = "6:14: extensions[1].address: `ata.office` is not an IP address such as 192.168.1.50";
    assert_problem(&extension("authentication: none\n    address: ata.office"), expected);
}

#[test]
fn an_extension_may_sign_in_from_some_networks() {
    assert_eq!(
        config(&extension("networks: [192.168.0.0/16]")).extensions[0].networks[0].to_string(),
        "192.168.0.0/16"
    );
    let expected = "5:15: extensions[1].networks: must have at least one network";
    assert_problem(&extension("networks: []"), expected);
    let expected = "5:16: extensions[1].networks[1]: `x` is neither a network such as 192.168.0.0/16 nor an address";
    assert_problem(&extension("networks: [x]"), expected);
}

//! Warden registers at another Warden.

use serde_json::Value;

use crate::support::{Warden, poll};

/// A trunk's entry; the extension 1001 of `provider` is ours.
fn trunk(name: &str, transport: &str, provider: &Warden, password: &str) -> String {
    let port = provider.port_for(transport);
    format!(
        "  - {{ name: {name}, host: 127.0.0.1, port: {port}, transport: {transport}, username: '1001', \
         password: '{password}', expires: 600 }}\n"
    )
}

/// A server with these trunks, which believes in the certificate of `provider`.
fn office(provider: &Warden, trunks: &str) -> Warden {
    let authority = format!("security:\n  tls:\n    ca: '{}'\n", provider.certificate().display());
    Warden::start_with(&[], |text| format!("{text}{authority}trunks:\n{trunks}"))
}

/// The state of the first trunk, as soon as it is as wanted.
fn state(office: &Warden, seconds: u64, is_wanted: impl Fn(&Value) -> bool) -> Value {
    let state = poll(seconds, || office.trunks().into_iter().next().filter(|trunk| is_wanted(trunk)));
    state.unwrap_or_else(|| panic!("{:?}", office.trunks()))
}

#[test]
fn it_registers_over_udp_tcp_and_tls_and_gives_the_registrations_up_when_it_stops() {
    let provider = Warden::start(&[("1001", "blue-kettle")]);
    let trunks = ["udp", "tcp", "tls"].map(|transport| trunk(transport, transport, &provider, "blue-kettle"));
    let mut office = office(&provider, &trunks.concat());
    poll(10, || office.trunks().iter().all(|trunk| trunk["registered"] == true).then_some(()))
        .unwrap_or_else(|| panic!("{:?}", office.trunks()));
    let held = provider.registrations();
    let mut transports: Vec<_> = held.iter().map(|one| one["transport"].as_str().unwrap()).collect();
    transports.sort_unstable();
    assert_eq!(transports, ["TCP", "TLS", "UDP"]);
    for one in &held {
        let transport = one["transport"].as_str().unwrap().to_ascii_lowercase();
        let contact = format!("sip:{transport}@127.0.0.1:{}", office.port_for(&transport));
        assert!(one["contact"].as_str().unwrap().starts_with(&contact), "{one}");
    }
    let trunk = &office.trunks()[0];
    assert!((500..=600).contains(&trunk["expires_in_s"].as_u64().unwrap()), "{trunk}");
    let table = String::from_utf8(office.command(&["trunks"]).stdout).unwrap();
    assert!(table.contains("UDP  registered, expires in 9 min"), "{table}");
    assert!(!office.output().contains("blue-kettle"));

    assert_eq!(office.stop().code(), Some(0));
    assert_eq!(provider.registrations(), Vec::<Value>::new());
}

#[test]
fn a_wrong_password_is_said_so_and_is_not_tried_until_it_is_banned() {
    let provider = Warden::start(&[("1001", "blue-kettle")]);
    let office = office(&provider, &trunk("office", "udp", &provider, "red-kettle"));
    let state = state(&office, 10, |trunk| trunk["error"] == "401: wrong user name or password");
    assert!(state["next_in_s"].as_u64().unwrap() > 800, "{state}");
    let table = String::from_utf8(office.command(&["trunks"]).stdout).unwrap();
    assert!(table.contains("not registered: 401: wrong user name or password; next try in "), "{table}");
    assert_eq!(provider.output().matches("sign-in failed").count(), 1);
    assert!(!office.output().contains("red-kettle"));
}

#[test]
fn a_server_that_goes_down_is_registered_with_when_it_is_up_again() {
    let mut provider = Warden::start(&[("1001", "blue-kettle")]);
    let office = office(&provider, &trunk("office", "tcp", &provider, "blue-kettle"));
    state(&office, 10, |trunk| trunk["registered"] == true);
    provider.kill();
    state(&office, 5, |trunk| trunk["registered"] == false);
    state(&office, 10, |trunk| trunk["error"] == "cannot connect: connection refused");
    provider.restart();
    state(&office, 40, |trunk| trunk["registered"] == true);
    assert_eq!(provider.registered("1001").unwrap()["transport"], "TCP");
}

#[test]
fn a_server_with_a_certificate_that_nobody_vouches_for_gets_no_password() {
    let provider = Warden::start(&[("1001", "blue-kettle")]);
    let trunks = trunk("office", "tls", &provider, "blue-kettle");
    let strict = Warden::start_with(&[], |text| format!("{text}trunks:\n{trunks}"));
    let refused = state(&strict, 10, |trunk| !trunk["error"].is_null());
    assert_eq!(refused["error"], "TLS: invalid peer certificate: UnknownIssuer");
    assert_eq!(provider.registrations(), Vec::<Value>::new());

    let lenient = trunks.replace(" }", ", tls_verify: false }");
    let lenient = Warden::start_with(&[], |text| format!("{text}trunks:\n{lenient}"));
    state(&lenient, 10, |trunk| trunk["registered"] == true);
}

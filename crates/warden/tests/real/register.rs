//! A real phone signs in and out.

use crate::support::{Baresip, Linphone, Warden, poll, run_sipp};

#[test]
fn a_phone_registers_and_unregisters_when_it_quits() {
    let mut server = Warden::start(&[("1001", "blue-kettle")]);
    let mut phone = Baresip::start(&server, "1001", "blue-kettle");
    let registration = server.registered("1001").expect("the phone registers");
    let at = format!("127.0.0.1:{}", phone.sip_port());
    assert!(registration["contact"].as_str().unwrap().contains(&format!("@{at}")), "{registration}");
    assert_eq!(registration["source"], at, "{registration}");
    assert!(registration["user_agent"].as_str().unwrap().starts_with("baresip"), "{registration}");
    assert!((1..=60).contains(&registration["expires_in_s"].as_u64().unwrap()), "{registration}");
    let table = String::from_utf8(server.command(&["registrations"]).stdout).unwrap();
    assert!(table.contains(&at), "{table}");

    phone.quit();
    poll(10, || server.registrations().is_empty().then_some(())).expect("the phone unregisters");
    assert_eq!(server.stop().code(), Some(0));
    assert!(server.output().contains("phone unregistered"));
}

#[test]
fn a_phone_registers_over_tcp() {
    let server = Warden::start(&[("1001", "blue-kettle")]);
    let mut phone = Baresip::start_over("tcp", &server, "1001", "blue-kettle");
    let registration = server.registered("1001").expect("the phone registers");
    assert_eq!(registration["transport"], "TCP", "{registration}");
    phone.quit();
    poll(10, || server.registrations().is_empty().then_some(())).expect("the phone unregisters");
}

#[test]
fn linphone_registers_over_udp_tcp_and_tls() {
    let server = Warden::start(&[("1001", "blue-kettle"), ("1002", "green-kettle"), ("1003", "red-kettle")]);
    let _first = Linphone::register("udp", &server, "1001", "blue-kettle", 440);
    let _second = Linphone::register("tcp", &server, "1002", "green-kettle", 1000);
    let _third = Linphone::register("tls", &server, "1003", "red-kettle", 1000);
    let transport = |extension| server.registered(extension).unwrap()["transport"].clone();
    assert_eq!(["1001", "1002", "1003"].map(transport), ["UDP", "TCP", "TLS"]);
}

#[test]
fn a_wrong_password_never_registers() {
    let server = Warden::start(&[("1001", "blue-kettle")]);
    let phone = Baresip::start(&server, "1001", "red-kettle");
    poll(10, || server.output().contains("sign-in failed").then_some(())).expect("the failure is logged");
    poll(10, || phone.output().contains("401 Unauthorized").then_some(())).expect("the phone is told");
    assert_eq!(server.registrations().len(), 0);
    assert!(!server.output().contains("red-kettle") && !server.output().contains("phone registered"));
}

#[test]
fn a_new_extension_registers_after_a_reload_and_a_bad_file_changes_nothing() {
    let server = Warden::start(&[("1001", "blue-kettle")]);
    let first = Baresip::start(&server, "1001", "blue-kettle");
    server.registered("1001").expect("the first phone registers");

    server.write_text("server:\n  sip_prot: 5060\n");
    server.reload();
    poll(10, || server.output().contains("configuration not reloaded").then_some(())).expect("the problem is logged");
    server.write(&[("1001", "blue-kettle"), ("1002", "green-kettle")]);
    assert_eq!(server.registrations().len(), 1);

    server.reload();
    poll(10, || server.output().contains("configuration reloaded").then_some(())).expect("the file is read");
    let _second = Baresip::start(&server, "1002", "green-kettle");
    server.registered("1002").expect("the second phone registers");
    assert_eq!(server.registrations().len(), 2, "{}", first.output());

    server.write(&[("1002", "green-kettle")]);
    server.reload();
    poll(10, || (server.registrations().len() == 1).then_some(())).expect("the first extension is gone");
}

#[test]
fn every_phone_of_a_scenario_registers_with_digest() {
    let users = ["1001", "1002", "1003", "1004", "1005"].map(|number| (number, "blue-kettle"));
    let server = Warden::start(&users);
    assert!(run_sipp(&server, "register", &users));
    let registrations = server.registrations();
    let extensions: Vec<_> = registrations.iter().map(|one| one["extension"].as_str().unwrap()).collect();
    assert_eq!(extensions, users.map(|(number, _)| number));

    let wrong = [("1001", "red-kettle")];
    assert!(!run_sipp(&server, "register", &wrong));
}

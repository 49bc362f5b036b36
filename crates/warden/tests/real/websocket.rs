//! A browser's phone: SIP over WebSocket on the web port.

use nix::sys::signal::Signal;

use crate::support::{JsSip, Options, PASSWORD, Warden, ask_web, phone, phone_with, poll, server};

/// A server whose web port is encrypted.
fn encrypted() -> Warden {
    let extensions = ["1001", "1002"].map(|number| (number, PASSWORD));
    Warden::start_with(&extensions, |text| text.replace("  tls: off\n", ""))
}

#[test]
fn a_browser_registers_refreshes_and_unregisters_over_wss() {
    let server = encrypted();
    let mut phone = JsSip::register(&server, "1001", PASSWORD);
    let registration = server.registered("1001").expect("it is there");
    assert_eq!(registration["transport"], "WSS", "{registration}");
    assert!(registration["contact"].as_str().unwrap().ends_with(".invalid;transport=ws"), "{registration}");
    assert_eq!(registration["local"], format!("127.0.0.1:{}", server.web_port()), "{registration}");
    assert!(registration["user_agent"].as_str().unwrap().starts_with("JsSIP 3."), "{registration}");
    let table = String::from_utf8(server.command(&["registrations"]).stdout).unwrap();
    assert!(table.contains("1001             WSS "), "{table}");

    let left = || server.registered("1001").unwrap()["expires_in_s"].as_u64().unwrap();
    poll(10, || (left() < 58).then_some(())).expect("time passes");
    phone.order("register");
    poll(10, || (left() >= 58).then_some(())).expect("it is refreshed");
    assert_eq!(server.registrations().len(), 1);

    phone.order("unregister");
    phone.expect("unregistered");
    assert_eq!(server.registrations().len(), 0);
}

#[test]
fn a_call_to_a_browser_rings_there_and_is_refused() {
    let server = encrypted();
    let mut browser = JsSip::register(&server, "1001", PASSWORD);
    for transport in ["udp", "tls"] {
        let options = Options::registered(&server, "1002", PASSWORD, 440).over(transport, &server);
        let mut caller = phone_with(&server, &options);
        caller.dial("1001");
        browser.expect("rings: 1002");
        assert!(caller.hears_ringing());
        browser.order("refuse");
        assert_eq!(caller.call_ended().as_deref(), Some("486 Busy Here"));
        browser.expect("call ended: Rejected");
    }
}

#[test]
fn a_caller_who_gives_up_ends_the_ringing_of_a_browser() {
    let server = encrypted();
    let mut browser = JsSip::register(&server, "1001", PASSWORD);
    let mut caller = phone(&server, "1002", 440);
    caller.dial("1001");
    browser.expect("rings: 1002");
    assert!(caller.hears_ringing());
    caller.hang_up();
    browser.expect("call ended: Canceled");
}

#[test]
fn a_wrong_password_is_refused_and_told_to_ban_tools() {
    let server = encrypted();
    let mut phone = JsSip::start(&server, "1001", "red-kettle");
    phone.order("register");
    phone.expect("not registered: 401");
    assert_eq!(server.registrations().len(), 0);
    let log = server.config().with_file_name("var/security.log");
    let told = poll(5, || std::fs::read_to_string(&log).ok().filter(|log| log.contains("InvalidPassword")));
    let told = told.expect("a line");
    assert!(told.contains("RemoteAddress=\"IPV4/WSS/127.0.0.1/"), "{told}");
}

#[test]
fn a_browser_that_is_gone_is_registered_no_more() {
    let server = encrypted();
    let phone = JsSip::register(&server, "1001", PASSWORD);
    server.registered("1001").expect("it is there");
    phone.signal(Signal::SIGKILL);
    poll(5, || server.registrations().is_empty().then_some(())).expect("its registration ends");
}

#[test]
fn a_browser_that_sleeps_is_registered_no_more_and_one_that_is_silent_stays() {
    let server = encrypted();
    let [asleep, _silent] = ["1001", "1002"].map(|extension| JsSip::register(&server, extension, PASSWORD));
    assert_eq!(server.registrations().len(), 2);
    asleep.signal(Signal::SIGSTOP);
    poll(50, || (server.registrations().len() == 1).then_some(())).expect("it does not answer the ping");
    assert_eq!(server.registrations()[0]["extension"], "1002");
}

#[test]
fn behind_a_proxy_that_encrypts_it_is_ws() {
    let mut server = server();
    let mut phone = JsSip::register(&server, "1001", PASSWORD);
    assert_eq!(server.registered("1001").unwrap()["transport"], "WS");
    assert_eq!(ask_web(&server, "/sip-ws").0, 426);
    assert_eq!(server.stop().code(), Some(0));
    phone.expect("disconnected 1001");
}

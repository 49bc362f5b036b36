//! Busy lamps, presence, mailboxes and messages, with real phones.

use crate::support::{
    Ask, Baresip, Linphone, Options, PASSWORD, RawPhone, Sipp, Warden, free_port, loopback, phone, poll, run_sipp,
    server, sipp_fields,
};

fn raw(server: &Warden, number: &str) -> RawPhone {
    RawPhone::new(server, loopback(1), number, PASSWORD)
}

fn message<'a>(from: &'a str, to: &'a str, text: &'a str) -> Ask<'a> {
    Ask { body: text, body_type: "text/plain", ..Ask::other("MESSAGE", from, to) }
}

#[test]
fn a_message_that_was_accepted_outlives_a_kill_and_comes_when_its_recipient_does() {
    let mut server = server();
    let mut alice = raw(&server, "1001");
    for text in ["one", "two"] {
        assert_eq!(alice.ask_signed(&message("1001", "1002", text)).status_line(), "202 Accepted");
    }
    server.kill();
    server.restart();
    let mut bob = raw(&server, "1002");
    bob.register();
    let [one, two] = [bob.take("MESSAGE"), bob.take("MESSAGE")];
    assert!(one.0.ends_with("\r\n\r\none") && two.0.ends_with("\r\n\r\ntwo"), "{}\n{}", one.0, two.0);
    assert!(one.header("Date").is_some_and(|date| date.ends_with(" GMT")), "{}", one.0);
    let mut server = server;
    assert_eq!(server.stop().code(), Some(0));
    server.restart();
    bob.register();
    assert_eq!(alice.ask_signed(&message("1001", "1002", "three")).status(), 202, "bob has not answered yet");
    assert!(bob.take("MESSAGE").0.ends_with("three"), "what was taken does not come again");
}

#[test]
fn what_is_written_within_a_call_is_shown_by_the_phone_at_the_other_end() {
    let server = server();
    let mut bob = phone(&server, "1002", 1000);
    let line = sipp_fields("1001", PASSWORD, "1002");
    let mut alice = Sipp::calls("write", free_port(), server.sip_port(), &[line], 10);
    bob.rings().expect("it rings");
    bob.answer();
    assert!(alice.ends_well(), "the phone takes it\n{}", bob.output());
    assert!(bob.output().contains("Look at page 7"), "{}", bob.output());
}

#[test]
fn a_phone_is_told_by_command_to_fetch_its_configuration() {
    let server = server();
    let mut alice = raw(&server, "1001");
    let refused = server.command(&["phone", "resync", "1001"]);
    assert!(String::from_utf8_lossy(&refused.stderr).ends_with("no phone of 1001 is registered\n"), "{refused:?}");
    alice.register();
    let told = server.command(&["phone", "resync", "1001", "--reboot"]);
    assert!(told.status.success() && told.stdout.starts_with(b"1 phone was told"), "{told:?}");
    assert_eq!(alice.take("NOTIFY").header("Event"), Some("check-sync;reboot=true"));
}

#[test]
fn sipp_subscribes_to_a_busy_lamp_is_told_and_unsubscribes() {
    let server = server();
    let users: Vec<_> = std::iter::repeat_n(("1001", PASSWORD), 20).collect();
    assert!(run_sipp(&server, "lamp", &users));
}

#[test]
fn a_phone_that_watches_its_mailbox_is_told_that_nothing_waits() {
    let server = server();
    let mut alice = raw(&server, "1001");
    let headers = "Event: message-summary\r\nExpires: 600\r\n";
    let granted = alice.ask_signed(&Ask { headers, ..Ask::other("SUBSCRIBE", "1001", "1001") });
    assert_eq!((granted.status(), granted.header("Expires")), (200, Some("600")), "{}", granted.0);
    let told = alice.take("NOTIFY");
    assert_eq!(told.header("Event"), Some("message-summary"), "{}", told.0);
    assert!(told.0.contains("\r\n\r\nMessages-Waiting: no\r\n"), "{}", told.0);
}

#[test]
fn baresip_sees_who_is_there() {
    let server = server();
    let options = Options { watches: Some("1002"), ..Options::registered(&server, "1001", PASSWORD, 440) };
    let alice = Baresip::start_with(&options);
    let said = |text: &str| poll(15, || alice.output().contains(text).then_some(()));
    assert!(said("<basic>closed</basic>").is_some(), "{}", alice.output());
    let mut bob = Baresip::start(&server, "1002", PASSWORD);
    assert!(said("<basic>open</basic>").is_some(), "{}", alice.output());
    bob.quit();
    assert!(
        poll(15, || alice.output().rsplit("<basic>").next().map(|it| it.starts_with("closed")).filter(|it| *it))
            .is_some()
    );
}

#[test]
fn two_linphones_publish_their_presence_and_see_each_others() {
    let server = server();
    let mut alice = Linphone::watching(&server, "1001", PASSWORD, "1002");
    assert!(alice.sees("Offline"));
    let mut bob = Linphone::watching(&server, "1002", PASSWORD, "1001");
    assert!(alice.sees("Online") && bob.sees("Online"));
    assert!(alice.has_published() && bob.has_published());
    bob.dial("1001");
    alice.rings().expect("it rings");
    alice.answer();
    assert!(alice.sees("On the phone") && bob.sees("On the phone"));
    bob.hang_up();
    assert!(alice.sees("Online") && bob.sees("Online"));
    bob.quit();
    assert!(alice.sees("Offline"));
}

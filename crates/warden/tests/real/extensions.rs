//! Extensions in the database, made and changed on the command line, with a server and without one.

use std::process::Output;

use serde_json::Value;

use crate::support::{Options, PASSWORD, Warden, connect, phone, phone_with, poll};

fn said(output: &Output) -> String {
    String::from_utf8_lossy(if output.status.success() { &output.stdout } else { &output.stderr }).into_owned()
}

/// Adds an extension and gives the password that was made up.
fn add(server: &Warden, number: &str) -> String {
    let said = said(&server.command(&["extension", "add", number, "--name", "Bob"]));
    said.lines().find_map(|line| line.strip_prefix("password: ")).unwrap_or_else(|| panic!("{said}")).to_owned()
}

fn numbers(server: &Warden) -> Vec<(String, String)> {
    let output = server.command(&["extension", "list", "--json"]);
    let all: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", said(&output)));
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    all.iter().map(|one| (text(&one["number"]), text(&one["source"]))).collect()
}

#[test]
fn an_extension_that_is_added_to_a_running_server_can_be_called_at_once() {
    let server = Warden::start(&[("1001", PASSWORD)]);
    let password = add(&server, "1002");
    let mut alice = phone(&server, "1001", 440);
    let mut bob = phone_with(&server, &Options::registered(&server, "1002", &password, 1000));
    connect(&mut alice, &mut bob, "1002");
    assert!(alice.hears_only(1000) && bob.hears_only(440));
    bob.hang_up();

    assert_eq!(said(&server.command(&["extension", "remove", "1002"])), "extension 1002 removed\n");
    poll(5, || (server.registrations().len() == 1).then_some(())).expect("its phone cannot be reached any more");
}

#[test]
fn an_extension_that_the_dialplan_does_not_ring_is_added_with_a_note() {
    let server = Warden::start(&[]);
    for (number, is_noted) in [("1001", false), ("2001", true)] {
        let output = server.command(&["extension", "add", number, "--name", "Bob"]);
        assert!(said(&output).starts_with(&format!("extension {number} added\npassword: ")), "{output:?}");
        let note = format!("note: nobody can call {number}: dialplan.patterns in ");
        assert_eq!(String::from_utf8_lossy(&output.stderr).starts_with(&note), is_noted, "{output:?}");
    }
}

#[test]
fn extensions_are_changed_without_a_server_too_and_the_file_is_never_overruled() {
    let mut server = Warden::start(&[("1001", PASSWORD)]);
    add(&server, "1002");
    let checked = said(&server.command(&["check"]));
    assert!(checked.ends_with(": no problems; 2 extensions: 1 in the file, 1 in the database\n"), "{checked}");
    assert_eq!(server.stop().code(), Some(0));
    let checked = said(&server.command(&["check"]));
    let expected = "1 extension in the file; those in the database are counted while the server runs\n";
    assert!(checked.ends_with(expected), "{checked}");
    add(&server, "1003");
    let all = [("1001", "file"), ("1002", "database"), ("1003", "database")];
    assert_eq!(numbers(&server), all.map(|(number, source)| (number.to_owned(), source.to_owned())));
    let refusal = said(&server.command(&["extension", "add", "1003", "--name", "Carol"]));
    assert_eq!(refusal, "warden: extension 1003 exists already\n");
    let refusal = said(&server.command(&["extension", "remove", "1001"]));
    assert!(refusal.starts_with("warden: 1001 is declared in the configuration file, line "), "{refusal}");
    server.restart();
    let refusal = said(&server.command(&["extension", "set-password", "1009"]));
    assert_eq!(refusal, "warden: the server answered: there is no extension 1009\n");
}

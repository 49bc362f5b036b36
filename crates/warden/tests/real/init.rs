//! `warden init`: from an empty folder to a call between the two examples, and what it leaves alone.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

use crate::support::{Baresip, Options, Process, free_port, free_range, poll};

const CONFIG: &str = "var/config.yml";

/// Runs in `place`, as a user does in the project's folder.
fn command(place: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_warden"));
    command.current_dir(place).args(arguments).args(["--config", CONFIG]);
    command
}

fn run(place: &Path, arguments: &[&str]) -> Output {
    command(place, arguments).output().unwrap()
}

/// What a command says that does what it should.
fn said(place: &Path, arguments: &[&str]) -> String {
    let output = run(place, arguments);
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// The last word of the line of an extension.
fn password<'a>(text: &'a str, number: &str) -> &'a str {
    let line = text.lines().find(|line| line.trim_start().starts_with(number)).unwrap_or_else(|| panic!("{text}"));
    line.split_whitespace().last().unwrap()
}

/// Sets a key that the sample shows.
fn set(text: &str, shown: &str, key: &str) -> String {
    assert_eq!(text.matches(shown).count(), 1, "{shown}");
    text.replace(shown, key)
}

/// Has the sample listen on free ports, of which it gives the one for SIP.
fn take_free_ports(place: &Path) -> u16 {
    let (sip, path) = (free_port(), place.join(CONFIG));
    let text = fs::read_to_string(&path).unwrap();
    let text = set(&text, "server:\n", "server:\n  host: 127.0.0.1\n");
    let text = set(&text, "#sip_port: 5060", &format!("sip_port: {sip}"));
    let text = set(&text, "#sips_port: 5061", &format!("sips_port: {}", free_port()));
    let text = set(&text, "#rtp_port_range: [10000, 20000]", &format!("rtp_port_range: {:?}", free_range(200)));
    fs::write(path, set(&text, "#port: 8080", &format!("port: {}", free_port()))).unwrap();
    sip
}

fn serve(place: &TempDir) -> Process {
    let server = Process::start(&mut command(place.path(), &["serve"]), &place.path().join("warden.log"));
    poll(10, || server.output().contains("warden ready").then_some(())).expect("the server becomes ready");
    server
}

#[test]
fn a_new_folder_gets_two_examples_that_call_each_other() {
    let place = tempfile::tempdir().unwrap();
    let first = said(place.path(), &["init"]);
    let (alice, bob) = (password(&first, "1001"), password(&first, "1002"));
    assert!(alice.len() == 20 && bob.len() == 20 && alice != bob, "{first}");
    for file in ["var", CONFIG] {
        let mode = fs::metadata(place.path().join(file)).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{file}");
    }
    assert_eq!(
        said(place.path(), &["check"]),
        format!(
            "music on hold, class default: 5 tracks that come with Warden\n\
             {CONFIG}: no problems; 0 extensions in the file; those in the database are counted while the server runs\n"
        )
    );

    let port = take_free_ports(place.path());
    let _server = serve(&place);
    let phone = |number, password, tone_hz| {
        let options = Options { password, registrar: Some(port), ..Options::direct(number, tone_hz) };
        let phone = Baresip::start_with(&options);
        let is_registered = || said(place.path(), &["registrations"]).contains(number).then_some(());
        poll(10, is_registered).expect("the printed login is good");
        phone
    };
    let (mut alice, mut bob) = (phone("1001", alice, 440), phone("1002", bob, 1000));
    alice.dial("1002");
    bob.rings().expect("it rings");
    bob.answer();
    assert!(alice.hears_only(1000) && bob.hears_only(440));
}

#[test]
fn a_second_time_changes_nothing_with_a_server_and_without_one() {
    let place = tempfile::tempdir().unwrap();
    let first = said(place.path(), &["init"]);
    take_free_ports(place.path());
    let state = || {
        let text = fs::read_to_string(place.path().join(CONFIG)).unwrap();
        (text, said(place.path(), &["extension", "list"]))
    };
    let before = state();
    let again = said(place.path(), &["init"]);
    assert_eq!(state(), before);
    assert!(again.starts_with("var/config.yml was there already and is as it was.\n"), "{again}");
    assert!(again.contains("127.0.0.1   port ") && !again.contains("PASSWORD"), "{again}");
    assert!(!again.contains(password(&first, "1001")) && !again.contains(password(&first, "1002")), "{again}");

    let _server = serve(&place);
    let running = said(place.path(), &["init"]);
    assert!(running.contains("A server is already running, at var/warden.sock"), "{running}");
    assert_eq!(state(), before);
}

#[test]
fn who_is_declared_in_the_file_is_alone_and_a_broken_file_is_left_as_it_is() {
    let place = tempfile::tempdir().unwrap();
    fs::create_dir(place.path().join("var")).unwrap();
    let write = |text| fs::write(place.path().join(CONFIG), text).unwrap();
    write("extensions:\n  - { number: '201', name: Ann, password: blue-kettle }\n");
    let text = said(place.path(), &["init"]);
    assert!(text.contains(" 201 ") && !text.contains("1001") && !text.contains("blue-kettle"), "{text}");
    let all: Vec<Value> = serde_json::from_str(&said(place.path(), &["extension", "list", "--json"])).unwrap();
    assert_eq!(all.len(), 1);

    write("server: { sip_prot: 5060 }\n");
    let refused = run(place.path(), &["init"]);
    let problems = String::from_utf8_lossy(&refused.stderr);
    assert_eq!((refused.status.code(), refused.stdout.len()), (Some(2), 0), "{problems}");
    assert!(problems.starts_with("var/config.yml:1:11: server: unknown key `sip_prot`"), "{problems}");
    assert_eq!(fs::read_to_string(place.path().join(CONFIG)).unwrap(), "server: { sip_prot: 5060 }\n");
}

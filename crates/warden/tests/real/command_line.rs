//! What the commands say and how they end.

use std::fs;
use std::net::UdpSocket;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

use crate::support::{Warden, free_port};

fn warden(arguments: &[&str], config: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_warden")).args(arguments).arg("--config").arg(config).output().unwrap()
}

fn said(output: &[u8]) -> String {
    String::from_utf8(output.to_vec()).unwrap()
}

#[test]
fn check_and_serve_print_every_problem_and_exit_with_2() {
    let place = tempfile::tempdir().unwrap();
    let config = place.path().join("config.yml");
    fs::write(&config, "server:\n  sip_prot: 5060\n  rtp_port_range: [20002, 20003]\n").unwrap();
    for command in ["check", "serve"] {
        let output = warden(&[command], &config);
        let problems = said(&output.stderr);
        assert_eq!((output.status.code(), problems.lines().count()), (Some(2), 2), "{problems}");
        assert!(problems.contains("config.yml:2:3: server: unknown key `sip_prot`"), "{problems}");
    }
    fs::write(&config, "server: { sip_port: 5060 }\n").unwrap();
    let output = warden(&["check"], &config);
    assert_eq!((output.status.code(), said(&output.stderr).as_str()), (Some(0), ""));
}

#[test]
fn a_port_that_is_taken_is_named() {
    let place = tempfile::tempdir().unwrap();
    let config = place.path().join("config.yml");
    let port = free_port();
    let _taken = UdpSocket::bind(("127.0.0.1", port)).unwrap();
    let data_dir = place.path().join("var");
    let text = format!("server: {{ host: 127.0.0.1, sip_port: {port}, data_dir: '{}' }}\n", data_dir.display());
    fs::write(&config, text).unwrap();
    let output = warden(&["serve"], &config);
    let expected = format!("warden: cannot listen on 127.0.0.1:{port}/udp: address already in use\n");
    let said = said(&output.stderr);
    assert!(output.status.code() == Some(1) && said.ends_with(&expected), "{said}");
}

#[test]
fn the_command_socket_is_private_and_replaced_when_stale_and_named_when_live() {
    let mut server = Warden::start(&[]);
    let socket = server.config().with_file_name("var").join("warden.sock");
    assert_eq!(fs::metadata(&socket).unwrap().permissions().mode() & 0o777, 0o600);

    let second = server.command(&["serve"]);
    let expected = format!("warden: a server is already running, at {}\n", socket.display());
    assert_eq!((second.status.code(), said(&second.stderr)), (Some(1), expected));
    assert_eq!(server.registrations().len(), 0);

    server.kill();
    assert!(socket.exists());
    let asked = server.command(&["registrations"]);
    let expected = format!("warden: no server is running: nobody listens at {}\n", socket.display());
    assert_eq!((asked.status.code(), said(&asked.stderr)), (Some(1), expected));
    server.restart();
    assert_eq!(server.registrations().len(), 0);
    assert_eq!(server.stop().code(), Some(0));
    assert!(!socket.exists());
}

#[test]
fn a_command_that_is_started_in_another_folder_than_the_server_says_so() {
    let place = tempfile::tempdir().unwrap();
    let config = place.path().join("config.yml");
    fs::write(&config, "").unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_warden"));
    let output = command.args(["calls", "--config"]).arg(&config).current_dir(place.path()).output().unwrap();
    let advice = "server.data_dir is relative, so start this in the same folder as the server";
    let socket = place.path().join("var/warden.sock");
    let expected = format!("warden: no server is running: nobody listens at {}; {advice}\n", socket.display());
    assert_eq!((output.status.code(), said(&output.stderr)), (Some(1), expected));
}

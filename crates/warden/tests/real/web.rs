//! The web port of the built `warden`.

use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::process::Command;

use crate::support::{Baresip, Warden, free_port, get, poll};

#[test]
fn status_counts_a_phone_and_health_is_good_through_a_reload_until_the_server_stops() {
    let mut server = Warden::start(&[("1001", "blue-kettle")]);
    assert_eq!(get(&server, "/api/health")["status"], "ready");
    assert_eq!(get(&server, "/api/status")["registered_extensions"], 0);
    let _phone = Baresip::start(&server, "1001", "blue-kettle");
    let status = poll(10, || Some(get(&server, "/api/status")).filter(|status| status["registered_phones"] == 1));
    let status = status.expect("the phone is counted");
    assert_eq!((&status["status"], &status["active_calls"]), (&"running".into(), &0.into()));
    assert!(status["messages"]["received"].as_u64().is_some_and(|received| received >= 2), "{status}");

    server.write(&[("1001", "blue-kettle"), ("1002", "green-kettle")]);
    server.reload();
    poll(10, || server.output().contains("configuration reloaded").then_some(())).expect("the file is read");
    assert_eq!(get(&server, "/api/health")["status"], "ready");

    assert!(server.output().contains("web port open for this machine only"), "{}", server.output());
    assert_eq!(server.stop().code(), Some(0));
    TcpListener::bind((Ipv4Addr::LOCALHOST, server.web_port())).expect("the web port is free again");
}

#[test]
fn a_web_port_that_another_server_has_is_named() {
    let first = Warden::start(&[]);
    let place = tempfile::tempdir().unwrap();
    let (data_dir, sip_port, port) = (place.path().join("var"), free_port(), first.web_port());
    let text = format!(
        "server: {{ host: 127.0.0.1, sip_port: {sip_port}, data_dir: '{}' }}\nweb: {{ port: {port} }}\n",
        data_dir.display()
    );
    let config = place.path().join("config.yml");
    fs::write(&config, text).unwrap();
    let mut second = Command::new(env!("CARGO_BIN_EXE_warden"));
    let second = second.args(["serve", "--config"]).arg(&config).output().unwrap();
    let said = String::from_utf8(second.stderr).unwrap();
    let expected = format!("warden: cannot listen on 127.0.0.1:{port}/tcp: address already in use\n");
    assert_eq!(second.status.code(), Some(1), "{said}");
    assert!(said.ends_with(&expected), "{said}");
    assert_eq!(get(&first, "/api/health")["status"], "ready");
}

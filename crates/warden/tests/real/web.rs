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

    assert_eq!(server.stop().code(), Some(0));
    TcpListener::bind((Ipv4Addr::LOCALHOST, server.web_port())).expect("the web port is free again");
}

#[test]
fn a_web_port_that_another_server_has_is_named() {
    let first = Warden::start(&[]);
    let place = tempfile::tempdir().unwrap();
    let (data_dir, port) = (place.path().join("var"), first.web_port());
    let text = format!(
        "server: {{ host: 127.0.0.1, sip_port: {}, sips_port: {}, data_dir: '{}' }}\n\
         web: {{ host: 127.0.0.1, port: {port}, tls: off }}\n",
        free_port(),
        free_port(),
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

/// A server whose web port is encrypted.
fn encrypted() -> Warden {
    Warden::start_with(&[], |text| text.replace("  tls: off\n", ""))
}

/// What `curl` prints of a page; `extra` are more of its arguments.
fn curl(url: &str, extra: &[&str]) -> (Option<i32>, String) {
    let output =
        Command::new("curl").args(["--silent", "--show-error", "--max-time", "10"]).args(extra).arg(url).output();
    let output = output.unwrap();
    (output.status.code(), String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
}

fn certificate(server: &Warden, name: &str) -> String {
    server.config().with_file_name("var").join("certs").join(name).display().to_string()
}

/// What `warden cert` says of the certificate.
fn cert_status(server: &Warden) -> serde_json::Value {
    let mut warden = Command::new(env!("CARGO_BIN_EXE_warden"));
    let output = warden.args(["cert", "status", "--json", "--config"]).arg(server.config()).output().unwrap();
    let all: Vec<serde_json::Value> = serde_json::from_slice(&output.stdout).unwrap();
    all.into_iter().next().expect("one certificate")
}

#[test]
fn the_web_port_speaks_https_with_a_certificate_that_was_made_at_the_start() {
    let server = encrypted();
    let trust = certificate(&server, "warden.pem");
    let port = server.web_port();
    for host in ["localhost", "127.0.0.1"] {
        let (code, said) = curl(&format!("https://{host}:{port}/api/health"), &["--cacert", &trust]);
        assert_eq!(code, Some(0), "{said}");
        assert!(said.contains("\"ready\""), "{said}");
    }
    let (code, said) = curl(&format!("https://localhost:{port}/api/health"), &[]);
    assert_eq!(code, Some(60), "nobody has signed it: {said}");
    let (code, said) = curl(&format!("https://localhost:{port}/api/status"), &["-k", "--tls-max", "1.2"]);
    assert!(code == Some(0) && said.contains("registered_extensions"), "{said}");
    let old = curl(&format!("https://localhost:{port}/api/health"), &["-k", "--tls-max", "1.1"]);
    assert_ne!(old.0, Some(0), "{old:?}");

    let status = cert_status(&server);
    assert_eq!((&status["self_signed"], &status["days_until_expiry"]), (&true.into(), &823.into()), "{status}");
    let names = status["names"].as_array().unwrap();
    assert!(["localhost", "127.0.0.1", "::1"].iter().all(|name| names.contains(&(*name).into())), "{status}");
}

#[test]
fn only_the_versions_and_suites_of_the_configuration_are_spoken() {
    let offered = |tls: &str| {
        let server =
            Warden::start_with(&[], |text| text.replace("  tls: off\n", "") + "security:\n  tls: " + tls + "\n");
        let url = format!("https://localhost:{}/api/health", server.web_port());
        let speaks = |extra: &[&str]| curl(&url, &[&["-k"], extra].concat()).0 == Some(0);
        let suite = "ECDHE-RSA-AES128-GCM-SHA256";
        [speaks(&["--tls-max", "1.2"]), speaks(&["--tlsv1.3"]), speaks(&["--tls-max", "1.2", "--ciphers", suite])]
    };
    assert_eq!(offered("{ min_version: TLSv1.3 }"), [false, true, false]);
    assert_eq!(offered("{ ciphers: [ECDHE-RSA-AES256-GCM-SHA384] }"), [true, false, false]);
    assert_eq!(offered("{ ciphers: [TLS_AES_256_GCM_SHA384, ECDHE-RSA-AES128-GCM-SHA256] }"), [true, true, true]);
}

#[test]
fn plain_http_on_the_https_port_is_sent_to_https() {
    let server = encrypted();
    let port = server.web_port();
    let format = ["--output", "/dev/null", "--write-out", "%{http_code} %{redirect_url}"];
    let (_, said) = curl(&format!("http://localhost:{port}/api/health?a=b"), &format);
    assert_eq!(said, format!("308 https://localhost:{port}/api/health?a=b"));
}

#[test]
fn a_new_certificate_is_shown_without_a_restart_and_a_bad_one_is_not() {
    let server = encrypted();
    let trust = certificate(&server, "warden.pem");
    let url = format!("https://pbx.example.com:{}/api/health", server.web_port());
    let resolve = format!("pbx.example.com:{}:127.0.0.1", server.web_port());
    let trusting = ["--cacert", &trust, "--resolve", &resolve];
    assert_eq!(curl(&url, &trusting).0, Some(60), "it is not for this name");

    let mut warden = Command::new(env!("CARGO_BIN_EXE_warden"));
    let made = warden.args(["cert", "self-signed", "--host", "pbx.example.com", "--config"]).arg(server.config());
    let made = made.output().unwrap();
    assert!(made.status.success(), "{made:?}");
    server.reload();
    poll(10, || (curl(&url, &trusting).0 == Some(0)).then_some(())).expect("the new certificate");

    fs::write(certificate(&server, "warden.key"), "no key").unwrap();
    server.reload();
    poll(10, || server.output().contains("the certificate before is still shown").then_some(())).expect("an error");
    assert_eq!(curl(&url, &trusting).0, Some(0));
}

#[test]
fn a_certificate_of_ones_own_that_cannot_be_used_stops_the_start_with_the_reason() {
    let place = tempfile::tempdir().unwrap();
    let config = place.path().join("config.yml");
    let (data_dir, missing) = (place.path().join("var"), place.path().join("pbx.pem"));
    let text = format!(
        "server: {{ host: 127.0.0.1, sip_port: {}, data_dir: '{}' }}\nweb: {{ port: {} }}\n\
         security: {{ tls: {{ certificate: '{}', key: pbx.key }} }}\n",
        free_port(),
        data_dir.display(),
        free_port(),
        missing.display()
    );
    fs::write(&config, text).unwrap();
    let mut warden = Command::new(env!("CARGO_BIN_EXE_warden"));
    let output = warden.args(["serve", "--config"]).arg(&config).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    let expected = format!(
        "warden: there is no certificate for TLS: cannot read {}: No such file or directory (os error 2)\n",
        missing.display()
    );
    assert!(said.ends_with(&expected), "{said}");
}

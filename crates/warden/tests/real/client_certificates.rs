//! Phones that must show a certificate; `openssl` is the phone.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::support::{Warden, get, poll};

/// Without its length it cannot be told from the next one: it is answered, and the connection closed.
const MESSAGE: &str = "OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/TLS c;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\n\
                       To: <sip:a@b>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\n\r\n";

fn openssl(place: &Path, arguments: &str) {
    let output = Command::new("openssl").current_dir(place).args(arguments.split(' ')).output().unwrap();
    assert!(output.status.success(), "{output:?}");
}

/// A folder with `ca.pem`, and `phone.pem` that it has signed.
fn authority() -> TempDir {
    let place = tempfile::tempdir().unwrap();
    let key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
    openssl(place.path(), &format!("req -x509 {key} -keyout ca.key -out ca.pem -subj /CN=Phones -days 2"));
    openssl(place.path(), &format!("req {key} -keyout phone.key -out phone.csr -subj /CN=1001"));
    fs::write(place.path().join("extensions"), "basicConstraints=CA:FALSE").unwrap();
    let signed = "-CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile extensions -out phone.pem";
    openssl(place.path(), &format!("x509 -req -in phone.csr {signed}"));
    fs::write(place.path().join("message"), MESSAGE).unwrap();
    place
}

/// Whether a phone that shows this, of the folder, is answered.
fn is_served(server: &Warden, place: &Path, shown: &str) -> bool {
    let arguments = format!("s_client -quiet -connect 127.0.0.1:{}{shown}", server.port_for("tls"));
    let mut phone = Command::new("openssl");
    phone.current_dir(place).args(arguments.split(' ')).stdin(fs::File::open(place.join("message")).unwrap());
    let output = phone.stderr(Stdio::null()).output().unwrap();
    output.stdout.starts_with(b"SIP/2.0 400 Missing Content-Length\r\n")
}

#[test]
fn phones_are_asked_for_what_the_configuration_says_and_browsers_are_not() {
    let place = authority();
    let place = place.path();
    let demand = |word: &str| {
        let file = place.join("ca.pem").display().to_string();
        format!("security:\n  tls: {{ client_ca: '{file}', client_certificates: {word} }}\n")
    };
    let with = " -cert phone.pem -key phone.key";
    let server = Warden::start_with(&[], |text| text + &demand("required"));
    let both = || ["", with].map(|shown| is_served(&server, place, shown));
    assert_eq!(both(), [false, true]);
    assert_eq!(get(&server, "/api/health")["status"], "ready");

    let text = fs::read_to_string(server.config()).unwrap();
    server.write_text(&text.replace("required", "optional"));
    server.reload();
    poll(10, || (both() == [true, true]).then_some(())).expect("it is optional now");

    fs::write(place.join("ca.pem"), "nothing").unwrap();
    server.reload();
    let told = "the certificates of phones that counted before still do";
    poll(10, || server.output().contains(told).then_some(())).expect("an error");
    assert_eq!(both(), [true, true]);

    server.write_text(text.split("security:").next().unwrap());
    server.reload();
    poll(10, || server.output().contains("\"authorities\":0").then_some(())).expect("nothing is demanded any more");
    assert_eq!(both(), [true, true]);
}

#[test]
fn a_file_that_cannot_be_read_stops_the_start_with_the_reason() {
    let place = tempfile::tempdir().unwrap();
    let config = place.path().join("config.yml");
    let missing = place.path().join("ca.pem");
    let data_dir = place.path().join("var");
    let text = format!(
        "server: {{ data_dir: '{}' }}\nsecurity: {{ tls: {{ client_ca: '{}' }} }}\n",
        data_dir.display(),
        missing.display()
    );
    fs::write(&config, text).unwrap();
    let mut warden = Command::new(env!("CARGO_BIN_EXE_warden"));
    let output = warden.args(["serve", "--config"]).arg(&config).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    let expected = format!("warden: cannot check certificates of phones: cannot read {}", missing.display());
    assert!(said.contains(&expected), "{said}");
}

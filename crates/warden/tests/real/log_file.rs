//! `logging.file`: the log in a file too, of a bounded size.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::support::{Warden, poll};

/// A server that logs to `file` too; in steps of 2 KB, twice put aside.
fn start(file: &str) -> (Warden, PathBuf) {
    let mut server = Warden::start(&[("1001", "blue-kettle")]);
    let place = server.config();
    let file = place.with_file_name(file);
    let text = fs::read_to_string(&place).unwrap();
    let keys = format!("logging:\n  file: '{}'\n  max_size: 2048\n  backup_count: 2\n", file.display());
    server.write_text(&text.replace("logging:\n", &keys));
    assert_eq!(server.stop().code(), Some(0));
    server.restart();
    (server, file)
}

fn has(file: &Path, words: &str) -> Option<()> {
    fs::read_to_string(file).is_ok_and(|text| text.contains(words)).then_some(())
}

#[test]
fn the_log_goes_to_the_file_too_and_does_not_outgrow_its_size() {
    let (server, file) = start("logs/pbx.log");
    poll(10, || has(&file, "SIP listening address=127.0.0.1")).expect("a line for people");
    let elsewhere = || server.output().contains(r#""message":"listening""#).then_some(());
    poll(10, elsewhere).expect("standard error has it too");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o640);
    let backup = |number| file.with_file_name(format!("pbx.log.{number}"));
    poll(60, || {
        server.command(&["registrations"]);
        server.reload();
        backup(2).exists().then_some(())
    })
    .expect("it is put aside twice");
    for number in 0..60 {
        server.reload();
        let revisions = || server.output().matches("configuration reloaded").count();
        poll(10, || (revisions() > number).then_some(())).expect("the file is read");
    }
    for file in [file.clone(), backup(1), backup(2)] {
        assert!(fs::metadata(&file).unwrap().len() <= 2048, "{}", file.display());
    }
    assert!(!backup(3).exists());
}

#[test]
fn a_file_that_logrotate_has_put_aside_is_opened_anew_on_sighup() {
    let (server, file) = start("pbx.log");
    poll(10, || has(&file, "listening")).expect("the file is there");
    let security = file.with_file_name("var/security.log");
    fs::rename(&file, file.with_file_name("theirs")).unwrap();
    fs::rename(&security, file.with_file_name("theirs too")).unwrap();
    // Even with a configuration that is refused.
    server.write_text("server:\n  sip_prot: 5060\n");
    server.reload();
    poll(10, || has(&file, "configuration not reloaded")).expect("the log goes on in a new file");
    poll(10, || security.exists().then_some(())).expect("so does the security log");
}

#[test]
fn a_server_whose_log_file_cannot_be_written_serves_all_the_same() {
    let (mut server, _file) = start("config.yml/pbx.log");
    poll(10, || server.output().contains("cannot write a log file").then_some(())).expect("it says so");
    assert_eq!(server.registrations().len(), 0);
    assert_eq!(server.stop().code(), Some(0));
    assert!(server.output().contains("lines of the log were dropped"));
}

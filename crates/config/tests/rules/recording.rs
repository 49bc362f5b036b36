//! `recording:` and whose calls are recorded.

use warden_config::Recording;

use crate::read::{assert_problem, config};

#[test]
fn every_key_of_recording_is_read() {
    let recording = config("recording: { auto_record: yes, storage_path: /srv/calls, format: wav }\n").recording;
    assert!(recording.auto_record);
    assert_eq!(recording.storage_path.as_deref(), Some("/srv/calls".as_ref()));
    assert_eq!(config("recording:\n").recording, Recording::default());
    let record = |line: &str| {
        let text = format!("extensions:\n  - number: '1001'\n    name: Ann\n    password: blue-kettle\n{line}");
        config(&text).extensions.first().map(|extension| extension.record)
    };
    assert_eq!([record(""), record("    record: true\n")], [Some(false), Some(true)]);
}

#[test]
fn a_format_that_is_not_written_is_refused() {
    assert_problem("recording: { format: mp3 }", "1:22: recording.format: `mp3` is none of wav");
}

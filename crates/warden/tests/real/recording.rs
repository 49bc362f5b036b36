//! Calls that are recorded: ffmpeg reads the file, and it sounds as the call did.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use crate::support::{Baresip, Options, PASSWORD, Sound, Warden, connect, phone, phone_with, poll};

const EXTENSIONS: [(&str, &str); 3] = [("1001", PASSWORD), ("1002", PASSWORD), ("1003", PASSWORD)];

fn server(recording: &str) -> Warden {
    Warden::start_with(&EXTENSIONS, |text| {
        text + "codecs: {enabled: [PCMU, PCMA, G722, opus]}\nrecording: {" + recording + "}\n"
    })
}

/// What is heard in both channels of a file, as ffmpeg decodes it; the second value is what ffprobe says of its stream.
fn listen(file: &Path) -> ([Sound; 2], Value) {
    let probed = Command::new("ffprobe")
        .args(["-v", "error", "-of", "json", "-show_streams"])
        .arg(file)
        .output()
        .expect("ffprobe; see scripts/need.sh test");
    assert!(probed.status.success(), "{}", String::from_utf8_lossy(&probed.stderr));
    let stream = serde_json::from_slice::<Value>(&probed.stdout).unwrap()["streams"][0].clone();
    let channels = ["pan=mono|c0=c0", "pan=mono|c0=c1"].map(|channel| {
        let decoded = Command::new("ffmpeg")
            .args(["-v", "error", "-i"])
            .arg(file)
            .args(["-af", channel, "-ar", "8000", "-f", "s16le", "-"])
            .output()
            .unwrap();
        assert!(decoded.status.success() && decoded.stderr.is_empty(), "{}", String::from_utf8_lossy(&decoded.stderr));
        let samples = decoded.stdout.chunks_exact(2).map(|bytes| i16::from_le_bytes([bytes[0], bytes[1]]));
        Sound { rate_hz: 8000, samples: samples.collect() }
    });
    (channels, stream)
}

/// A part of it, in seconds.
fn part(sound: &Sound, from: f64, to: f64) -> Sound {
    let place = |second: f64| usize::try_from(Duration::from_secs_f64(second).as_millis()).unwrap() * 8;
    let (from, to) = (place(from), place(to).min(sound.samples.len()));
    Sound { rate_hz: sound.rate_hz, samples: sound.samples[from..to].to_vec() }
}

fn seconds(sound: &Sound) -> f64 {
    f64::from(u32::try_from(sound.samples.len()).unwrap()) / 8000.0
}

/// The files of recordings, the oldest first.
fn recordings(server: &Warden, ending: &str) -> Vec<PathBuf> {
    let entries = |path: &Path| {
        let entries = fs::read_dir(path).into_iter().flatten();
        entries.filter_map(|entry| Some(entry.ok()?.path())).collect::<Vec<_>>()
    };
    let days = entries(&server.data_dir().join("recordings"));
    let mut files: Vec<_> = days.iter().flat_map(|day| entries(day)).collect();
    files.retain(|file| file.extension().is_some_and(|it| it == ending));
    files.sort();
    files
}

/// Returns when so many seconds more are written.
fn record_on(server: &Warden, seconds: u64) {
    let written = || fs::metadata(recordings(server, "wav").pop()?).ok().map(|facts| facts.len());
    let before = written().unwrap_or(0);
    // At least 8000 samples a second, of four bytes.
    poll(20, || written().filter(|now| *now >= before + seconds * 32_000)).expect("it is written");
}

/// What is known of the only recording, as soon as it says so of itself.
fn side_file(server: &Warden, is_complete: bool) -> Value {
    let read = || {
        let side = recordings(server, "json").pop()?;
        let side: Value = serde_json::from_slice(&fs::read(side).ok()?).ok()?;
        (side["complete"] == is_complete && !side["ended"].is_null()).then_some(side)
    };
    poll(10, read).expect("the recording ends")
}

/// Alice says 440 Hz, Bob 1000 Hz.
fn talking(server: &Warden, codecs: [&str; 2]) -> [Baresip; 2] {
    let [one, other] = codecs;
    let with = |number, tone_hz, codecs| {
        phone_with(server, &Options { codecs, ..Options::registered(server, number, PASSWORD, tone_hz) })
    };
    let (mut alice, mut bob) = (with("1001", 440, one), with("1002", 1000, other));
    connect(&mut alice, &mut bob, "1002");
    assert!(alice.hears_only(1000) && bob.hears_only(440));
    [alice, bob]
}

#[test]
fn ffmpeg_reads_each_recording_with_both_sides_at_their_pitch_and_in_its_length() {
    let both = "PCMU/8000/1,PCMA/8000/1";
    for (codecs, rate) in [([both, both], "8000"), (["opus/48000/2", "PCMA/8000/1"], "16000")] {
        let server = server("auto_record: true");
        let [mut alice, mut bob] = talking(&server, codecs);
        let call = server.calls().pop().expect("a call");
        assert_eq!(call["recording"], "yes");
        record_on(&server, 3);
        bob.hang_up();
        assert!(alice.call_ended().is_some());
        let side = side_file(&server, true);
        let record = poll(10, || server.records().pop()).expect("a record");
        let talk_s = record["talk_ms"].as_f64().unwrap() / 1000.0;
        let [file] = &recordings(&server, "wav")[..] else { panic!("one recording") };
        let named = server.data_dir().join("recordings").join(record["recordings"][0].as_str().unwrap());
        assert_eq!(file, &named);
        assert!(!file.to_string_lossy().contains("1001"), "no number is in a name");
        let ([left, right], stream) = listen(file);
        assert_eq!((&stream["channels"], &stream["sample_rate"]), (&Value::from(2), &Value::from(rate)));
        let length = seconds(&left);
        assert!((length - talk_s).abs() < 0.3, "{length} s of {talk_s}");
        assert!((length - side["seconds"].as_f64().unwrap()).abs() < 0.1, "{side}");
        assert!(part(&left, 0.8, length - 0.4).is_only(440), "{codecs:?}");
        assert!(part(&right, 0.8, length - 0.4).is_only(1000), "{codecs:?}");
        assert_eq!((&side["left"][0]["extension"], &side["right"][0]["extension"]), (&"1001".into(), &"1002".into()));
    }
}

#[test]
fn a_call_is_recorded_by_command_and_what_makes_no_sense_is_said_in_words() {
    let server = server("auto_record: false");
    let [mut alice, mut bob] = talking(&server, ["PCMU/8000/1", "PCMU/8000/1"]);
    let call = server.calls().pop().expect("a call");
    let id = call["id"].as_str().unwrap();
    let record = |wish: &str| {
        let output = server.command(&["record", id, wish]);
        (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    assert_eq!(record("stop"), (false, "warden: the server answered: the call is not recorded\n".to_owned()));
    assert_eq!(record("start"), (true, String::new()));
    assert_eq!(record("start"), (false, "warden: the server answered: the call is recorded already\n".to_owned()));
    record_on(&server, 2);
    assert!(record("pause").0);
    assert_eq!(server.calls()[0]["recording"], "paused");
    assert!(alice.hears_only(1000) && bob.hears_only(440));
    assert!(record("resume").0);
    record_on(&server, 2);
    assert!(record("stop").0);
    let side = side_file(&server, true);
    assert_eq!(side["pauses"].as_array().map(Vec::len), Some(1), "{side}");
    let ([left, right], _) = listen(&recordings(&server, "wav")[0]);
    let length = seconds(&left);
    let time = |value: &Value| value.as_str().unwrap().parse::<Timestamp>().unwrap();
    let between = |from: &Value, to: &Value| time(from).duration_until(time(to)).as_secs_f64();
    let pause = between(&side["pauses"][0]["from"], &side["pauses"][0]["to"]);
    let all = between(&side["started"], &side["ended"]);
    assert!(pause > 0.5 && (length + pause - all).abs() < 0.2, "{length} s and {pause} s are {all} s");
    assert!(part(&left, 0.5, 1.5).is_only(440) && part(&right, 0.5, 1.5).is_only(1000));
    assert!(part(&left, length - 1.2, length - 0.2).is_only(440));
    assert!(part(&right, length - 1.2, length - 0.2).is_only(1000));
    bob.hang_up();
    assert!(alice.call_ended().is_some());
    let nobody = server.command(&["record", "00000000000000ff", "start"]);
    assert_eq!(String::from_utf8_lossy(&nobody.stderr), "warden: the server answered: there is no such call\n");
}

#[test]
fn a_recording_can_be_played_after_a_power_failure_and_is_finished_at_the_next_start() {
    let mut server = server("auto_record: true");
    let _phones = talking(&server, ["PCMU/8000/1", "PCMU/8000/1"]);
    record_on(&server, 2);
    server.kill();
    let file = recordings(&server, "wav").pop().unwrap();
    let ([left, right], _) = listen(&file);
    assert!(seconds(&left) >= 2.0);
    assert!(part(&left, 1.0, 2.0).is_only(440) && part(&right, 1.0, 2.0).is_only(1000));
    server.restart();
    let side = side_file(&server, false);
    assert_eq!(side["note"], "the server ended before the call");
    assert!(side["seconds"].as_f64().unwrap() >= 2.0);
}

#[test]
fn a_recording_goes_on_with_who_comes_into_the_call() {
    let server = server("auto_record: true");
    let [mut alice, mut bob] = talking(&server, ["PCMU/8000/1", "PCMU/8000/1"]);
    let mut carol = phone(&server, "1003", 1400);
    record_on(&server, 2);
    bob.transfer(&format!("sip:1003@127.0.0.1:{}", server.sip_port()));
    carol.rings().expect("it rings");
    carol.answer();
    assert!(carol.is_in_call() && alice.hears_only(1400) && carol.hears_only(440));
    record_on(&server, 3);
    alice.hang_up();
    assert!(carol.call_ended().is_some());
    let side = side_file(&server, true);
    let right: Vec<_> = side["right"].as_array().unwrap().iter().map(|party| party["extension"].clone()).collect();
    assert_eq!(right, ["1002", "1003"]);
    let ([left, right], _) = listen(&recordings(&server, "wav")[0]);
    let length = seconds(&left);
    assert!(part(&left, length - 1.5, length - 0.3).is_only(440));
    assert!(part(&right, length - 1.5, length - 0.3).is_only(1400));
    assert!(part(&right, 1.0, 1.8).is_only(1000));
}

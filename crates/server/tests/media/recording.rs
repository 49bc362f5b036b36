//! Calls that are recorded: what is on disk while they last and afterwards.

use std::f64::consts::TAU;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use warden_call::call_event::CallId;
use warden_call::directory::Extension;
use warden_call::media::{MediaCommand, MediaEvent, RecordedParty, RecordingNews, RecordingOrder};
use warden_codec::g711::Law;
use warden_media::relay::Side;
use warden_server::recording::RecordingSettings;

use crate::rig::{Phone, Rig};

const TONES: [f64; 2] = [440.0, 1000.0];

fn party(number: &str) -> RecordedParty {
    RecordedParty { extension: Extension::parse(number.as_bytes()).unwrap(), name: String::new() }
}

/// Two phones that talk, and a place for recordings.
struct Stage {
    rig: Rig,
    call: CallId,
    phones: [Phone; 2],
    said: u32,
    place: tempfile::TempDir,
    begun: Instant,
}

impl Stage {
    fn new() -> Self {
        let place = tempfile::tempdir().unwrap();
        let mut rig = Rig::new(1);
        rig.threads.record_to(RecordingSettings { directory: place.path().join("recordings") }).unwrap();
        let [mut a, mut b] = [Phone::new(), Phone::new()];
        let call = rig.open(&mut a, &mut b);
        Self { rig, call, phones: [a, b], said: 0, place, begun: Instant::now() }
    }

    fn order(&mut self, order: RecordingOrder) {
        self.rig.threads.carry_out(MediaCommand::Record { call: self.call, order });
    }

    /// Where it is written to.
    fn record(&mut self) -> PathBuf {
        let parties = Box::new([party("1001"), party("1002")]);
        self.order(RecordingOrder::Start { parties, dialled: "1002".to_owned() });
        let event = self.rig.event();
        let MediaEvent::Recording { news: RecordingNews::Begun { file }, .. } = event else { panic!("{event:?}") };
        self.place.path().join("recordings").join(file)
    }

    /// Both say their tones for so long.
    fn talk(&mut self, seconds: f64) {
        for _ in 0..Duration::from_secs_f64(seconds).as_millis() / 20 {
            for (phone, hz) in self.phones.iter_mut().zip(TONES) {
                phone.say_all(&tone(hz, self.said));
            }
            self.said += 1;
            let next = self.begun + Duration::from_millis(20) * self.said;
            thread::sleep(next.saturating_duration_since(Instant::now()));
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "within 16 bits")]
fn tone(hz: f64, packet: u32) -> [u8; 160] {
    let mut payload = [0; 160];
    let sample = |n: u32| (8000.0 * (TAU * hz * f64::from(n) / 8000.0).sin()) as i16;
    let samples: Vec<i16> = (packet * 160..packet * 160 + 160).map(sample).collect();
    Law::Pcmu.encode_all(&samples, &mut payload).unwrap();
    payload
}

/// Left and right of a WAV file, as its header says.
fn read(path: &Path) -> [Vec<i16>; 2] {
    let bytes = fs::read(path).unwrap();
    assert_eq!((&bytes[..4], &bytes[36..40]), (&b"RIFF"[..], &b"data"[..]));
    let length = usize::try_from(u32::from_le_bytes(bytes[40..44].try_into().unwrap())).unwrap();
    let sound = &bytes[44..44 + length];
    [0, 2].map(|at| sound.chunks_exact(4).map(|frame| i16::from_le_bytes([frame[at], frame[at + 1]])).collect())
}

/// The level of a tone: 1 for what the phones say.
#[expect(clippy::cast_precision_loss, reason = "few samples")]
fn level(samples: &[i16], hz: f64) -> f64 {
    let (mut re, mut im) = (0.0, 0.0);
    for (n, sample) in samples.iter().enumerate() {
        let angle = TAU * hz * n as f64 / 8000.0;
        re += f64::from(*sample) * angle.cos();
        im += f64::from(*sample) * angle.sin();
    }
    2.0 * re.hypot(im) / samples.len() as f64 / 8000.0
}

/// Polls until it is so.
fn until(mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while !is_so() {
        assert!(Instant::now() < deadline);
        thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_recording_can_be_played_while_it_is_made_and_has_both_sides_in_the_end() {
    let mut stage = Stage::new();
    let path = stage.record();
    stage.talk(1.6);
    let side_file = path.with_extension("json");
    // What a crash would leave.
    until(|| fs::metadata(&path).is_ok_and(|facts| facts.len() > 44));
    let [left, right] = read(&path);
    assert!(
        left.len() >= 8000 && level(&left[4000..8000], TONES[0]) > 0.6 && level(&right[4000..8000], TONES[1]) > 0.6
    );
    assert!(fs::read_to_string(&side_file).unwrap().contains("\"complete\": false"));
    stage.talk(1.0);
    stage.rig.close(stage.call);
    until(|| fs::read_to_string(&side_file).is_ok_and(|json| json.contains("\"complete\": true")));
    let [left, right] = read(&path);
    assert!((20_000..28_000).contains(&left.len()), "{} samples of 2.6 s", left.len());
    for (channel, own, other) in [(&left, TONES[0], TONES[1]), (&right, TONES[1], TONES[0])] {
        assert!(level(&channel[4000..16_000], own) > 0.6 && level(&channel[4000..16_000], other) < 0.05);
    }
    drop(stage.rig);
}

#[test]
fn a_recording_that_is_stopped_and_begun_again_has_two_files() {
    let mut stage = Stage::new();
    let first = stage.record();
    stage.talk(0.4);
    stage.order(RecordingOrder::Pause);
    stage.order(RecordingOrder::Resume);
    stage.order(RecordingOrder::Party { side: Side::B, party: party("1003") });
    stage.order(RecordingOrder::Stop);
    let second = stage.record();
    assert_ne!(first, second);
    stage.talk(0.4);
    // A stop of the server ends both as they should be.
    drop(stage.rig);
    for path in [first, second] {
        let side = fs::read_to_string(path.with_extension("json")).unwrap();
        assert!(side.contains("\"complete\": true"), "{side}");
        assert!(!read(&path)[0].is_empty());
    }
}

#[test]
fn a_call_goes_on_where_its_recording_cannot_be_written() {
    let mut stage = Stage::new();
    fs::write(stage.place.path().join("recordings"), "a file where a directory should be").unwrap();
    stage.record();
    let event = stage.rig.event();
    assert!(matches!(event, MediaEvent::Recording { news: RecordingNews::Failed { .. }, .. }), "{event:?}");
    stage.phones[0].say(7);
    assert_eq!(stage.phones[1].hear().payload, [7; 160]);
}

#[test]
fn without_a_place_for_recordings_none_is_made() {
    let mut rig = Rig::new(1);
    let [mut a, mut b] = [Phone::new(), Phone::new()];
    let call = rig.open(&mut a, &mut b);
    let parties = Box::new([party("1001"), party("1002")]);
    let order = RecordingOrder::Start { parties, dialled: String::new() };
    rig.threads.carry_out(MediaCommand::Record { call, order });
    let event = rig.event();
    assert!(matches!(event, MediaEvent::Recording { news: RecordingNews::Failed { .. }, .. }), "{event:?}");
}

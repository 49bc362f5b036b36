//! Files of every format, as ffmpeg writes them: each is heard as long, as high and as loud as it was.

use crate::listen::{amplitude, loudness, read_all, tone};
use warden_sound::{OpenError, Track};

use crate::programs;

const PITCH_HZ: f64 = 700.0;
const LEVEL: f64 = 8000.0;

/// A second of a tone as ffmpeg writes it: read from the first, with these options.
fn written(rate_hz: u32, options: &str) -> Vec<u8> {
    let tone = programs::bytes(&tone(rate_hz, PITCH_HZ, LEVEL, rate_hz as usize));
    programs::ffmpeg(&tone, &format!("-f s16le -ar {rate_hz} -ac 1"), options)
}

fn heard(bytes: Vec<u8>, name: &str, rate_hz: u32) -> Vec<i16> {
    read_all(Track::from_bytes(bytes, name, rate_hz).unwrap_or_else(|error| panic!("{name}: {error}")))
}

/// Whether a second of the tone is all that is heard, as loud as it was within half a decibel.
#[track_caller]
fn is_the_tone(what: &str, samples: &[i16], rate_hz: u32) {
    let length_ms = samples.len() * 1000 / rate_hz as usize;
    assert!((990..=1010).contains(&length_ms), "{what}: {length_ms} ms");
    let middle = &samples[samples.len() / 5..samples.len() * 4 / 5];
    let (tone, all) = (amplitude(middle, rate_hz, PITCH_HZ), loudness(middle) * 2_f64.sqrt());
    assert!((tone / LEVEL - 1.0).abs() < 0.06, "{what}: {tone} at the pitch");
    assert!((all / tone - 1.0).abs() < 0.02, "{what}: {tone} at the pitch, {all} in all");
}

const FORMATS: [(&str, &str); 17] = [
    ("8.wav", "-f wav -c:a pcm_u8"),
    ("16.wav", "-f wav -c:a pcm_s16le"),
    ("24.wav", "-f wav -c:a pcm_s24le"),
    ("32.wav", "-f wav -c:a pcm_s32le"),
    ("float.wav", "-f wav -c:a pcm_f32le"),
    ("double.wav", "-f wav -c:a pcm_f64le"),
    ("ulaw.wav", "-f wav -c:a pcm_mulaw"),
    ("alaw.wav", "-f wav -c:a pcm_alaw"),
    ("rf64.wav", "-f wav -rf64 always -c:a pcm_s16le"),
    ("stereo.wav", "-f wav -c:a pcm_s16le -af pan=stereo|c0=c0|c1=c0"),
    ("6.wav", "-f wav -c:a pcm_s16le -af pan=6c|c0=c0|c1=c0|c2=c0|c3=c0|c4=c0|c5=c0"),
    ("16.flac", "-f flac"),
    ("24.flac", "-f flac -sample_fmt s32"),
    ("stereo.flac", "-f flac -af pan=stereo|c0=c0|c1=c0"),
    ("mono.mp3", "-f mp3 -b:a 64k"),
    ("stereo.mp3", "-f mp3 -b:a 128k -af pan=stereo|c0=c0|c1=c0"),
    ("vorbis.ogg", "-f ogg -c:a libvorbis -q:a 5"),
];

#[test]
fn every_format_is_heard_as_it_was_at_every_rate() {
    for (name, options) in FORMATS {
        for from_hz in [8000, 16_000, 44_100, 48_000] {
            let file = written(from_hz, options);
            for rate_hz in [8000, 16_000, 48_000] {
                is_the_tone(
                    &format!("{name} of {from_hz} Hz at {rate_hz}"),
                    &heard(file.clone(), name, rate_hz),
                    rate_hz,
                );
            }
        }
    }
}

#[test]
fn rates_that_nobody_needs_any_more_are_heard_too() {
    for from_hz in [11_025, 22_050, 12_000, 96_000, 37_123] {
        let file = written(from_hz, "-f wav -c:a pcm_s16le");
        is_the_tone(&format!("{from_hz} Hz"), &heard(file, "x.wav", 8000), 8000);
    }
}

#[test]
fn opus_in_ogg_is_heard_as_it_was() {
    for options in ["-f ogg -c:a libopus -b:a 32k", "-f ogg -c:a libopus -b:a 64k -af pan=stereo|c0=c0|c1=c0"] {
        let file = written(48_000, options);
        for rate_hz in [8000, 16_000, 24_000, 44_100, 48_000] {
            is_the_tone(&format!("{options} at {rate_hz}"), &heard(file.clone(), "x.opus", rate_hz), rate_hz);
        }
    }
}

#[test]
fn raw_sound_is_known_by_the_ending_of_its_name() {
    let endings = [
        ("ulaw", 8000, "-f mulaw"),
        ("UL", 8000, "-f mulaw"),
        ("pcmu", 8000, "-f mulaw"),
        ("alaw", 8000, "-f alaw"),
        ("al", 8000, "-f alaw"),
        ("g722", 16_000, "-f g722"),
        ("sln", 8000, "-f s16le"),
        ("sln16", 16_000, "-f s16le"),
        ("sln44", 44_100, "-f s16le"),
        ("sln48", 48_000, "-f s16le"),
    ];
    for (ending, from_hz, options) in endings {
        let samples = heard(written(from_hz, options), &format!("hello.{ending}"), 16_000);
        is_the_tone(ending, &samples, 16_000);
    }
}

#[test]
fn a_file_is_what_it_holds_whatever_its_name_says() {
    for (options, name) in
        [("-f wav", "a.mp3"), ("-f mp3", "a.wav"), ("-f ogg -c:a libvorbis", "a"), ("-f flac", "a.ulaw")]
    {
        is_the_tone(options, &heard(written(16_000, options), name, 16_000), 16_000);
    }
}

#[test]
fn a_file_on_disk_is_heard_and_read_in_any_pieces() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.flac");
    std::fs::write(&path, written(44_100, "-f flac")).unwrap();
    let whole = read_all(Track::open(&path, 8000).unwrap());
    let (mut track, mut pieces, mut room) = (Track::open(&path, 8000).unwrap(), Vec::new(), [0; 7]);
    loop {
        let count = track.read(&mut room).unwrap();
        pieces.extend_from_slice(&room[..count]);
        if count == 0 {
            break;
        }
    }
    is_the_tone("in pieces", &pieces, 8000);
    assert_eq!(whole, pieces);
}

#[track_caller]
fn refused(bytes: impl Into<Vec<u8>>, name: &str) -> String {
    Track::from_bytes(bytes.into(), name, 8000).expect_err(name).to_string()
}

#[test]
fn what_cannot_be_played_is_refused_with_the_reason() {
    let reasons = [
        refused("", "empty.wav"),
        refused("hello, world, this is text", "readme.txt"),
        refused("hello, world, this is text", "readme.mp3"),
        refused(written(8000, "-f wav -c:a adpcm_ms"), "adpcm.wav"),
        refused(written(44_100, "-f adts -c:a aac"), "song.aac"),
        refused(written(44_100, "-f mp4 -c:a aac -movflags frag_keyframe+empty_moov"), "song.m4a"),
        refused(written(44_100, "-f aiff"), "song.aiff"),
        refused(&written(8000, "-f wav")[..30], "cut.wav"),
        refused(&written(8000, "-f ogg -c:a libvorbis")[..200], "cut.ogg"),
        refused(written(16_000, "-f ogg -c:a flac"), "flac.ogg"),
    ];
    let expected = [
        "it is empty",
        "it is none of WAV, MP3, Ogg Vorbis, Ogg Opus and FLAC, and its name does not end as that of raw sound does",
        "there is no MP3 sound in it",
        "it holds ADPCM; convert it to plain WAV (PCM)",
        "it holds AAC (MP4, M4A); convert it to WAV, FLAC, Ogg or MP3",
        "it holds AAC (MP4, M4A); convert it to WAV, FLAC, Ogg or MP3",
        "it is an AIFF file; convert it to WAV",
        "it ends too early",
        "it ends within its header",
        "it is an Ogg file without Vorbis or Opus",
    ];
    for (reason, expected) in reasons.iter().zip(expected) {
        assert!(reason.ends_with(&format!(" is not a sound file that Warden can play: {expected}")), "{reason}");
    }
}

#[test]
fn a_file_that_is_not_there_and_a_rate_that_is_none_are_told() {
    let missing = Track::open(std::path::Path::new("/nowhere/a.wav"), 8000).expect_err("missing");
    assert_eq!(missing.to_string(), "cannot read /nowhere/a.wav");
    assert!(matches!(Track::open(std::path::Path::new("/dev/zero"), 8000), Err(OpenError::Read { .. })));
    let rate = Track::from_bytes(written(8000, "-f wav"), "a.wav", 8001).expect_err("rate");
    assert_eq!(rate.to_string(), "nothing can be played at 8001 Hz");
}

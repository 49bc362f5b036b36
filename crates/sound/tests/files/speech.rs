//! Text that is spoken by espeak-ng.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::SystemTime;

use warden_sound::{Sound, Speech, SpeechError, Voice};

use crate::listen::{loudness, read_all};

fn english() -> Voice {
    Voice { name: "en-us".into(), words_per_minute: 150 }
}

fn file(sound: Sound) -> std::path::PathBuf {
    let Sound::File(path) = sound else { panic!("{sound}") };
    path
}

#[test]
fn a_text_is_spoken_once_and_then_heard_from_its_file() {
    let data = tempfile::tempdir().unwrap();
    let speech = Speech::new(data.path());
    let sound = speech.say("Welcome to our telephone system.", &english()).unwrap();
    let samples = read_all(sound.open(8000).unwrap());
    assert!(samples.len() > 8000 && loudness(&samples) > 500.0);
    let path = file(sound.clone());
    std::fs::write(&path, "from the file").unwrap();
    assert_eq!(speech.say("Welcome to our telephone system.", &english()).unwrap(), sound);
    assert_eq!(std::fs::read(&path).unwrap(), b"from the file");
    let slow = Voice { words_per_minute: 100, ..english() };
    assert_ne!(speech.say("Welcome to our telephone system.", &slow).unwrap(), sound);
}

#[test]
fn no_text_is_a_command_or_an_option() {
    let data = tempfile::tempdir().unwrap();
    let speech = Speech::new(data.path());
    for text in ["--version", "$(touch /tmp/x) `id`; reboot", "-f /etc/passwd", "a\0b\n"] {
        assert!(read_all(speech.say(text, &english()).unwrap().open(8000).unwrap()).len() > 2000, "{text}");
    }
    for name in ["", "-q", "../../x", "en us"] {
        let voice = Voice { name: name.into(), ..english() };
        assert!(matches!(speech.say("hello", &voice), Err(SpeechError::Voice { .. })), "{name}");
    }
    assert!(matches!(speech.say(" -- !", &english()), Err(SpeechError::Empty)));
    assert!(matches!(speech.say(&"long ".repeat(500), &english()), Err(SpeechError::TooLong { length: 2500 })));
}

#[test]
fn a_program_that_is_missing_or_a_voice_that_is_unknown_is_told() {
    let data = tempfile::tempdir().unwrap();
    let missing = Speech::with(Path::new("/nowhere/espeak-ng"), data.path(), 10).say("hello", &english());
    let told = missing.expect_err("missing").to_string();
    assert_eq!(told, "cannot start /nowhere/espeak-ng: texts are spoken if espeak-ng is installed");
    let voice = Voice { name: "klingonese".into(), ..english() };
    let unknown = Speech::new(data.path()).say("hello", &voice).expect_err("unknown");
    assert!(matches!(unknown, SpeechError::Refused { .. }), "{unknown}");
    assert_eq!(std::fs::read_dir(data.path().join("cache/speech")).unwrap().count(), 0, "nothing is kept of it");
}

#[test]
fn the_cache_is_bounded_and_forgets_what_was_not_heard_for_longest() {
    let data = tempfile::tempdir().unwrap();
    let program = data.path().join("speaker");
    std::fs::write(&program, "#!/bin/sh\ncat >/dev/null\nprintf %1000s sound\n").unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let speech = Speech::with(&program, data.path(), 3);
    let say = |text: &str| file(speech.say(text, &english()).unwrap());
    let [first, second, third] = ["first", "second", "third"].map(say);
    for (age_s, path) in [(30, &first), (20, &second), (10, &third)] {
        let at = SystemTime::now() - std::time::Duration::from_secs(age_s);
        std::fs::File::options().append(true).open(path).unwrap().set_modified(at).unwrap();
    }
    say("first");
    say("fourth");
    assert!(first.exists() && !second.exists() && third.exists());
    assert_eq!(std::fs::read_dir(data.path().join("cache/speech")).unwrap().count(), 3);
}

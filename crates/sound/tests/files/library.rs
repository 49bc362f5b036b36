//! Which file is heard for a name, and what is heard of those that are built in.

use std::path::Path;

use warden_sound::{DEFAULT_CLASS, Library, Sound};

use crate::listen::{loudness, read_all, tone};
use crate::programs;

/// A tenth of a second of a tone.
fn put(folder: &Path, file: &str, options: &str) {
    let path = folder.join(file);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let tone = programs::bytes(&tone(8000, 700.0, 8000.0, 800));
    std::fs::write(path, programs::ffmpeg(&tone, "-f s16le -ar 8000 -ac 1", options)).unwrap();
}

fn found(library: &Library, name: &str, language: &str) -> String {
    match library.find(name, language).unwrap() {
        Sound::File(path) => path.strip_prefix(path.ancestors().nth(3).unwrap()).unwrap().display().to_string(),
        Sound::Embedded { name, .. } => format!("built in: {name}"),
    }
}

#[test]
fn the_file_of_an_administrator_wins_and_the_language_is_the_nearest() {
    let data = tempfile::tempdir().unwrap();
    let library = Library::new(data.path());
    assert_eq!(found(&library, "vm-login", "en"), "built in: vm-login");
    assert_eq!(found(&library, "digits/7", "de-AT"), "built in: digits/7");
    put(data.path(), "sounds/en/vm-login.ulaw", "-f mulaw");
    assert_eq!(found(&library, "vm-login", "en-GB"), "sounds/en/vm-login.ulaw");
    put(data.path(), "sounds/de/vm-login.wav", "-f wav");
    put(data.path(), "sounds/de/vm-login.ulaw", "-f mulaw");
    assert_eq!(found(&library, "vm-login", "de-AT"), "sounds/de/vm-login.wav");
    put(data.path(), "sounds/de-AT/vm-login.g722", "-f g722");
    assert_eq!(found(&library, "vm-login", "de-AT"), "sounds/de-AT/vm-login.g722");
    put(data.path(), "sounds/de/only.german.wav", "-f wav");
    assert_eq!(found(&library, "only.german", "de"), "sounds/de/only.german.wav");
}

#[test]
fn a_file_that_cannot_be_played_gives_way_and_is_told() {
    let data = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(data.path().join("sounds/en")).unwrap();
    std::fs::write(data.path().join("sounds/en/vm-login.wav"), "no sound").unwrap();
    let opened = Library::new(data.path()).open("vm-login", "en", 8000).unwrap();
    assert!(opened.passed_over[0].to_string().contains("vm-login.wav is not a sound file that Warden can play"));
    assert!(read_all(opened.track).len() > 8000);
}

#[test]
fn a_name_that_is_unknown_or_leads_elsewhere_is_refused() {
    let data = tempfile::tempdir().unwrap();
    put(data.path(), "secret.wav", "-f wav");
    let library = Library::new(data.path());
    let refused = |name: &str, language: &str| library.find(name, language).expect_err(name).to_string();
    assert_eq!(refused("vm-nothing", "fr"), r#"there is no prompt "vm-nothing" in "fr", nor in English"#);
    for name in ["../../secret", "/etc/passwd", "", "a//b", "a/../b", "a\0b", ".hidden", "ä"] {
        assert!(refused(name, "en").ends_with("is not the name of a prompt"), "{name}");
    }
    assert!(refused("secret", "../..").ends_with("is not the name of a prompt"));
}

#[test]
fn every_prompt_that_is_built_in_is_on_the_list_and_clear_to_hear() {
    let list = include_str!("../../../../sounds/prompts/en.toml");
    let mut listed: Vec<&str> = list.lines().filter_map(|line| line.strip_prefix('"')?.split('"').next()).collect();
    listed.sort_unstable();
    assert_eq!(Library::built_in().collect::<Vec<_>>(), listed, "run cargo xtask sounds prompts");
    let library = Library::new(Path::new("/nowhere"));
    for name in listed {
        let samples = read_all(library.open(name, "en", 8000).unwrap().track);
        let pieces: Vec<f64> = samples.chunks(80).map(loudness).collect();
        let spoken: Vec<i16> = samples.chunks(80).filter(|piece| loudness(piece) > 330.0).flatten().copied().collect();
        let level = 20.0 * loudness(&spoken).log10();
        let first = pieces.iter().position(|piece| *piece > 330.0).unwrap();
        assert!((60.0..74.0).contains(&level), "{name}: {level} dB above one");
        assert!(first < 15, "{name}: {first}0 ms of silence");
        assert!((150..25_000).contains(&(samples.len() / 8)), "{name}: {} ms", samples.len() / 8);
        assert!(samples.iter().all(|sample| sample.unsigned_abs() < 30_000), "{name} is too loud");
    }
}

#[test]
fn the_music_that_is_built_in_is_five_pieces_as_loud_as_speech_that_never_pause() {
    let music = Library::new(Path::new("/nowhere")).music(DEFAULT_CLASS);
    assert!(music.problems.is_empty());
    assert_eq!(music.tracks().len(), 5);
    for sound in music.tracks() {
        let samples = read_all(sound.open(8000).unwrap());
        let (level, lasts_s) = (20.0 * (loudness(&samples) / 32_768.0).log10(), samples.len() / 8000);
        assert!((-24.0..-20.0).contains(&level) && (60..=120).contains(&lasts_s), "{sound}: {level} dB, {lasts_s} s");
        assert!(samples.iter().all(|sample| sample.unsigned_abs() < 16_423), "{sound} is louder than -6 dB");
        let quietest = samples.chunks_exact(8000).map(loudness).fold(f64::MAX, f64::min);
        assert!(20.0 * (quietest / 32_768.0).log10() > -32.0, "{sound} pauses");
        // Where it begins again there is no step that is not within it, too.
        let steepest = samples.windows(2).map(|pair| pair[0].abs_diff(pair[1])).max().unwrap();
        let seam = samples[0].abs_diff(samples[samples.len() - 1]);
        assert!(seam <= steepest, "{sound}: {seam} at the seam, {steepest} within it");
    }
}

#[test]
fn a_class_plays_its_folder_and_what_is_broken_is_left_out() {
    let data = tempfile::tempdir().unwrap();
    let library = Library::new(data.path());
    put(data.path(), "moh/jazz/2.flac", "-f flac");
    put(data.path(), "moh/jazz/1.mp3", "-f mp3");
    put(data.path(), "moh/jazz/3.wav", "-f wav");
    std::fs::write(data.path().join("moh/jazz/notes.txt"), "text").unwrap();
    std::fs::write(data.path().join("moh/jazz/.hidden"), "text").unwrap();
    let jazz = library.music("jazz");
    let names = |sounds: Vec<&Sound>| {
        sounds.iter().map(|sound| sound.to_string().rsplit('/').next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names(jazz.tracks().iter().collect()), ["1.mp3", "2.flac", "3.wav"]);
    assert_eq!(names(jazz.in_turn(7).take(5).collect()), ["2.flac", "3.wav", "1.mp3", "2.flac", "3.wav"]);
    assert!(jazz.problems.len() == 1 && jazz.problems[0].to_string().contains("notes.txt is not a sound file"));
    assert_eq!(library.music_classes(), ["default", "jazz"]);
}

#[test]
fn nobody_waits_in_silence_because_a_class_is_empty() {
    let data = tempfile::tempdir().unwrap();
    let library = Library::new(data.path());
    let nothing = library.music("nothing");
    assert_eq!((nothing.tracks().len(), nothing.problems.len()), (5, 1));
    assert!(nothing.problems[0].to_string().ends_with("moh/nothing: the default music is played instead"));
    put(data.path(), "moh/default/own.wav", "-f wav");
    assert_eq!(library.music("nothing").tracks().len(), 1);
    assert_eq!(library.music("../moh/default").tracks().len(), 1);
}

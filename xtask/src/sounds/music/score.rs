//! What is played when: notes, written as `e5:1.5` (a pitch and how many beats it lasts), `-:1` for a rest.

/// One note.
#[derive(Clone, Copy, Debug)]
pub(super) struct Note {
    /// In beats, from the beginning of the piece.
    pub(super) at: f64,
    pub(super) beats: f64,
    pub(super) pitch: Pitch,
    /// How strongly it is struck, from 0 to 1.
    pub(super) strength: f64,
}

/// A key of a piano; 69 is the A of 440 Hz.
pub(super) type Pitch = i32;

pub(super) fn frequency_hz(pitch: Pitch) -> f64 {
    440.0 * 2_f64.powf(f64::from(pitch - 69) / 12.0)
}

/// A melody that begins at a beat. Bars are marked for the reader only.
pub(super) fn melody(text: &str, begins_at: f64, strength: f64) -> Vec<Note> {
    let mut at = begins_at;
    let mut notes = Vec::new();
    for word in text.split_whitespace().filter(|word| *word != "|") {
        let (name, beats) = word.split_once(':').unwrap_or((word, "1"));
        let beats: f64 = beats.parse().unwrap_or(1.0);
        if let Some(pitch) = pitch(name) {
            notes.push(Note { at, beats, pitch, strength });
        }
        at += beats;
    }
    notes
}

/// `c4` is the middle C, `f#4` and `bb3` have their signs; a rest has no pitch.
pub(super) fn pitch(name: &str) -> Option<Pitch> {
    let (letter, rest) = name.split_at_checked(1)?;
    let (sign, octave) = if let Some(octave) = rest.strip_prefix('#') {
        (1, octave)
    } else if let Some(octave) = rest.strip_prefix('b') {
        (-1, octave)
    } else {
        (0, rest)
    };
    let octave: i32 = octave.parse().ok()?;
    Some(step(letter)? + sign + 12 * (octave + 1))
}

/// Above the C below.
pub(super) fn step(letter: &str) -> Option<i32> {
    match letter {
        "c" | "C" => Some(0),
        "d" | "D" => Some(2),
        "e" | "E" => Some(4),
        "f" | "F" => Some(5),
        "g" | "G" => Some(7),
        "a" | "A" => Some(9),
        "b" | "B" => Some(11),
        _ => None,
    }
}

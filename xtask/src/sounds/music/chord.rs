//! Chords by their names, laid so that the hand moves little from one to the next.

use super::score::{Pitch, step};

/// The tones of a chord, and its bass.
#[derive(Clone, Debug)]
pub(super) struct Chord {
    /// From 0, a C, to 11.
    bass: i32,
    tones: Vec<i32>,
}

impl Chord {
    /// `Am7`, `F#m7b5`, `C/G`.
    pub(super) fn named(name: &str) -> Option<Self> {
        let (chord, bass) = name.split_once('/').map_or((name, None), |(chord, bass)| (chord, Some(bass)));
        let (root, kind) = root(chord)?;
        let steps: &[i32] = match kind {
            "" => &[0, 4, 7],
            "m" => &[0, 3, 7],
            "6" => &[0, 4, 7, 9],
            "m6" => &[0, 3, 7, 9],
            "7" => &[0, 4, 7, 10],
            "m7" => &[0, 3, 7, 10],
            "maj7" => &[0, 4, 7, 11],
            "add9" => &[0, 2, 4, 7],
            "sus2" => &[0, 2, 7],
            "sus4" => &[0, 5, 7],
            // Of richer chords the bass has the root.
            "9" => &[2, 4, 7, 10],
            "m9" => &[2, 3, 7, 10],
            "maj9" => &[2, 4, 7, 11],
            "13" => &[4, 9, 10, 2],
            "7b9" => &[1, 4, 7, 10],
            "m7b5" => &[0, 3, 6, 10],
            _ => return None,
        };
        let bass = bass.and_then(root_only).unwrap_or(root);
        Some(Self { bass, tones: steps.iter().map(|step| (root + step).rem_euclid(12)).collect() })
    }

    /// Its tones within the octave from `lowest`, from low to high.
    pub(super) fn from(&self, lowest: Pitch) -> Vec<Pitch> {
        let mut tones: Vec<Pitch> = self.tones.iter().map(|tone| lowest + (tone - lowest).rem_euclid(12)).collect();
        tones.sort_unstable();
        tones
    }

    /// Its bass within the octave from `lowest`.
    pub(super) fn bass_from(&self, lowest: Pitch) -> Pitch {
        lowest + (self.bass - lowest).rem_euclid(12)
    }
}

fn root(chord: &str) -> Option<(i32, &str)> {
    let (letter, rest) = chord.split_at_checked(1)?;
    let root = step(letter)?;
    if let Some(kind) = rest.strip_prefix('#') {
        Some((root + 1, kind))
    } else if let Some(kind) = rest.strip_prefix('b') {
        Some((root - 1, kind))
    } else {
        Some((root, rest))
    }
}

fn root_only(name: &str) -> Option<i32> {
    root(name).map(|(root, _)| root)
}

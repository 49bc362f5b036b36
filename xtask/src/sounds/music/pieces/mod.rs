//! The pieces, one file each, and how players follow its chords.

mod blue_lamp;
mod high_fields;
mod morning_light;
mod paper_boats;
mod slow_river;

use super::band::chords;
use super::chord::Chord;
use super::score::{Note, Pitch, melody};
use super::voice::Voice;

/// A piece, to be played again and again.
pub(super) struct Piece {
    pub(super) name: &'static str,
    /// Makes the same players play the same way again.
    pub(super) seed: u64,
    pub(super) beats_per_minute: f64,
    pub(super) parts: Vec<Part>,
    form: Form,
}

impl Piece {
    pub(super) fn beat_s(&self) -> f64 {
        60.0 / self.beats_per_minute
    }

    pub(super) fn beats(&self) -> f64 {
        self.form.bars.len() as f64 * self.form.bar_beats
    }
}

/// What one player does.
pub(super) struct Part {
    pub(super) voice: Voice,
    pub(super) level: f64,
    /// How much of it the room answers.
    pub(super) in_room: f64,
    pub(super) notes: Vec<Note>,
    pub(super) strokes: Vec<Stroke>,
}

impl Part {
    fn new(voice: Voice, level: f64, in_room: f64, notes: Vec<Note>) -> Self {
        Self { voice, level, in_room, notes, strokes: Vec::new() }
    }

    fn of_strokes(level: f64, in_room: f64, strokes: Vec<Stroke>) -> Self {
        Self { voice: Voice::Bass, level, in_room, notes: Vec::new(), strokes }
    }
}

/// One of a brush on a drum.
pub(super) struct Stroke {
    pub(super) at: f64,
    pub(super) beats: f64,
    pub(super) is_tap: bool,
    pub(super) strength: f64,
}

/// All of them, in the order that they are heard in.
pub(super) fn all() -> Vec<Piece> {
    vec![morning_light::piece(), slow_river::piece(), blue_lamp::piece(), high_fields::piece(), paper_boats::piece()]
}

/// The chords of a piece, bar by bar.
struct Form {
    bar_beats: f64,
    bars: Vec<Vec<Chord>>,
}

impl Form {
    fn new(bar_beats: f64, sections: &[&str]) -> Self {
        Self { bar_beats, bars: sections.iter().flat_map(|section| chords(section)).collect() }
    }

    /// At a beat of a bar.
    fn chord(&self, bar: usize, beat: f64) -> Option<&Chord> {
        let chords = self.bars.get(bar)?;
        chords.get((beat / self.bar_beats * chords.len() as f64) as usize)
    }

    /// What is done in every bar: when, for how long, how strongly, and with which of the notes that `choose` finds.
    fn every_bar(&self, figure: &[(f64, f64, f64)], choose: impl Fn(&Chord, usize) -> Vec<Pitch>) -> Vec<Note> {
        let mut notes = Vec::new();
        for bar in 0..self.bars.len() {
            for (number, (beat, beats, strength)) in figure.iter().enumerate() {
                let Some(chord) = self.chord(bar, *beat) else { continue };
                let begins_at = bar as f64 * self.bar_beats + beat;
                for (finger, pitch) in choose(chord, number).into_iter().enumerate() {
                    let at = begins_at + 0.02 * finger as f64;
                    notes.push(Note { at, beats: *beats, pitch, strength: *strength });
                }
            }
        }
        notes
    }

    /// The chord broken into single notes, all as long; the lowest of it is number 0.
    fn broken(&self, order: &[usize], lowest: Pitch, strength: f64) -> Vec<Note> {
        let step = self.bar_beats / order.len() as f64;
        let figure: Vec<_> = (0..order.len())
            .map(|number| (number as f64 * step, 2.0 * step, if number == 0 { 1.15 * strength } else { strength }))
            .collect();
        self.every_bar(&figure, |chord, number| {
            let tones = chord.from(lowest);
            let which = order.get(number).copied().unwrap_or_default();
            let octave = 12 * (which / tones.len().max(1)) as i32;
            tones.get(which % tones.len().max(1)).map(|tone| tone + octave).into_iter().collect()
        })
    }

    /// Whole chords.
    fn together(&self, figure: &[(f64, f64, f64)], lowest: Pitch) -> Vec<Note> {
        self.every_bar(figure, |chord, _| chord.from(lowest))
    }

    fn bass(&self, figure: &[(f64, f64, f64)]) -> Vec<Note> {
        self.every_bar(figure, |chord, _| vec![chord.bass_from(40)]) // from E2
    }

    fn strokes(&self, figure: &[(f64, f64, bool, f64)]) -> Vec<Stroke> {
        (0..self.bars.len())
            .flat_map(|bar| {
                figure.iter().map(move |(beat, beats, is_tap, strength)| Stroke {
                    at: bar as f64 * self.bar_beats + beat,
                    beats: *beats,
                    is_tap: *is_tap,
                    strength: *strength,
                })
            })
            .collect()
    }

    /// Melodies one after the other, as many bars each as they are long.
    fn sing(&self, sections: &[&str], strength: f64) -> Vec<Note> {
        let mut bar = 0;
        let mut notes = Vec::new();
        for section in sections {
            notes.extend(melody(section, f64::from(bar) * self.bar_beats, strength));
            bar += section.split('|').filter(|bar| !bar.trim().is_empty()).count() as i32;
        }
        notes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sounds::music::score::pitch;

    /// A melody whose bars do not add up is heard at the wrong place from there on.
    pub(super) fn bars_add_up(sections: &[&str], bar_beats: f64) {
        for section in sections {
            for bar in section.split('|').map(str::trim).filter(|bar| !bar.is_empty()) {
                let words = bar.split_whitespace().map(|word| word.split_once(':').expect(word));
                let beats: f64 = words.clone().map(|(_, beats)| beats.parse::<f64>().expect(bar)).sum();
                assert!((beats - bar_beats).abs() < 1e-9, "{bar}: {beats} beats");
                for (name, _) in words {
                    assert!(name == "-" || pitch(name).is_some(), "{name}");
                }
            }
        }
    }

    #[test]
    fn five_pieces_last_one_to_two_minutes_and_every_bar_has_its_chord() {
        let pieces = all();
        assert_eq!(pieces.len(), 5);
        for piece in pieces {
            let lasts_s = piece.beats() * piece.beat_s();
            assert!((60.0..120.0).contains(&lasts_s), "{}: {lasts_s} s", piece.name);
            assert!(piece.form.bars.iter().all(|chords| matches!(chords.len(), 1 | 2)), "{}", piece.name);
            for part in piece.parts {
                assert!(part.notes.iter().all(|note| note.at < piece.form.bars.len() as f64 * piece.form.bar_beats));
            }
        }
    }
}

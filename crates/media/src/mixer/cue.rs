//! Tones for all in the room, such as when somebody comes or leaves.

use warden_codec::resample::Resampler;

use super::add;
use crate::tone::{FRAME, Generator, Tone};

/// So many tones can wait for their turn; those beyond are not played.
const WAITING: usize = 2;

#[derive(Debug)]
pub(super) struct Cue {
    playing: Option<Generator>,
    waiting: [Option<Tone>; WAITING],
    resampler: Option<Resampler>,
    /// 20 ms at the room's rate.
    frame: Box<[i16]>,
}

impl Cue {
    pub(super) fn new(rate_hz: u32, frame: usize) -> Option<Self> {
        let resampler = if rate_hz == 8000 { None } else { Some(Resampler::new(8000, rate_hz)?) };
        Some(Self { playing: None, waiting: [None, None], resampler, frame: vec![0; frame].into_boxed_slice() })
    }

    /// Plays it once.
    pub(super) fn play(&mut self, tone: Tone) {
        let tone = Tone { repeats: false, ..tone };
        if self.playing.is_none() {
            self.playing = Some(Generator::new(tone));
        } else if let Some(place) = self.waiting.iter_mut().find(|waiting| waiting.is_none()) {
            *place = Some(tone);
        }
    }

    /// Adds the next 20 ms to the sum.
    pub(super) fn add_to(&mut self, sum: &mut [i32]) {
        let Some(generator) = &mut self.playing else { return };
        let mut samples = [0; FRAME];
        generator.next_frame(&mut samples);
        let has_ended = generator.has_ended();
        match &mut self.resampler {
            Some(resampler) => {
                if resampler.resample(&samples, &mut self.frame).is_none() {
                    self.frame.fill(0);
                }
            }
            None => self.frame.copy_from_slice(&samples),
        }
        add::add(sum, &self.frame, add::Gain { from: add::UNITY, to: add::UNITY });
        if has_ended {
            self.playing = self.waiting.iter_mut().find_map(Option::take).map(Generator::new);
        }
    }
}

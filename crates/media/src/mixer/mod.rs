//! A room: everybody hears all the others, and not themselves.
//!
//! Every 20 ms each participant's frame comes in ([`Mixer::hear`]), all are added once ([`Mixer::mix`]), and each who
//! was added gets the sum less their own. Who was not added hears the sum itself, the same for all of them, so that it
//! need be encoded only once for each codec. With more than 16 in the room the 8 loudest who talk are mixed. Codecs,
//! packets and the clock are left to others.

mod add;
mod cue;
mod limiter;
mod selection;
mod speech;

use std::collections::VecDeque;

pub use selection::{ALL, SELECTED};

use add::{Gain, UNITY};
use cue::Cue;
use limiter::Limiter;
use speech::Speech;

use crate::tone::Tone;

/// Levels are told once in so many frames: 17 times a second.
const LEVEL_FRAMES: u8 = 3;
/// As loud, or as soft, as one can be made.
const MOST_DB: f32 = 20.0;
const LEAST_DB: f32 = -60.0;

/// A participant's place in the room, which another may have later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Place(usize);

/// What a participant hears.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard<'m> {
    /// What all who are not mixed hear: encode it once for all with the same codec.
    Common(&'m [i16]),
    /// What only this one hears: all the others.
    Own(&'m [i16]),
}

impl<'m> Heard<'m> {
    /// Either way.
    #[must_use]
    pub fn frame(self) -> &'m [i16] {
        match self {
            Self::Common(frame) | Self::Own(frame) => frame,
        }
    }
}

/// Something that happened in the room.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Event {
    /// Somebody has begun or ceased to talk. Who is muted does not talk.
    Talking {
        /// Who.
        place: Place,
        /// Begun.
        is_talking: bool,
    },
    /// How loud somebody is, before their gain; 17 times a second to who has asked for it.
    Level {
        /// Who.
        place: Place,
        /// Of the loudest frame since the last one, in dB below a full square wave: 0 to -96.
        level_dbov: f32,
        /// Of the loudest sample.
        peak_dbov: f32,
    },
}

#[derive(Debug)]
struct Participant {
    gain: i32,
    is_muted: bool,
    speech: Speech,
    /// To be mixed.
    is_selected: bool,
    /// A frame has come.
    has_said: bool,
    /// How it is added in this frame; nothing when both ends are 0.
    mixed: Gain,
    limiter: Limiter,
    level_dbov: f32,
    peak_dbov: f32,
}

impl Participant {
    fn talks(&self) -> bool {
        self.speech.is_talking() && !self.is_muted
    }

    fn is_mixed(&self) -> bool {
        self.mixed != Gain::default()
    }
}

/// The room. After it is made nothing is allocated.
#[derive(Debug)]
pub struct Mixer {
    frame: usize,
    participants: Box<[Option<Participant>]>,
    present: usize,
    /// A frame for each place: what was said, and what is heard where it differs from the others.
    said: Box<[i16]>,
    own: Box<[i16]>,
    sum: Box<[i32]>,
    rest: Box<[i32]>,
    common: Box<[i16]>,
    limiter: Limiter,
    cue: Cue,
    events: VecDeque<Event>,
    tells_levels: bool,
    frames: u8,
}

impl Mixer {
    /// A room at 8000, 16,000 or 48,000 samples a second, for at most so many. `None` for another rate.
    #[must_use]
    pub fn new(sample_rate_hz: u32, places: usize) -> Option<Self> {
        let frame = match sample_rate_hz {
            8000 => 160,
            16_000 => 320,
            48_000 => 960,
            _ => return None,
        };
        Some(Self {
            frame,
            participants: std::iter::repeat_with(|| None).take(places).collect(),
            present: 0,
            said: vec![0; places * frame].into_boxed_slice(),
            own: vec![0; places * frame].into_boxed_slice(),
            sum: vec![0; frame].into_boxed_slice(),
            rest: vec![0; frame].into_boxed_slice(),
            common: vec![0; frame].into_boxed_slice(),
            limiter: Limiter::new(),
            cue: Cue::new(sample_rate_hz, frame)?,
            events: VecDeque::with_capacity(2 * places),
            tells_levels: false,
            frames: 0,
        })
    }

    /// Somebody comes in. `None` when the room is full.
    pub fn join(&mut self) -> Option<Place> {
        let at = self.participants.iter().position(Option::is_none)?;
        *self.participants.get_mut(at)? = Some(Participant {
            gain: UNITY,
            is_muted: false,
            speech: Speech::new(),
            is_selected: false,
            has_said: false,
            mixed: Gain::default(),
            limiter: Limiter::new(),
            level_dbov: speech::SILENCE_DBOV,
            peak_dbov: speech::SILENCE_DBOV,
        });
        self.present += 1;
        Some(Place(at))
    }

    /// Somebody leaves.
    pub fn leave(&mut self, place: Place) {
        if self.participants.get_mut(place.0).and_then(Option::take).is_some() {
            self.present -= 1;
        }
    }

    /// How many are in the room.
    #[must_use]
    pub fn present(&self) -> usize {
        self.present
    }

    /// All others hear this one louder or softer, from -60 to 20 dB; 0 is as it comes.
    #[expect(clippy::cast_possible_truncation, reason = "ten times at most")]
    pub fn set_gain_db(&mut self, place: Place, gain_db: f32) {
        let Some(it) = self.participant(place) else { return };
        let ratio = 10f32.powf(gain_db.clamp(LEAST_DB, MOST_DB) / 20.0);
        it.gain = (ratio * 4096.0).round() as i32;
    }

    /// Nobody hears this one, or all do again.
    pub fn set_muted(&mut self, place: Place, is_muted: bool) {
        if let Some(it) = self.participant(place) {
            it.is_muted = is_muted;
        }
    }

    /// Whether levels are told.
    pub fn tell_levels(&mut self, tells_levels: bool) {
        self.tells_levels = tells_levels;
    }

    /// All hear this tone, from the next frame on. Of more than three at once those beyond are not played.
    pub fn play(&mut self, tone: Tone) {
        self.cue.play(tone);
    }

    /// What somebody says in this frame: 20 ms at the room's rate. Who says nothing is silent.
    pub fn hear(&mut self, place: Place, frame: &[i16]) {
        let range = place.0 * self.frame..(place.0 + 1) * self.frame;
        let Some(Some(it)) = self.participants.get_mut(place.0) else { return };
        let Some(room) = self.said.get_mut(range).filter(|room| room.len() == frame.len()) else { return };
        room.copy_from_slice(frame);
        it.has_said = true;
    }

    /// Mixes what was said since the last time. Called every 20 ms.
    pub fn mix(&mut self) {
        self.judge();
        selection::select(&mut self.participants, self.present);
        self.sum.fill(0);
        for (it, said) in self.participants.iter_mut().zip(self.said.chunks_exact(self.frame)) {
            let Some(it) = it else { continue };
            let to = if it.is_selected && !it.is_muted { it.gain } else { 0 };
            let from = it.mixed.to;
            it.mixed = if it.has_said { Gain { from, to } } else { Gain::default() };
            if it.is_mixed() {
                add::add(&mut self.sum, said, it.mixed);
            }
        }
        self.cue.add_to(&mut self.sum);
        self.limiter.limit(&self.sum, &mut self.common);
        let frames = self.said.chunks_exact(self.frame).zip(self.own.chunks_exact_mut(self.frame));
        for (it, (said, own)) in self.participants.iter_mut().zip(frames) {
            let Some(it) = it else { continue };
            if it.is_mixed() {
                add::without(&self.sum, said, it.mixed, &mut self.rest);
                it.limiter.limit(&self.rest, own);
            } else {
                it.limiter = self.limiter;
            }
            it.has_said = false;
        }
    }

    /// What somebody hears of the last mix. Nobody who is not there hears the same as all.
    #[must_use]
    pub fn heard(&self, place: Place) -> Heard<'_> {
        let is_mixed = self.participants.get(place.0).and_then(Option::as_ref).is_some_and(Participant::is_mixed);
        let own = self.own.get(place.0 * self.frame..(place.0 + 1) * self.frame).filter(|_| is_mixed);
        own.map_or(Heard::Common(&self.common), Heard::Own)
    }

    /// What everybody says together: for who only listens, and for a recording.
    #[must_use]
    pub fn common(&self) -> &[i16] {
        &self.common
    }

    /// What has happened; to be asked after each mix until there is no more. Two for each place wait, those beyond are
    /// not told.
    pub fn poll(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    fn participant(&mut self, place: Place) -> Option<&mut Participant> {
        self.participants.get_mut(place.0)?.as_mut()
    }

    /// How loud everybody is, and who talks.
    fn judge(&mut self) {
        self.frames = (self.frames + 1) % LEVEL_FRAMES;
        let tells_levels = self.tells_levels && self.frames == 0;
        for (at, (it, said)) in self.participants.iter_mut().zip(self.said.chunks_exact(self.frame)).enumerate() {
            let (place, Some(it)) = (Place(at), it) else { continue };
            let silence = (speech::SILENCE_DBOV, speech::SILENCE_DBOV);
            let (level, peak) = if it.has_said { speech::levels_dbov(said) } else { silence };
            (it.level_dbov, it.peak_dbov) = (it.level_dbov.max(level), it.peak_dbov.max(peak));
            let was_talking = it.speech.is_talking();
            it.speech.hear(level);
            if it.is_muted {
                it.speech.end();
            }
            let is_talking = it.speech.is_talking();
            if was_talking != is_talking {
                tell(&mut self.events, Event::Talking { place, is_talking });
            }
            if tells_levels {
                let (level_dbov, peak_dbov) = (it.level_dbov, it.peak_dbov);
                tell(&mut self.events, Event::Level { place, level_dbov, peak_dbov });
            }
            if self.frames == 0 {
                (it.level_dbov, it.peak_dbov) = silence;
            }
        }
    }
}

fn tell(events: &mut VecDeque<Event>, event: Event) {
    if events.len() < events.capacity() {
        events.push_back(event);
    }
}

//! A program that many legs hear, such as music on hold: encoded once for each codec, however many listen.
//!
//! The owner says who listens ([`Stations::tune`]), and every 20 ms ([`Stations::next_timeout`]) gives each station that
//! is due a frame of its program. What is ready to be sent comes out for each listener, and
//! [`Session::broadcast`](crate::relay::Session::broadcast) makes it a packet of the listener's own stream. Who comes
//! later hears the program from there, as with radio. Where a program comes from is left to others.

mod channel;

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::ticks::earlier;
use crate::voice::Voice;
use channel::Channel;
pub use channel::Packet;

/// The rate of a program's samples.
pub const SAMPLE_RATE_HZ: u32 = 16_000;
/// The samples of 20 ms.
pub const FRAME: usize = 320;

const FRAME_TIME: Duration = Duration::from_millis(20);
/// Who is later than this leaves out what should have been sent, instead of sending it all at once.
const MAX_LAG: Duration = Duration::from_millis(100);

/// The name of a program, such as `default`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Class(Arc<str>);

impl Class {
    /// The class of this name.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self(name.into())
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a leg listens to, and how it is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tuned {
    /// Whose program.
    pub class: Class,
    /// In which codec and packets.
    pub voice: Voice,
}

/// Every station that somebody listens to. `L` names a listener.
#[derive(Debug)]
pub struct Stations<L> {
    on_air: Vec<Station<L>>,
    /// How many channels there have been, so that no two have one number.
    channels: u64,
}

impl<L> Default for Stations<L> {
    fn default() -> Self {
        Self { on_air: Vec::new(), channels: 0 }
    }
}

/// One program, in all the codecs that somebody hears it in.
#[derive(Debug)]
pub struct Station<L> {
    class: Class,
    channels: Vec<Channel<L>>,
    next_at: Instant,
}

/// What becomes of a station when a listener has come or gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    /// Its first listener has come: its program is wanted.
    Begins(Class),
    /// Its last listener has gone.
    Ends(Class),
}

impl<L: Copy + Eq> Stations<L> {
    /// A listener turns from one program to another one, or in or out. Only here anything is allocated.
    ///
    /// At most two stations have news of it.
    pub fn tune(&mut self, listener: L, from: Option<&Tuned>, to: Option<&Tuned>, now: Instant) -> [Option<News>; 2] {
        let begins = to.and_then(|to| self.come(listener, to, now));
        let ends = from.and_then(|from| self.go(listener, from));
        [begins, ends]
    }

    fn come(&mut self, listener: L, tuned: &Tuned, now: Instant) -> Option<News> {
        let number = self.channels + 1;
        let Some(station) = self.on_air.iter_mut().find(|station| station.class == tuned.class) else {
            let channels = vec![Channel::new(number, tuned.voice, listener)?];
            self.channels = number;
            self.on_air.push(Station { class: tuned.class.clone(), channels, next_at: now });
            return Some(News::Begins(tuned.class.clone()));
        };
        if let Some(channel) = station.channels.iter_mut().find(|channel| channel.is_for(tuned.voice)) {
            channel.listeners.push(listener);
        } else {
            station.channels.push(Channel::new(number, tuned.voice, listener)?);
            self.channels = number;
        }
        None
    }

    fn go(&mut self, listener: L, tuned: &Tuned) -> Option<News> {
        let index = self.on_air.iter().position(|station| station.class == tuned.class)?;
        let station = self.on_air.get_mut(index)?;
        for channel in station.channels.iter_mut().filter(|channel| channel.is_for(tuned.voice)) {
            if let Some(place) = channel.listeners.iter().position(|other| *other == listener) {
                channel.listeners.swap_remove(place);
            }
        }
        station.channels.retain(|channel| !channel.listeners.is_empty());
        if !station.channels.is_empty() {
            return None;
        }
        let station = self.on_air.swap_remove(index);
        Some(News::Ends(station.class))
    }

    /// When the next frame is due.
    #[must_use]
    pub fn next_timeout(&self) -> Option<Instant> {
        self.on_air.iter().fold(None, |soonest, station| earlier(soonest, Some(station.next_at)))
    }

    /// A station whose next frame is due; ask again until there is none. To be given to [`Station::hear`].
    pub fn next_due(&mut self, now: Instant) -> Option<&mut Station<L>> {
        let station = self.on_air.iter_mut().find(|station| station.next_at <= now)?;
        station.take_turn(now);
        Some(station)
    }
}

impl<L: Copy + Eq> Station<L> {
    /// Whose program it wants.
    #[must_use]
    pub fn class(&self) -> &Class {
        &self.class
    }

    /// The next 20 ms of the program: `send` is given what each listener is to be told now.
    pub fn hear(&mut self, frame: &[i16; FRAME], mut send: impl FnMut(L, &Packet<'_>)) {
        for channel in &mut self.channels {
            channel.hear(frame, &mut send);
        }
    }

    /// A frame is taken. An owner who comes late leaves a gap for everybody, and the program goes on behind it.
    fn take_turn(&mut self, now: Instant) {
        let lag = now.saturating_duration_since(self.next_at);
        if lag > MAX_LAG {
            let frames = u32::try_from(lag.as_millis() / FRAME_TIME.as_millis()).unwrap_or(u32::MAX);
            self.next_at += FRAME_TIME * frames;
            self.channels.iter_mut().for_each(|channel| channel.pause(u64::from(frames) * FRAME as u64));
        }
        self.next_at += FRAME_TIME;
    }
}

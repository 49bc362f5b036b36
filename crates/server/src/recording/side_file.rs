//! What is known of a recording besides its sound: a JSON file beside it.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use warden_call::media::RecordedParty;
use warden_media::relay::Side;

use super::jobs::About;

/// What there is room for of each kind; more is left out.
const MAX_ENTRIES: usize = 1000;

/// Everything about one recording. Times within it are seconds from its beginning.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct SideFile {
    pub(super) call: String,
    pub(super) file: String,
    pub(super) dialled: String,
    pub(super) started: Timestamp,
    /// `null` while it is written.
    pub(super) ended: Option<Timestamp>,
    /// How long it is.
    pub(super) seconds: f64,
    pub(super) rate_hz: u32,
    /// Whether it has come to its end in order.
    pub(super) complete: bool,
    /// Who is heard in the left channel, one after another.
    pub(super) left: Vec<Party>,
    /// And in the right one.
    pub(super) right: Vec<Party>,
    pub(super) pauses: Vec<Pause>,
    /// Where sound was lost on our side; the file is silent there.
    pub(super) gaps: Vec<Gap>,
    /// The channels in which something came that cannot be decoded.
    pub(super) not_decoded: Vec<String>,
    /// Why it has not come to its end in order, if that is known.
    pub(super) note: Option<String>,
}

/// Somebody who is heard.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Party {
    pub(super) from_s: f64,
    pub(super) extension: String,
    pub(super) name: String,
}

/// Time that was left out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Pause {
    pub(super) at_s: f64,
    pub(super) from: Timestamp,
    /// `null` while it lasts, and when it lasted to the end.
    pub(super) to: Option<Timestamp>,
}

/// Sound that is missing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Gap {
    pub(super) at_s: f64,
    pub(super) seconds: f64,
}

impl SideFile {
    pub(super) fn new(about: &About, rate_hz: u32, started: Timestamp) -> Self {
        let [left, right] = about.parties.each_ref().map(|party| vec![Party::at(0.0, party)]);
        let file = about.file.rsplit('/').next().unwrap_or_default().to_owned();
        Self {
            call: about.call.to_string(),
            file,
            dialled: about.dialled.clone(),
            started,
            ended: None,
            seconds: 0.0,
            rate_hz,
            complete: false,
            left,
            right,
            pauses: Vec::new(),
            gaps: Vec::new(),
            not_decoded: Vec::new(),
            note: None,
        }
    }

    /// Samples as seconds, to the millisecond.
    pub(super) fn seconds_of(&self, samples: u64) -> f64 {
        let ms = u128::from(samples) * 1000 / u128::from(self.rate_hz.max(1));
        f64::from(u32::try_from(ms).unwrap_or(u32::MAX)) / 1000.0
    }

    pub(super) fn add_party(&mut self, place: u64, side: Side, party: &RecordedParty) {
        let party = Party::at(self.seconds_of(place), party);
        let parties = match side {
            Side::A => &mut self.left,
            Side::B => &mut self.right,
        };
        add(parties, party);
    }

    pub(super) fn add_pause(&mut self, place: u64, from: Timestamp) {
        let at_s = self.seconds_of(place);
        add(&mut self.pauses, Pause { at_s, from, to: None });
    }

    pub(super) fn end_pause(&mut self, to: Timestamp) {
        if let Some(pause) = self.pauses.last_mut() {
            pause.to.get_or_insert(to);
        }
    }

    pub(super) fn add_gap(&mut self, place: u64, samples: u64) {
        let (at_s, seconds) = (self.seconds_of(place), self.seconds_of(samples));
        add(&mut self.gaps, Gap { at_s, seconds });
    }

    pub(super) fn note_not_decoded(&mut self, unheard: [bool; 2]) {
        for (channel, _) in ["left", "right"].into_iter().zip(unheard).filter(|(_, unheard)| *unheard) {
            if !self.not_decoded.iter().any(|known| known == channel) {
                self.not_decoded.push(channel.to_owned());
            }
        }
    }

    /// Writes it, whole or not at all. `is_last` says that it is to be on disk then.
    pub(super) fn write(&self, path: &Path, is_last: bool) -> io::Result<()> {
        let draft = path.with_extension("draft");
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
        let mut json = serde_json::to_vec_pretty(self)?;
        json.push(b'\n');
        file.write_all(&json)?;
        if is_last {
            file.sync_all()?;
        }
        drop(file);
        fs::rename(&draft, path)
    }

    pub(super) fn read(path: &Path) -> io::Result<Self> {
        Ok(serde_json::from_slice(&fs::read(path)?)?)
    }
}

impl Party {
    fn at(from_s: f64, party: &RecordedParty) -> Self {
        Self { from_s, extension: party.extension.text().to_owned(), name: party.name.clone() }
    }
}

fn add<T>(entries: &mut Vec<T>, entry: T) {
    if entries.len() < MAX_ENTRIES {
        entries.push(entry);
    }
}

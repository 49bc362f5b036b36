//! Digits in a call: each is told once, whichever ways it came by, and said to the other leg in that one's way.
//!
//! Where both legs have the same way, digits pass as they come. Digits may be somebody's PIN: they are in no record.

use std::time::{Duration, Instant};

use warden_media::dtmf::{By, Digit, DigitSetup, Heard, Saying};
use warden_media::relay::Side;
use warden_sdp::Negotiated;
use warden_sip::endpoint::{Reply, ServerId};
use warden_sip::status::Status;

use super::call::{Call, Stage};
use super::digit_info::InfoDigits;
use super::leg::Leg;
use super::turn::Turn;
use super::twice::Known;
use crate::digits::{DigitBy, DigitMethod, DigitSettings, Pressed};
use crate::directory::{Directory, Extension};
use crate::media::MediaCommand;
use crate::output::{Event, Output};

/// What is known of the digits of one leg.
#[derive(Default)]
pub(super) struct LegDigits {
    /// The last ones, by which those are known that come by another way too.
    known: Known,
    /// Its phone has sent a digit by INFO. Many list INFO in `Allow` that ignore digits in it.
    sends_info: bool,
    /// What it is told by INFO.
    pub(super) info: InfoDigits,
}

/// How a leg is told digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Events,
    Info,
    Tones,
}

/// What decides how digits come and go.
#[derive(Clone, Copy)]
pub(super) struct DigitTerms {
    method: DigitMethod,
    sends_info: bool,
    refuses_info: bool,
}

impl DigitTerms {
    /// Of a phone that has not sent anything yet.
    pub(super) fn of(owner: &Extension, directory: &Directory) -> Self {
        Self { method: directory.digit_method_of(owner), sends_info: false, refuses_info: false }
    }

    fn way(self, own: &Negotiated) -> Way {
        let is_told_by_info = match self.method {
            DigitMethod::SipInfo => true,
            DigitMethod::Inband => false,
            DigitMethod::Rfc2833 | DigitMethod::Auto => self.sends_info && own.dtmf.is_none(),
        };
        if is_told_by_info && !self.refuses_info {
            Way::Info
        } else if own.dtmf.is_some() {
            Way::Events
        } else {
            Way::Tones
        }
    }

    /// Whether its digits may come as tones.
    fn may_send_tones(self, own: &Negotiated, settings: DigitSettings) -> bool {
        match self.method {
            DigitMethod::Inband | DigitMethod::Auto => true,
            DigitMethod::SipInfo => false,
            DigitMethod::Rfc2833 => settings.inband_detection && own.dtmf.is_none(),
        }
    }
}

/// What the media of a leg with this agreement has to do with digits, next to another one.
pub(super) fn digit_setup(
    own: (&Negotiated, DigitTerms),
    other: (&Negotiated, DigitTerms),
    directory: &Directory,
) -> DigitSetup {
    let (agreed, terms) = own;
    let events =
        |dtmf: warden_sdp::Dtmf| Saying::Events { payload_type: dtmf.payload_type, clock_rate_hz: dtmf.clock_rate_hz };
    // Where neither has events tones pass as they are, unless the other is configured to want INFO.
    let is_told_otherwise = match other.1.way(other.0) {
        Way::Events => true,
        Way::Info => other.1.method == DigitMethod::SipInfo,
        Way::Tones => false,
    };
    let listens = terms.may_send_tones(agreed, directory.digits) && is_told_otherwise;
    DigitSetup {
        listens,
        mutes: listens,
        said: Some(agreed.dtmf.map_or(Saying::Tones, events)),
        level_below_dbm0: directory.digits.level_below_dbm0,
    }
}

impl Leg {
    pub(super) fn digit_terms(&self, directory: &Directory) -> DigitTerms {
        let LegDigits { sends_info, info, .. } = &self.digits;
        DigitTerms { sends_info: *sends_info, refuses_info: info.is_refused, ..DigitTerms::of(&self.owner, directory) }
    }

    fn digit_way(&self, directory: &Directory) -> Way {
        self.session.negotiated().map_or(Way::Tones, |own| self.digit_terms(directory).way(own))
    }
}

impl Call {
    /// The media threads have heard a digit.
    pub(super) fn handle_digit(&mut self, side: Side, heard: Heard, turn: &mut Turn<'_>) {
        let Heard { digit, duration, by, passed } = heard;
        let by = match by {
            By::Event => DigitBy::Event,
            By::Tone => DigitBy::Tone,
        };
        let begun = turn.now.checked_sub(duration).unwrap_or(turn.now);
        if self.note_digit(side, (digit, duration), by, begun, turn) && !passed {
            self.say_digit(side.other(), digit, duration, turn);
        }
    }

    /// An INFO has brought a digit: it is answered by us, whichever way the other phone is told.
    pub(super) fn handle_info_digit(&mut self, side: Side, id: ServerId, digit: Pressed, turn: &mut Turn<'_>) {
        if let Some(leg) = self.leg(side) {
            leg.digits.sends_info = true;
        }
        turn.answer(id, Reply::new(Status::OK));
        if self.note_digit(side, digit, DigitBy::Info, turn.now, turn) {
            self.say_digit(side.other(), digit.0, digit.1, turn);
        }
    }

    /// Tells whoever listens of a digit; whether it was not told before.
    fn note_digit(&mut self, side: Side, digit: Pressed, by: DigitBy, begun: Instant, turn: &mut Turn<'_>) -> bool {
        if !matches!(self.stage, Stage::Up(_)) {
            return false;
        }
        let Some(leg) = self.leg(side) else { return false };
        let (digit, duration) = digit;
        let is_new = leg.digits.known.is_new(digit, by, begun, turn.now);
        if is_new {
            let call = turn.call;
            turn.outputs.push_back(Output::Event(Event::Digit { call, side, digit, duration, by }));
        }
        is_new
    }

    /// Says a digit to a leg in its way. While phones ring for its place it is for the one that is heard, if any: who has
    /// left the other party to them is not to get it.
    fn say_digit(&mut self, side: Side, digit: Digit, duration: Duration, turn: &mut Turn<'_>) {
        if let Some(transfer) = self.ringing_for(side) {
            if transfer.is_heard() {
                self.say_in_media(side, digit, duration, turn);
            }
            return;
        }
        let Some(leg) = self.leg(side).filter(|leg| !leg.is_gone) else { return };
        match leg.digit_way(turn.directory) {
            Way::Info => leg.say_by_info((digit, duration), turn),
            Way::Events | Way::Tones => self.say_in_media(side, digit, duration, turn),
        }
    }

    /// As events or tones, whichever its leg has agreed to.
    pub(super) fn say_in_media(&self, side: Side, digit: Digit, duration: Duration, turn: &mut Turn<'_>) {
        if self.media.is_open() {
            turn.media(MediaCommand::Digit { call: turn.call, side, digit, duration });
        }
    }
}

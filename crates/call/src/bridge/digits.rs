//! Digits in a call: each is told once, whichever ways it came by, and said to the other leg in that one's way.
//!
//! Where both legs have the same way, digits pass as they come. Digits may be somebody's PIN: they are in no record.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use warden_media::dtmf::{By, Digit, DigitSetup, Heard, Saying};
use warden_media::relay::Side;
use warden_sdp::Negotiated;
use warden_sip::endpoint::{ClientId, Reply, ServerId};
use warden_sip::method::Method;
use warden_sip::status::Status;
use warden_sip::write::Body;

use super::call::{Call, Stage};
use super::leg::Leg;
use super::reoffer::is_fatal;
use super::turn::Turn;
use crate::call_event::Cause;
use crate::digits::{self, DigitBy, DigitMethod, DigitSettings, Pressed};
use crate::directory::{Directory, Extension};
use crate::media::MediaCommand;
use crate::output::{Event, Output};

/// The same digit by another way within this time is the same one.
const SAME: Duration = Duration::from_millis(500);
/// How many digits wait to be said by INFO; those beyond are not said.
const MAX_WAITING: usize = 64;

/// The body that says a digit and that nearly all phones know.
pub(super) const COMMON_TYPE: &str = "application/dtmf-relay";

/// What is known of the digits of one leg.
#[derive(Default)]
pub(super) struct LegDigits {
    /// The last one, how it came, and when it was over.
    last: Option<(Digit, DigitBy, Instant)>,
    /// Its phone has sent a digit by INFO. Many list INFO in `Allow` that ignore digits in it.
    sends_info: bool,
    /// It has refused digits by INFO.
    refuses_info: bool,
    /// Digits that are said by INFO, one after another.
    waiting: VecDeque<Pressed>,
    /// The INFO that is under way.
    asked: Option<ClientId>,
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
        let LegDigits { sends_info, refuses_info, .. } = self.digits;
        DigitTerms { sends_info, refuses_info, ..DigitTerms::of(&self.owner, directory) }
    }

    fn digit_way(&self, directory: &Directory) -> Way {
        self.session.negotiated().map_or(Way::Tones, |own| self.digit_terms(directory).way(own))
    }
}

impl LegDigits {
    /// Whether a digit that began at `begun` and is over is not the one before, come by another way.
    fn is_new(&mut self, digit: Digit, by: DigitBy, begun: Instant, now: Instant) -> bool {
        let is_same = self.last.is_some_and(|(last, other, over)| last == digit && other != by && begun <= over + SAME);
        if !is_same {
            self.last = Some((digit, by, now));
        }
        !is_same
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

    /// An INFO has brought a digit. True when it is to be passed on as it is, and its answer comes from the other phone:
    /// that is not for every body that says a digit, since phones do not know each.
    pub(super) fn handle_info_digit(
        &mut self,
        side: Side,
        id: ServerId,
        digit: Pressed,
        is_common: bool,
        turn: &mut Turn<'_>,
    ) -> bool {
        if let Some(leg) = self.leg(side) {
            leg.digits.sends_info = true;
        }
        let is_new = self.note_digit(side, digit, DigitBy::Info, turn.now, turn);
        let directory = turn.directory;
        let goes_by_info = |leg: &mut Leg| {
            leg.digit_way(directory) == Way::Info && leg.digits.asked.is_none() && leg.digits.waiting.is_empty()
        };
        if is_new && is_common && self.leg(side.other()).is_some_and(goes_by_info) {
            return true;
        }
        turn.answer(id, Reply::new(Status::OK));
        if is_new {
            self.say_digit(side.other(), digit.0, digit.1, turn);
        }
        false
    }

    /// Tells whoever listens of a digit; whether it was not told before.
    fn note_digit(&mut self, side: Side, digit: Pressed, by: DigitBy, begun: Instant, turn: &mut Turn<'_>) -> bool {
        if !matches!(self.stage, Stage::Up(_)) {
            return false;
        }
        let Some(leg) = self.leg(side) else { return false };
        let (digit, duration) = digit;
        let is_new = leg.digits.is_new(digit, by, begun, turn.now);
        if is_new {
            let call = turn.call;
            turn.outputs.push_back(Output::Event(Event::Digit { call, side, digit, duration, by }));
        }
        is_new
    }

    /// Says a digit to a leg in its way.
    fn say_digit(&mut self, side: Side, digit: Digit, duration: Duration, turn: &mut Turn<'_>) {
        let Some(leg) = self.leg(side).filter(|leg| !leg.is_gone) else { return };
        match leg.digit_way(turn.directory) {
            Way::Info => {
                if leg.digits.waiting.len() < MAX_WAITING {
                    leg.digits.waiting.push_back((digit, duration));
                }
                leg.send_next_digit(turn);
            }
            Way::Events | Way::Tones => {
                if self.media.is_open() {
                    turn.media(MediaCommand::Digit { call: turn.call, side, digit, duration });
                }
            }
        }
    }

    /// The answer to an INFO of ours. False when it is to something else.
    pub(super) fn handle_digit_answer(&mut self, client: ClientId, status: Status, turn: &mut Turn<'_>) -> bool {
        let Some(leg) = self.legs().find(|leg| leg.digits.asked == Some(client)) else { return false };
        if status.is_provisional() {
            return true;
        }
        leg.digits.asked = None;
        turn.desk.by_client.remove(&client);
        let said = leg.digits.waiting.pop_front();
        let side = leg.side;
        if !takes_digits(status) {
            leg.digits.refuses_info = true;
            let unsaid: Vec<_> = said.into_iter().chain(std::mem::take(&mut leg.digits.waiting)).collect();
            for (digit, duration) in unsaid {
                self.say_digit(side, digit, duration, turn);
            }
        } else if is_fatal(status) {
            self.lose(side, Cause::Unreachable, turn);
        } else {
            leg.send_next_digit(turn);
        }
        true
    }
}

impl Leg {
    /// One INFO at a time, so that none overtakes another.
    fn send_next_digit(&mut self, turn: &mut Turn<'_>) {
        if self.digits.asked.is_some() || self.is_gone || self.is_cut_off() {
            return;
        }
        let Some((digit, duration)) = self.digits.waiting.front() else { return };
        let content = digits::write(*digit, *duration);
        let mut request = self.dialog.request(Method::Info);
        request.body = Some(Body { content_type: COMMON_TYPE, content: content.into() });
        self.digits.asked = Some(turn.send(request, self.flow));
    }

    /// Nothing is waited for any more.
    pub(super) fn forget_digits(&mut self, turn: &mut Turn<'_>) {
        self.digits.waiting.clear();
        if let Some(client) = self.digits.asked.take() {
            turn.desk.by_client.remove(&client);
        }
    }
}

/// Whether who answers so has understood that it was a digit.
fn takes_digits(status: Status) -> bool {
    ![
        Status::METHOD_NOT_ALLOWED,
        Status::UNSUPPORTED_MEDIA_TYPE,
        Status::NOT_ACCEPTABLE_HERE,
        Status::NOT_IMPLEMENTED,
        Status::BAD_EVENT,
    ]
    .contains(&status)
}

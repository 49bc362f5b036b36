//! What people do with their phones.

use std::time::Duration;

use warden_call::digits::DigitBy;
use warden_sdp::Direction;
use warden_sdp::codec::Format;
use warden_sip::header::HeaderName;
use warden_sip::method::Method;
use warden_sip::status::Status;
use warden_sip::write::Body;

use super::{PhoneId, WARDEN, World};
use crate::phone::{Dial, Phone, with_events};

impl World {
    /// Registers a phone for this many seconds, with the right password.
    pub fn register(&mut self, id: PhoneId, seconds: u64) -> &mut Self {
        let password = Self::password(self.phone(id).number());
        self.register_with(id, &password, seconds)
    }

    /// Registers a phone with any password.
    pub fn register_with(&mut self, id: PhoneId, password: &str, seconds: u64) -> &mut Self {
        self.act(id, |phone, now| phone.register(WARDEN, password, Duration::from_secs(seconds), now))
    }

    /// Gives a phone's registration back.
    pub fn unregister(&mut self, id: PhoneId) -> &mut Self {
        self.act(id, Phone::unregister)
    }

    /// `from` dials `number` through Warden.
    pub fn dial(&mut self, from: PhoneId, number: &str) -> &mut Self {
        self.dial_as(from, number, &Dial::default())
    }

    /// `from` dials `number` through Warden, in an unusual way.
    pub fn dial_as(&mut self, from: PhoneId, number: &str, dial: &Dial) -> &mut Self {
        self.act(from, |phone, now| phone.dial(number, WARDEN, dial, now))
    }

    /// `from` calls a URI through Warden.
    pub fn dial_uri(&mut self, from: PhoneId, uri: &str) -> &mut Self {
        self.dial_as(from, "", &Dial { uri: Some(uri.into()), ..Dial::default() })
    }

    /// `from` dials `number` through Warden and leaves the offer to the other side.
    pub fn dial_without_offer(&mut self, from: PhoneId, number: &str) -> &mut Self {
        self.dial_as(from, number, &Dial { offers: false, ..Dial::default() })
    }

    /// `from` dials `number` without Warden; a number that no phone has goes to an address where nobody is.
    pub fn dial_direct(&mut self, from: PhoneId, number: &str) -> &mut Self {
        self.dial_direct_as(from, number, &Dial::default())
    }

    /// `from` dials `number` without Warden, in an unusual way.
    pub fn dial_direct_as(&mut self, from: PhoneId, number: &str, dial: &Dial) -> &mut Self {
        let peer = self.address_of(number);
        self.act(from, |phone, now| phone.dial(number, peer, dial, now))
    }

    /// `from` asks `number` what it can do (OPTIONS); [`Phone::answered`] tells the outcome.
    pub fn query(&mut self, from: PhoneId, number: &str) -> &mut Self {
        let peer = self.address_of(number);
        self.act(from, |phone, now| phone.query(number, peer, now))
    }

    /// Lifts the handset of a ringing phone.
    pub fn answer(&mut self, id: PhoneId) -> &mut Self {
        self.act(id, Phone::answer)
    }

    /// A ringing phone sends sound before it is answered: 183 with a description.
    pub fn answer_early(&mut self, id: PhoneId) -> &mut Self {
        self.act(id, Phone::answer_early)
    }

    /// A ringing phone declines the call with 603.
    pub fn decline(&mut self, id: PhoneId) -> &mut Self {
        self.act(id, |phone, now| phone.refuse(Status::DECLINE, now))
    }

    /// A ringing phone refuses what was offered with 488.
    pub fn refuse_media(&mut self, id: PhoneId) -> &mut Self {
        self.act(id, |phone, now| phone.refuse(Status::NOT_ACCEPTABLE_HERE, now))
    }

    /// A ringing phone refuses with this status and says in Retry-After when to try again.
    pub fn refuse_for_now(&mut self, id: PhoneId, status: Status, retry_after: &str) -> &mut Self {
        self.act(id, |phone, now| phone.refuse_for_now(status, retry_after, now))
    }

    /// A ringing phone sends the caller to `contact`, a URI, with 302.
    pub fn redirect(&mut self, id: PhoneId, contact: &str) -> &mut Self {
        self.act(id, |phone, now| phone.redirect(contact, now))
    }

    /// Puts the handset down: CANCEL while dialling, BYE in a call; a ringing phone refuses with 486.
    pub fn hang_up(&mut self, id: PhoneId) -> &mut Self {
        self.act(id, Phone::hang_up)
    }

    /// A phone sends a page by fax from now on, in place of its sound.
    pub fn begin_fax(&mut self, id: PhoneId) -> &mut Self {
        self.act(id, |phone, now| phone.fax(true, Method::Invite, now))
    }

    /// The same by UPDATE.
    pub fn begin_fax_by_update(&mut self, id: PhoneId) -> &mut Self {
        self.act(id, |phone, now| phone.fax(true, Method::Update, now))
    }

    /// The page is sent: a phone goes back to sound.
    pub fn end_fax(&mut self, id: PhoneId) -> &mut Self {
        self.act(id, |phone, now| phone.fax(false, Method::Invite, now))
    }

    /// Puts the other side on hold by re-INVITE.
    pub fn hold(&mut self, id: PhoneId) -> &mut Self {
        self.act(id, |phone, now| phone.hold(Method::Invite, Direction::SendOnly, now))
    }

    /// Puts the other side on hold by a re-INVITE that wants no sound either way.
    pub fn hold_inactively(&mut self, id: PhoneId) -> &mut Self {
        self.act(id, |phone, now| phone.hold(Method::Invite, Direction::Inactive, now))
    }

    /// Puts the other side on hold as RFC 2543 has it: by a re-INVITE that names no address to send to.
    pub fn hold_by_zeros(&mut self, id: PhoneId) -> &mut Self {
        self.act(id, Phone::hold_by_zeros)
    }

    /// Takes the other side back by re-INVITE.
    pub fn resume(&mut self, id: PhoneId) -> &mut Self {
        self.act(id, |phone, now| phone.hold(Method::Invite, Direction::SendRecv, now))
    }

    /// Puts the other side on hold by UPDATE.
    pub fn hold_by_update(&mut self, id: PhoneId) -> &mut Self {
        self.act(id, |phone, now| phone.hold(Method::Update, Direction::SendOnly, now))
    }

    /// Takes the other side back by UPDATE.
    pub fn resume_by_update(&mut self, id: PhoneId) -> &mut Self {
        self.act(id, |phone, now| phone.hold(Method::Update, Direction::SendRecv, now))
    }

    /// Asks the other side for an offer: a re-INVITE without one.
    pub fn reoffer(&mut self, id: PhoneId) -> &mut Self {
        self.act(id, Phone::ask_for_offer)
    }

    /// Moves to another RTP port by re-INVITE.
    pub fn change_address(&mut self, id: PhoneId) -> &mut Self {
        self.act(id, Phone::change_address)
    }

    /// Offers other codecs by re-INVITE; telephone events are added.
    pub fn change_codecs(&mut self, id: PhoneId, codecs: &[Format]) -> &mut Self {
        self.act(id, |phone, now| phone.change_codecs(with_events(codecs), now))
    }

    /// Transfers the other party to a number (REFER).
    pub fn transfer(&mut self, id: PhoneId, number: &str) -> &mut Self {
        self.refer(id, &format!("<sip:{number}@{WARDEN}>"), &[])
    }

    /// Sends REFER with this Refer-To, none if it is empty, and more headers.
    pub fn refer(&mut self, id: PhoneId, refer_to: &str, more: &[(&str, &str)]) -> &mut Self {
        self.act(id, |phone, now| phone.refer(refer_to, more, now))
    }

    /// Connects the other party on this line with that on the other one (REFER with Replaces).
    pub fn connect_lines(&mut self, id: PhoneId) -> &mut Self {
        self.act(id, Phone::refer_to_other_line)
    }

    /// Takes up a phone's other line; the call on this one is not put on hold by that.
    pub fn switch_lines(&mut self, id: PhoneId) -> &mut Self {
        self.act(id, |phone, _| phone.switch_lines())
    }

    /// Sends a digit by INFO.
    pub fn send_digit(&mut self, id: PhoneId, digit: char) -> &mut Self {
        self.act(id, |phone, now| phone.send_digit(digit, Duration::from_millis(160), now))
    }

    /// Presses keys one after another, each for so many milliseconds, while the phone may send sound.
    pub fn press(&mut self, id: PhoneId, by: DigitBy, digits: &str, ms: u64) -> &mut Self {
        self.act(id, |phone, _| phone.press(by, digits, ms))
    }

    /// `from` subscribes to an event package of `number` for so many seconds; [`Phone::errands`] tells what comes of it.
    pub fn subscribe(&mut self, from: PhoneId, package: &str, number: &str, seconds: u64) -> &mut Self {
        let expires = seconds.to_string();
        let headers = [(HeaderName::Event, package), (HeaderName::Expires, &expires)];
        self.ask(from, Method::Subscribe, number, &headers, None)
    }

    /// `from` goes on with the subscription that was its errand number `index`, from 0; for 0 s ends it.
    pub fn resubscribe(&mut self, from: PhoneId, index: usize, package: &str, seconds: u64) -> &mut Self {
        let expires = seconds.to_string();
        let headers = [(HeaderName::Event, package), (HeaderName::Expires, &expires)];
        self.ask_again(from, index, &headers)
    }

    /// `from` sends a request about `number`, signed when it must be; [`Phone::errands`] tells what comes of it. A From
    /// among the headers is said instead of the phone's own.
    pub fn ask(
        &mut self,
        from: PhoneId,
        method: Method,
        number: &str,
        headers: &[(HeaderName, &str)],
        body: Option<Body>,
    ) -> &mut Self {
        self.act(from, |phone, now| phone.ask(method, number, headers, body, now))
    }

    /// `from` goes on with its errand number `index`, from 0, with other headers.
    pub fn ask_again(&mut self, from: PhoneId, index: usize, headers: &[(HeaderName, &str)]) -> &mut Self {
        self.act(from, |phone, now| phone.ask_again(index, headers, now))
    }
}

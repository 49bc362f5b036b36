//! How phones are set up, and what breaks them: nothing of this is a message by itself.

use std::net::SocketAddr;
use std::time::Duration;

use warden_call::call_event::CallId;
use warden_call::directory::Extension;
use warden_call::media::{MediaCommand, MediaEvent, RecordingNews};
use warden_call::{Input, MessageCounts, RecordingRefused, RecordingWish};
use warden_sdp::codec::Format;
use warden_sdp::srtp::Srtp;
use warden_sip::method::Method;
use warden_sip::status::Status;

use super::{PhoneId, World};
use crate::phone::{FaxManner, Leaving, Phone, Reliability, with_events};

impl World {
    /// Switches a phone off: it says nothing any more and hears nothing.
    pub fn unplug(&mut self, id: PhoneId) -> &mut Self {
        self.switch(id, Phone::unplug)
    }

    /// What a phone says of itself when it registers: parameters of its Contact, each with `;` in front, and option tags.
    pub fn describe(&mut self, id: PhoneId, contact_parameters: &str, supported: &str) -> &mut Self {
        self.switch(id, |phone| phone.describe(contact_parameters, supported))
    }

    /// What a phone says of its make.
    pub fn set_user_agent(&mut self, id: PhoneId, user_agent: &str) -> &mut Self {
        self.switch(id, |phone| phone.set_user_agent(user_agent))
    }

    /// A phone is behind a router: it says an address in its network, and is seen at another.
    pub fn behind_router(&mut self, id: PhoneId) -> &mut Self {
        self.switch(id, |phone| phone.claim(SocketAddr::from(([192, 168, 1, 9], 5060))))
    }

    /// Proxies put themselves between a phone and Warden when it registers, as the header Path has them.
    pub fn behind_proxies(&mut self, id: PhoneId, path: &str) -> &mut Self {
        self.switch(id, |phone| phone.set_path(path))
    }

    /// A phone is switched off and on. It has forgotten its registration and has another port.
    pub fn restart(&mut self, id: PhoneId) -> &mut Self {
        self.switch(id, Phone::restart)
    }

    /// A busy phone refuses every call at once with 486.
    pub fn set_busy(&mut self, id: PhoneId, busy: bool) -> &mut Self {
        self.switch(id, |phone| phone.set_busy(busy))
    }

    /// What a phone makes of reliable provisional responses; at first it knows nothing of them.
    pub fn set_reliability(&mut self, id: PhoneId, reliability: Reliability) -> &mut Self {
        self.switch(id, |phone| phone.set_reliability(reliability))
    }

    /// A phone adds this header to its INVITEs, to what it answers to those of others, to CANCEL and to BYE.
    pub fn add_header(&mut self, id: PhoneId, name: &str, value: &str) -> &mut Self {
        self.switch(id, |phone| phone.add_header(name, value))
    }

    /// A phone says where it is with each session description that it sends: in a body of two parts.
    pub fn bring_location(&mut self, id: PhoneId) -> &mut Self {
        self.switch(id, Phone::bring_location)
    }

    /// Whether the sound of a phone's next calls is encrypted.
    pub fn set_encryption(&mut self, id: PhoneId, encryption: Srtp) -> &mut Self {
        self.switch(id, |phone| phone.set_encryption(encryption))
    }

    /// What a phone makes of fax that it is offered; at first it knows nothing of it.
    pub fn set_fax(&mut self, id: PhoneId, manner: FaxManner) -> &mut Self {
        self.switch(id, |phone| phone.set_fax(manner))
    }

    /// A phone's next calls begin as a fax, without sound.
    pub fn load_page(&mut self, id: PhoneId) -> &mut Self {
        self.switch(id, Phone::load_page)
    }

    /// The codecs of the next calls, the most wanted first; telephone events are added.
    pub fn set_codecs(&mut self, id: PhoneId, codecs: &[Format]) -> &mut Self {
        self.switch(id, |phone| phone.set_codecs(with_events(codecs)))
    }

    /// Everything that a phone describes in its next calls, telephone events included.
    pub fn set_formats(&mut self, id: PhoneId, formats: &[Format]) -> &mut Self {
        self.switch(id, |phone| phone.set_codecs(formats.to_vec()))
    }

    /// What a phone answers to INFO from now on: unless it is 200 it takes no digit; `None` when it answers nothing.
    pub fn answer_info(&mut self, id: PhoneId, status: Option<Status>) -> &mut Self {
        self.switch(id, |phone| phone.answer_info(status))
    }

    /// The session interval that a phone asks for and grants, in **seconds** (RFC 4028); `None`, as it is at first,
    /// is a phone without session timers.
    pub fn set_session_timer(&mut self, id: PhoneId, seconds: Option<u32>) -> &mut Self {
        self.switch(id, |phone| phone.set_session_timer(seconds))
    }

    /// The shortest session that a phone with timers takes, in **seconds**; 90 at first. Others get 422.
    pub fn set_shortest_session(&mut self, id: PhoneId, seconds: u32) -> &mut Self {
        self.switch(id, |phone| phone.set_shortest_session(seconds))
    }

    /// A phone refreshes by re-INVITE, even if the other side takes UPDATE.
    pub fn refresh_by_invite(&mut self, id: PhoneId) -> &mut Self {
        self.switch(id, |phone| phone.refresh_by(Method::Invite))
    }

    /// A phone neither refreshes its sessions nor minds when nobody does.
    pub fn forget_to_refresh(&mut self, id: PhoneId) -> &mut Self {
        self.switch(id, Phone::forget_to_refresh)
    }

    /// A phone does not make up its mind about re-INVITE and UPDATE: it says 100 and no more.
    pub fn hesitate(&mut self, id: PhoneId) -> &mut Self {
        self.switch(id, Phone::hesitate)
    }

    /// The media threads take no new session.
    pub fn refuse_media_sessions(&mut self) -> &mut Self {
        self.warden.media.refuses = true;
        self
    }

    /// Warden waits no longer for calls to end.
    pub fn end_calls(&mut self) -> &mut Self {
        self.act_on_warden(|warden, now| warden.pbx.handle(Input::EndCalls, now))
    }

    /// How long the media threads take to close a session and to give back its ports.
    pub fn close_media_within_ms(&mut self, ms: u64) -> &mut Self {
        self.warden.media.closes_within = Duration::from_millis(ms);
        self
    }

    /// What a phone answers to NOTIFY and MESSAGE from now on; `None` when it answers nothing.
    pub fn answer_notify(&mut self, id: PhoneId, status: Option<Status>, retry_after: Option<&str>) -> &mut Self {
        self.act(id, |phone, now| phone.answer_notify(status, retry_after, now))
    }

    /// A phone is switched off and on: it remembers nothing that it has subscribed to.
    pub fn reboot(&mut self, id: PhoneId) -> &mut Self {
        self.switch(id, Phone::forget_errands)
    }

    /// What waits in the mailbox of an extension.
    pub fn set_mailbox(&mut self, number: &str, counts: MessageCounts) -> &mut Self {
        let Ok(extension) = Extension::parse(number.as_bytes()) else { return self };
        self.act_on_warden(|warden, now| warden.pbx.handle(Input::Mailbox { extension, counts }, now))
    }

    /// Phones are told to look at their configuration; how many.
    pub fn check_sync(&mut self, number: &str, reboot: bool) -> usize {
        let mut told = 0;
        if let Ok(extension) = Extension::parse(number.as_bytes()) {
            self.act_on_warden(|warden, now| told = warden.pbx.check_sync(&extension, reboot, now));
        }
        told
    }

    /// Nothing can be written down any more.
    pub fn fill_disk(&mut self) -> &mut Self {
        self.warden.disk_is_full = true;
        self
    }

    /// What time it is, in **seconds** since the Unix epoch.
    pub fn set_clock(&mut self, seconds: u64) -> &mut Self {
        self.act_on_warden(|warden, now| warden.pbx.handle(Input::Time(Duration::from_secs(seconds)), now))
    }

    /// A phone sends no RTP, its RTCP goes on.
    pub fn mute(&mut self, id: PhoneId, mute: bool) -> &mut Self {
        self.switch(id, |phone| phone.mute(mute))
    }

    /// A phone sends neither RTP nor RTCP, though it answers SIP.
    pub fn silence(&mut self, id: PhoneId, silent: bool) -> &mut Self {
        self.switch(id, |phone| phone.silence(silent))
    }

    /// When a phone hangs up that has transferred the other party.
    pub fn leave(&mut self, id: PhoneId, leaving: Leaving) -> &mut Self {
        self.switch(id, |phone| phone.leave(leaving))
    }

    /// Phones forget whom they have heard.
    pub fn forget_heard(&mut self) -> &mut Self {
        for phone in &mut self.phones {
            phone.forget_heard();
        }
        self
    }

    /// A phone records what it hears, from now on.
    pub fn record(&mut self, id: PhoneId) -> &mut Self {
        self.switch(id, Phone::record)
    }

    /// Somebody wants something of the recording of a call.
    ///
    /// # Errors
    /// Why it cannot be.
    pub fn record_call(&mut self, call: CallId, wish: RecordingWish) -> Result<(), RecordingRefused> {
        let mut done = Ok(());
        self.act_on_warden(|warden, now| done = warden.pbx.record(call, wish, now));
        done
    }

    /// A recording cannot be written any more.
    pub fn break_recording(&mut self, call: CallId, reason: &str) -> &mut Self {
        let news = RecordingNews::Failed { reason: reason.to_owned() };
        self.act_on_warden(|warden, now| {
            warden.pbx.handle(Input::Media(MediaEvent::Recording { call, news }), now);
        })
    }

    /// Tells the media threads something that the call core has not told them.
    pub fn order_media(&mut self, command: MediaCommand) -> &mut Self {
        self.act_on_warden(|warden, now| warden.media.carry_out(command, now))
    }

    fn switch(&mut self, id: PhoneId, change: impl FnOnce(&mut Phone)) -> &mut Self {
        if let Some(phone) = self.phones.get_mut(id.0) {
            change(phone);
        }
        self
    }
}

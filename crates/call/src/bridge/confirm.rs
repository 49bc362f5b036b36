//! Phones whose ringing wants to be confirmed (RFC 3262): each of their responses gets its PRACK, in order and once.

use warden_sip::dialog::{Dialog, DialogError};
use warden_sip::endpoint::{ClientId, Request};
use warden_sip::header::{CSeq, HeaderName, RAck};
use warden_sip::message::Message;
use warden_sip::method::Method;

use super::call::{Call, Stage};
use super::leg::Fork;
use super::turn::Turn;

/// The most that one phone has confirmed. One that rings on and on need not be answered each time.
pub(super) const MAX_CONFIRMED: u32 = 32;
/// The most early dialogs with one phone; a proxy between it and us may have forked the call.
const MAX_DIALOGS: usize = 8;

/// A dialog with a phone that has not answered, and the last `RSeq` that was confirmed in it.
struct EarlyDialog {
    dialog: Dialog,
    rseq: u32,
}

/// What one phone has had confirmed.
#[derive(Default)]
pub(super) struct Confirmed {
    dialogs: Vec<EarlyDialog>,
    count: u32,
}

impl Confirmed {
    /// The PRACK for a response with this number. `None` when it has had one, when one before it is missing, and when the
    /// phone has had too many.
    pub(super) fn prack(&mut self, response: &Message, rseq: u32) -> Option<Request> {
        if self.count >= MAX_CONFIRMED {
            return None;
        }
        let early = self.in_dialog(response, rseq)?;
        if early.rseq.checked_add(1) != Some(rseq) {
            return None;
        }
        early.rseq = rseq;
        let mut prack = early.dialog.request(Method::Prack);
        self.count += 1;
        let cseq = CSeq { sequence: response.sequence(), method_name: Method::Invite.name().as_bytes() };
        prack.headers.add_value(HeaderName::RAck, &RAck { rseq, cseq });
        Some(prack)
    }

    /// The dialog of a response; for a new one, this number is the next.
    fn in_dialog(&mut self, response: &Message, rseq: u32) -> Option<&mut EarlyDialog> {
        let tag = response.to_tag()?;
        let known = self.dialogs.iter().position(|early| early.dialog.remote_tag() == tag);
        if known.is_none() && self.dialogs.len() < MAX_DIALOGS {
            let (dialog, rseq) = (Dialog::from_response(response).ok()?, rseq.checked_sub(1)?);
            self.dialogs.push(EarlyDialog { dialog, rseq });
            return self.dialogs.last_mut();
        }
        self.dialogs.get_mut(known?)
    }

    fn early(&self, response: &Message) -> Option<&Dialog> {
        let tag = response.to_tag()?;
        self.dialogs.iter().map(|early| &early.dialog).find(|dialog| dialog.remote_tag() == tag)
    }
}

impl Fork {
    /// Confirms a response with this number, if that is to be; whether it is news.
    pub(super) fn confirm(&mut self, response: &Message, rseq: u32, turn: &mut Turn<'_>) -> bool {
        let prack = self.confirmed.prack(response, rseq);
        prack.is_some_and(|prack| {
            turn.post(prack, self.flow);
            true
        })
    }

    /// The dialog that the phone's answer makes. What was confirmed in it counts in its numbers.
    ///
    /// # Errors
    /// As [`Dialog::from_response`].
    pub(super) fn dialog(&self, response: &Message) -> Result<Dialog, DialogError> {
        Dialog::from_response(response).map(|dialog| dialog.numbered_after(self.confirmed.early(response)))
    }

    /// The same for an answer that is only acknowledged and ended.
    pub(super) fn dialog_to_end(&self, response: &Message) -> Dialog {
        Dialog::to_end(response, &self.contact).numbered_after(self.confirmed.early(response))
    }
}

impl Call {
    /// A phone says something of its ringing and wants it confirmed. It is heard at once: what it says of its sound is
    /// not said again.
    pub(super) fn handle_reliable(&mut self, client: ClientId, rseq: u32, response: &Message, turn: &mut Turn<'_>) {
        let Stage::Ringing(ringing) = &mut self.stage else { return };
        let Some(fork) = ringing.hunt.forks.iter_mut().find(|fork| fork.client == client) else { return };
        if fork.confirm(response, rseq, turn) {
            fork.pace.drop_held();
            self.handle_progress(client, response, turn);
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn ringing(tag: &str, rseq: u32) -> Message {
        let text = format!(
            "SIP/2.0 183 x\r\nVia: SIP/2.0/UDP a;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\n\
             To: <sip:c@d>;tag={tag}\r\nCall-ID: 1\r\nCSeq: 7 INVITE\r\nContact: <sip:c@10.0.0.2>\r\n\
             Require: 100rel\r\nRSeq: {rseq}\r\n\r\n"
        );
        Message::parse(Bytes::from(text)).expect("parses")
    }

    /// The numbers in the PRACK, its own and what it is for, if there is one.
    fn confirm(confirmed: &mut Confirmed, tag: &str, rseq: u32) -> Option<[String; 2]> {
        let prack = confirmed.prack(&ringing(tag, rseq), rseq)?;
        let text = String::from_utf8_lossy(prack.headers.text()).into_owned();
        let value = |name| text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default().to_owned();
        Some(["CSeq: ", "RAck: "].map(value))
    }

    #[test]
    fn each_response_of_each_early_dialog_is_confirmed_once_and_in_order() {
        let mut confirmed = Confirmed::default();
        let mut confirm = |tag, rseq| confirm(&mut confirmed, tag, rseq);
        assert_eq!(confirm("x", 5), Some(["8 PRACK".into(), "5 7 INVITE".into()]));
        assert_eq!(confirm("x", 5), None, "repeated");
        assert_eq!(confirm("x", 7), None, "6 is missing");
        assert_eq!(confirm("y", 1), Some(["8 PRACK".into(), "1 7 INVITE".into()]), "from another phone behind a proxy");
        assert_eq!(confirm("x", 6), Some(["9 PRACK".into(), "6 7 INVITE".into()]));
        assert_eq!(confirm("x", 7), Some(["10 PRACK".into(), "7 7 INVITE".into()]));
    }

    #[test]
    fn a_phone_that_rings_without_end_is_not_confirmed_without_end() {
        let mut confirmed = Confirmed::default();
        let tags = (0..20).filter_map(|tag| confirm(&mut confirmed, &format!("t{tag}"), 1)).count();
        assert_eq!(tags, MAX_DIALOGS);
        let more = (2..100).filter_map(|rseq| confirm(&mut confirmed, "t0", rseq)).count();
        assert_eq!(tags + more, usize::try_from(MAX_CONFIRMED).expect("few"));
    }
}

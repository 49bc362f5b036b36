//! Requests within a call from another address than the phone's, or by another transport: whoever has seen the dialog's
//! tags could send them, so they must be signed like a new call.

use warden_sip::endpoint::Flow;
use warden_sip::message::Message;

use super::Bridge;
use super::call::{Call, Stage};
use super::leg::Leg;
use crate::directory::Extension;

/// A phone that has moved, or somebody who says so.
pub(crate) struct Moved<'a> {
    /// Whose phone the leg is with.
    pub(crate) owner: &'a Extension,
    /// What the call was made to.
    pub(crate) dialled: &'a str,
}

impl Bridge {
    /// Whose signature a request within a call needs; `None` while its leg stays at its address and transport.
    pub(crate) fn moved(&self, request: &Message, flow: Flow) -> Option<Moved<'_>> {
        let call = self.calls.get(&self.desk.call_with(request.to_tag()?)?)?;
        let leg = call.leg_of(request)?;
        let is_elsewhere = leg.flow.remote.ip().to_canonical() != flow.remote.ip().to_canonical();
        // Nor does a datagram speak for a phone that has come by a connection.
        let has_moved = is_elsewhere || leg.flow.transport != flow.transport;
        has_moved.then_some(Moved { owner: &leg.owner, dialled: &call.view.dialled })
    }
}

impl Call {
    /// The leg that a message belongs to; one that leaves, or waits to come in, is one too.
    pub(super) fn leg_of(&self, message: &Message) -> Option<&Leg> {
        let newcomer = match &self.stage {
            Stage::Up(up) => up.transfer.as_ref().and_then(|transfer| transfer.newcomer()),
            Stage::Ringing(_) | Stage::Over => None,
        };
        let leaving = self.leaving.iter().map(|leaving| &leaving.leg);
        let mut legs = [Some(&self.a), self.b.as_ref(), newcomer].into_iter().flatten().chain(leaving);
        legs.find(|leg| leg.dialog.is_of(message))
    }
}

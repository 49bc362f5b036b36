//! A phone is told who its new partner is: by the re-INVITE that settles its leg, else by an UPDATE if it takes that.

use warden_media::relay::Side;
use warden_sip::method::Method;
use warden_sip::write::Headers;

use super::super::call::{Call, Stage};
use super::super::leg::Leg;
use super::super::party::{self, Role};
use super::super::reoffer::Exchange;
use super::super::turn::Turn;
use crate::directory::Directory;

impl Call {
    /// Adds who the partner of the phone of `side` is; nobody while others ring, and nobody who does not want to be known.
    pub(super) fn introduce(&mut self, side: Side, headers: &mut Headers, directory: &Directory) {
        let is_ringing = self.transfer().is_some();
        let Some((leg, partner)) = self.pair(side) else { return };
        if !is_ringing && !partner.is_private {
            leg.partner_is_new = false;
            let role = match side {
                Side::A => Role::Called,
                Side::B => Role::Calling,
            };
            party::tell(headers, &party::address(&partner.owner, &leg.flow, directory), role, directory);
        }
    }

    /// Tells the phone of `side` of a partner that it does not know. True when its answer is to come.
    pub(super) fn introduce_partner(&mut self, side: Side, turn: &mut Turn<'_>) -> bool {
        let is_ringing = self.transfer().is_some();
        let shown = turn.directory.calls.identity;
        let can_be_told =
            |leg: &Leg| leg.allows_update && !leg.is_gone && !leg.is_cut_off() && leg.unacknowledged.is_none();
        let Some((leg, partner)) = self.pair(side) else { return false };
        let is_news = leg.partner_is_new && !partner.is_private && (shown.asserted || shown.remote_party);
        if is_ringing || !is_news || !can_be_told(leg) {
            return false;
        }
        let (mut request, flow) = (leg.request(Method::Update, turn.directory), leg.flow);
        self.introduce(side, &mut request.headers, turn.directory);
        let asked = turn.send(request, flow);
        if let Stage::Up(up) = &mut self.stage {
            up.begin(Exchange::Refreshing { side, method: Method::Update, asked }, turn);
        }
        true
    }
}

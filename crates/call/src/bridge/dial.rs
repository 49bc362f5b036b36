//! A phone dials: from its INVITE to the INVITEs of those who are to answer.

use std::time::Instant;

use warden_sdp::description::Description;
use warden_sdp::srtp::Srtp;
use warden_sdp::{Direction, LocalMedia, Session, relayed_offer};
use warden_sip::dialog::Dialog;
use warden_sip::endpoint::{Flow, ServerId};
use warden_sip::header::HeaderName;
use warden_sip::message::Message;
use warden_sip::method::Method;
use warden_sip::status::Status;
use warden_sip::tag::Tag;
use warden_sip::write::Headers;

use super::auto_answer;
use super::call::{Call, CallView, Media, Stage};
use super::confirm::Confirmed;
use super::digits::LegDigits;
use super::diversion::{self, Diversion, hops};
use super::fax::sound_for;
use super::hold::with_music;
use super::hunt::Hunt;
use super::identity::{add_contact, address_for, name_addr};
use super::keys::{check_offer, fresh_keys};
use super::leg::{Fork, Leg, Sdp, allows_update, body, endpoint};
use super::pace::Pace;
use super::party::{self, Role};
use super::privacy::{NOBODY, is_private};
use super::program::Played;
use super::recording::{Recorded, Recording};
use super::refresh::{self, Refresh};
use super::refusal::Refusal;
use super::reliable::Reliable;
use super::ring::Ringing;
use super::turn::{Timer, Turn};
use super::{CAPABILITIES, Side};
use crate::call_event::{CallEvent, Cause, Started};
use crate::directory::{Directory, Extension};
use crate::registrar::{Binding, Instance, way};
use crate::route::Route;
use crate::to_phone::ToPhone;

/// The most phones that one call rings, those that others redirect to included.
pub(super) const MAX_FORKS: usize = 20;

/// A longer number, name or Call-ID tells nobody anything.
const MAX_TEXT: usize = 64;

/// An INVITE from a known device.
#[derive(Clone, Copy)]
pub(crate) struct Invitation<'a> {
    pub(crate) id: ServerId,
    pub(crate) request: &'a Message,
    pub(crate) flow: Flow,
    pub(crate) caller: &'a Extension,
    /// What was dialled.
    pub(crate) number: &'a str,
    /// The one phone that is meant, if not all.
    pub(crate) instance: Option<&'a Instance>,
    /// For one that has waited for ports: it waits no longer than this.
    pub(crate) patience_until: Option<Instant>,
}

impl Invitation<'_> {
    /// The first events of its call.
    pub(super) fn tell_begin(&self, route: Route, turn: &mut Turn<'_>) {
        let Route { rule, destination } = route;
        turn.tell_call_id(self.request.call_id());
        turn.tell(CallEvent::Started(Box::new(self.started(turn))));
        turn.tell(CallEvent::Routed { rule, destination });
    }

    fn started(&self, turn: &Turn<'_>) -> Started {
        let user_agent = self.request.header(HeaderName::UserAgent).unwrap_or_default();
        Started {
            caller: self.caller.clone(),
            caller_name: turn.directory.people.get(self.caller).map(|person| person.name.clone()).unwrap_or_default(),
            dialled: shown(self.number.as_bytes()),
            sip_call_id: shown(self.request.call_id()),
            source: self.flow.remote,
            user_agent: shown(user_agent),
            revision: turn.directory.revision,
        }
    }
}

/// For records: printable and not too long.
pub(super) fn shown(text: &[u8]) -> String {
    String::from_utf8_lossy(text).chars().filter(|c| !c.is_control()).take(MAX_TEXT).collect()
}

/// Rings the phones of `extension`, the most wanted first.
///
/// # Errors
/// Why nobody is rung; then nothing is kept.
pub(super) fn dial(invitation: &Invitation<'_>, extension: &Extension, turn: &mut Turn<'_>) -> Result<Call, Refusal> {
    if turn.registrar.bindings_of(extension).next().is_none() {
        return Err(Refusal::NOT_REGISTERED);
    }
    let a = caller_leg(invitation, turn)?;
    let max_forwards = invitation.request.max_forwards().unwrap_or(70).saturating_sub(1);
    let mut ringing = Ringing::new(invitation, max_forwards);
    ringing.hunt.only = invitation.instance.cloned();
    ringing.hunt.brought = diversion::brought(invitation.request, invitation.caller, turn.directory);
    ringing.hunt.wants_auto_answer = auto_answer::is_wanted(invitation.request);
    if let Err(refused) = ringing.hunt.call_all(&a, extension, turn) {
        turn.desk.by_tag.remove(&a.tag);
        turn.put_back(a.ports);
        return Err(refused);
    }
    ringing.ring_limit = Some(turn.wait(turn.directory.calls.ring_for, Timer::RingLimit));
    turn.desk.by_server.insert(invitation.id, turn.call);
    let stage = Stage::Ringing(Box::new(ringing));
    let view = CallView {
        call: turn.call,
        caller: invitation.caller.clone(),
        source: invitation.flow.remote,
        dialled: shown(invitation.number.as_bytes()),
        callee: None,
        started_at: turn.now,
        answered_at: None,
        on_hold: false,
        recorded: Recorded::No,
    };
    Ok(Call {
        view,
        a,
        b: None,
        stage,
        media: Media::None,
        played: Played::default(),
        reliable: Reliable::asked(invitation.id, invitation.request),
        cancelled: Vec::new(),
        left: Vec::new(),
        leaving: Vec::new(),
        transfers: 0,
        recording: Recording::default(),
    })
}

/// The leg with a phone that has dialled.
///
/// # Errors
/// Why it cannot be had; then nothing is kept.
pub(super) fn caller_leg(invitation: &Invitation<'_>, turn: &mut Turn<'_>) -> Result<Leg, Refusal> {
    let Invitation { request, flow, .. } = *invitation;
    let mut session = Session::new(turn.new_session_id());
    session.encrypt(fresh_keys(invitation.caller, &flow, None, turn)?);
    match Sdp::of(request) {
        Sdp::None => {}
        Sdp::Malformed => return Err(Refusal::BAD_OFFER),
        Sdp::Some(offer) => {
            check_offer(&offer, session.encryption(), invitation.caller, &flow, turn.directory)?;
            let _first = session.receive_offer(offer);
        }
    }
    let ports = turn.take_ports(flow.local.ip()).ok_or(Refusal::NO_PORTS)?;
    let tag = turn.new_tag();
    let Ok(dialog) = Dialog::from_request(request, Tag::from_bits(tag)) else {
        turn.desk.by_tag.remove(&tag);
        turn.put_back(ports);
        return Err(Refusal::new(Status::BAD_REQUEST, "Missing Contact", Cause::Refused(400)));
    };
    let flow = way(request, flow, dialog.remote_target(), turn.directory.nat_of(invitation.caller));
    Ok(Leg {
        side: Side::A,
        owner: invitation.caller.clone(),
        tag,
        dialog,
        flow,
        session,
        ports,
        remote: None,
        allows_update: allows_update(request),
        refresh: Refresh::default(),
        holds: false,
        unacknowledged: None,
        bye_wanted: false,
        is_private: is_private(request),
        is_gone: false,
        has_moved: false,
        referrals: 0,
        notifier: None,
        partner_is_new: false,
        digits: LegDigits::default(),
        bye_reason: None,
    })
}

/// Calls one phone, and asks for refreshes within `interval_s` **seconds**. The `diversions` have sent the call on to it.
/// What was sent `before` it has refused for how it was asked; now its sound is to be encrypted so.
///
/// # Errors
/// Why it is not called.
pub(super) fn ring(
    a: &Leg,
    hunt: &mut Hunt,
    binding: &Binding,
    interval_s: u32,
    diversions: Vec<Diversion>,
    before: Option<(&Fork, Srtp)>,
    turn: &mut Turn<'_>,
) -> Result<Fork, Refusal> {
    let flow = binding.flow;
    let encryption = fresh_keys(&binding.extension, &flow, before.map(|(_, policy)| policy), turn)?;
    let ports = turn.take_ports(flow.local.ip()).ok_or(Refusal::NO_PORTS)?;
    let mut session = Session::new(turn.new_session_id());
    session.encrypt(encryption);
    let endpoint = endpoint(&flow, ports, turn.directory);
    let offer = offer_to_phone(a, &binding.extension, &mut session, endpoint, turn.directory)
        .inspect_err(|_| turn.put_back(ports))?;
    let host = address_for(&flow, turn.directory);
    let caller = party::address(&hunt.caller, &flow, turn.directory);
    let from = if hunt.is_private { NOBODY } else { &*caller };
    let (tag, call_id, sequence) = identifiers(before.map(|(fork, _)| fork), turn);
    let mut request = ToPhone {
        method: Method::Invite,
        binding,
        from,
        tag: Tag::from_bits(tag),
        call_id: &call_id,
        max_forwards: hunt.max_forwards.saturating_sub(hops(&diversions)),
    }
    .numbered(sequence, turn.directory);
    add_contact(&mut request.headers, &flow, turn.directory);
    if let Some(referrer) = &hunt.referrer {
        let value = name_addr("", referrer.text(), host);
        request.headers.add(HeaderName::ReferredBy, &value);
    }
    CAPABILITIES.add_allow(&mut request.headers);
    CAPABILITIES.add_supported(&mut request.headers);
    refresh::ask(&mut request.headers, interval_s, turn.directory);
    if !hunt.is_private {
        party::tell(&mut request.headers, &caller, Role::Calling, turn.directory);
    }
    say_how_it_came(&mut request.headers, hunt, &diversions, binding, turn.directory);
    request.body = Some(body(&offer));
    let client = turn.send(request, flow);
    hunt.called.push((binding.id(), binding.contact.clone()));
    Ok(Fork {
        client,
        tag,
        call_id,
        sequence,
        phone_tag: Box::default(),
        flow,
        session,
        ports,
        extension: binding.extension.clone(),
        contact: binding.contact.clone(),
        binding: binding.id(),
        instance: binding.instance.clone(),
        user_agent: binding.user_agent.clone(),
        interval_s,
        diversions,
        progress: None,
        pace: Pace::default(),
        confirmed: Confirmed::default(),
        has_moved: false,
        partner_is_new: false,
    })
}

/// Tag, Call-ID and number of an INVITE: those of the same call, counted on, where it was refused for how it was asked.
fn identifiers(before: Option<&Fork>, turn: &mut Turn<'_>) -> (u64, [u8; 32], u32) {
    let sequence = before.map_or(1, |fork| fork.sequence + 1);
    // By the tag of a phone that has rung its sound may be known.
    match before.filter(|fork| fork.progress.is_none()) {
        Some(fork) => (turn.keep_tag(fork.tag), fork.call_id, sequence),
        None => (turn.new_tag(), turn.new_call_id(), sequence),
    }
}

/// Who has sent the call on to this phone; when nobody has, whether it is to pick up by itself.
fn say_how_it_came(
    headers: &mut Headers,
    hunt: &Hunt,
    diversions: &[Diversion],
    binding: &Binding,
    directory: &Directory,
) {
    diversion::tell(headers, [&hunt.brought, diversions], binding, directory);
    if diversions.is_empty() && hunt.may_auto_answer(binding, directory) {
        auto_answer::ask(headers, binding, directory);
    }
}

/// What the caller offers, or all that we can when the caller leaves the offer to us; what is agreed on with who is
/// in a call and is to talk to somebody else. The phone is of `owner`.
///
/// # Errors
/// There is nothing that both can have.
fn offer_to_phone(
    a: &Leg,
    owner: &Extension,
    session: &mut Session,
    endpoint: warden_sdp::Endpoint,
    directory: &Directory,
) -> Result<std::sync::Arc<Description>, Refusal> {
    let [codecs, callers] = [owner, &a.owner].map(|owner| directory.codecs_of(owner));
    let local = match (a.session.negotiated(), a.session.open_offer()) {
        (Some(agreed), _) => LocalMedia {
            endpoint,
            direction: if a.holds {
                with_music(agreed.direction.reversed(), a, directory)
            } else {
                Direction::SendRecv
            },
            ptime_ms: Some(agreed.ptime_ms),
            codecs: sound_for(agreed, codecs, callers),
            fax: None,
        },
        (None, Some(offer)) => {
            relayed_offer(offer, a.session.encryption(), codecs, endpoint, Some(callers)).ok_or(Refusal::NO_CODEC)?
        }
        (None, None) => {
            LocalMedia { endpoint, direction: Direction::SendRecv, ptime_ms: None, codecs: codecs.own(), fax: None }
        }
    };
    session.offer(&local).map_err(Refusal::unoffered)
}

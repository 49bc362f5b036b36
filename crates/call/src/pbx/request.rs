//! Requests that come: who has signed them, and which part they are for.

use std::time::Instant;

use warden_sip::endpoint::{Flow, Reply, ServerId};
use warden_sip::header::{HeaderName, NameAddr};
use warden_sip::message::Message;
use warden_sip::method::Method;
use warden_sip::status::Status;

use super::{Pbx, options_reply};
use crate::access::Claim;
use crate::bridge::{Invitation, Moved, is_private};
use crate::directory::Extension;
use crate::output::{Acl, Event, Output};
use crate::registrar::{Gruu, Registering};

impl Pbx {
    pub(super) fn handle_request(&mut self, id: ServerId, request: &Message, flow: Flow, now: Instant) {
        if request.to_tag().is_none() || request.method() == Method::Register {
            return self.handle_new(id, request, flow, now);
        }
        if let Err(reply) = self.check_moved(request, flow, now) {
            return self.answer(id, *reply);
        }
        if request.method() == Method::Subscribe && self.subscriptions.has(request) {
            let outcome = self.resubscribe(id, request, flow, now);
            return self.answer_failure(id, outcome);
        }
        let (bridge, world) = self.bridge(now);
        bridge.handle_request(id, request, flow, world);
    }

    /// Whose device has signed the request.
    ///
    /// # Errors
    /// The answer, as [`Access::sign_in`](crate::access::Access::sign_in) has it.
    pub(super) fn signer(
        &mut self,
        request: &Message,
        flow: Flow,
        is_emergency: bool,
        now: Instant,
    ) -> Result<Extension, Box<Reply>> {
        let claim = Claim { request, flow, registrar: &self.registrar, is_emergency };
        let device = self.access.sign_in(claim, &self.directory, now, &mut self.outputs)?;
        self.outputs.extend(flow.connection.map(Output::SignedIn));
        Ok(device.extension.clone())
    }

    /// The same for a request that tells others who sends it: in From stands the signer's extension, or that it is withheld.
    ///
    /// # Errors
    /// As [`Pbx::signer`], and 403 to who uses the name of another.
    pub(super) fn author(
        &mut self,
        request: &Message,
        flow: Flow,
        is_emergency: bool,
        now: Instant,
    ) -> Result<Extension, Box<Reply>> {
        let author = self.signer(request, flow, is_emergency, now)?;
        // Who calls for help is never refused for what the phone says of itself; the password has told who it is.
        if is_emergency || is_private(request) || request.from().is_ok_and(|from| is_of(&from, &author)) {
            return Ok(author);
        }
        Err(self.forbid(&author, flow, "From Is Not Your Extension").into())
    }

    /// A request within a call from another address must be signed by whose phone it says to be.
    pub(super) fn check_moved(&mut self, request: &Message, flow: Flow, now: Instant) -> Result<(), Box<Reply>> {
        let Some(Moved { owner, dialled }) = self.bridge.moved(request, flow) else { return Ok(()) };
        let (owner, is_emergency) = (owner.clone(), self.directory.dialplan.is_emergency(dialled));
        let signer = self.signer(request, flow, is_emergency, now)?;
        if signer == owner { Ok(()) } else { Err(self.forbid(&signer, flow, "Not Your Call").into()) }
    }

    /// A request outside dialogs.
    pub(super) fn handle_new(&mut self, id: ServerId, request: &Message, flow: Flow, now: Instant) {
        match request.method() {
            Method::Register => {
                let reply = self.register(request, flow, now);
                self.answer(id, reply);
            }
            Method::Options => self.answer(id, options_reply()),
            Method::Invite => {
                let outcome = self.invite(id, request, flow, now);
                self.answer_failure(id, outcome);
            }
            Method::Subscribe => {
                let outcome = self.subscribe(id, request, flow, now);
                self.answer_failure(id, outcome);
            }
            Method::Publish => {
                let outcome = self.publish(id, request, flow, now);
                self.answer_failure(id, outcome);
            }
            Method::Message => {
                let outcome = self.message(id, request, flow, now);
                self.answer_failure(id, outcome);
            }
            Method::Bye | Method::Info | Method::Update | Method::Notify | Method::Prack => {
                self.answer(id, Reply::new(Status::CALL_DOES_NOT_EXIST));
            }
            // Nobody makes calls for others who are not in one with them.
            Method::Refer => {
                let reason = Some("Only Within A Call");
                self.answer(id, Reply { reason, ..Reply::new(Status::FORBIDDEN) });
            }
            // The engine lets nothing else through.
            Method::Ack | Method::Cancel | Method::Other => {
                self.answer(id, Reply::new(Status::METHOD_NOT_ALLOWED));
            }
        }
    }

    /// Somebody dials.
    pub(super) fn invite(
        &mut self,
        id: ServerId,
        request: &Message,
        flow: Flow,
        now: Instant,
    ) -> Result<(), Box<Reply>> {
        let uri = request.request_uri().ok();
        let gruu = uri.and_then(|uri| self.registrar.gruu(&uri));
        let number = match &gruu {
            Some(Gruu { extension, .. }) => extension.text().to_owned(),
            // No number has other letters; what is none is unknown to the dialplan.
            None => String::from_utf8(uri.and_then(|uri| uri.dialled()).unwrap_or_default()).unwrap_or_default(),
        };
        let is_emergency = self.directory.dialplan.is_emergency(&number);
        if !self.accepts_calls && !is_emergency {
            let mut reply = Reply { is_repeatable: true, ..Reply::new(Status::SERVICE_UNAVAILABLE) };
            reply.headers.add(HeaderName::RetryAfter, b"10");
            return Err(reply.into());
        }
        let caller = self.author(request, flow, is_emergency, now)?;
        if request.max_forwards() == Ok(0) {
            return Err(Reply::new(Status::TOO_MANY_HOPS).into());
        }
        let (bridge, world) = self.bridge(now);
        let (caller, number, instance) = (&caller, &number, gruu.as_ref().map(|gruu| &gruu.instance));
        let invitation = Invitation { id, request, flow, caller, number, instance, patience_until: None };
        bridge.invite(invitation, world);
        Ok(())
    }

    pub(super) fn register(&mut self, request: &Message, flow: Flow, now: Instant) -> Reply {
        let extension = match self.signer(request, flow, false, now) {
            Ok(extension) => extension,
            Err(reply) => return *reply,
        };
        if !request.to().is_ok_and(|to| is_of(&to, &extension)) {
            return self.forbid(&extension, flow, "Not Your Extension");
        }
        let (limits, nat) = (&self.directory.registration, self.directory.nat_of(&extension));
        let registering = Registering { extension: &extension, request, flow, nat };
        let reply = self.registrar.register(registering, limits, now, &mut self.outputs);
        self.keep_alives.watch(self.registrar.bindings_of(&extension), &self.directory, now);
        reply
    }

    /// Who has signed in wants what is another's: that is told, and this is the answer.
    pub(super) fn forbid(&mut self, extension: &Extension, flow: Flow, reason: &'static str) -> Reply {
        let username = extension.text().as_bytes().into();
        self.outputs.push_back(Output::Event(Event::Forbidden { username, source: flow, acl: Acl::Extension }));
        Reply { reason: Some(reason), ..Reply::new(Status::FORBIDDEN) }
    }
}

/// Whether an address is that of an extension.
fn is_of(address: &NameAddr<'_>, extension: &Extension) -> bool {
    address.uri().ok().and_then(|uri| uri.dialled()).is_some_and(|number| number == extension.text().as_bytes())
}

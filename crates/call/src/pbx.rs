//! The core as a whole: takes what comes, gives it to who decides, keeps what they want done.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

use warden_sip::endpoint::{self, Reply, ServerId};
use warden_sip::message::Message;
use warden_sip::method::Method;
use warden_sip::random::Random;
use warden_sip::status::Status;
use warden_sip::uas::Capabilities;
use warden_sip::write::Headers;

use crate::auth::{Auth, Claim};
use crate::directory::Directory;
use crate::input::Input;
use crate::output::Output;
use crate::registrar::{Binding, Registrar};

/// What the SIP engine is to let through.
pub const CAPABILITIES: Capabilities = Capabilities {
    methods: &[Method::Register, Method::Options, Method::Ack, Method::Cancel],
    options: &[],
    session_types: &["application/sdp"],
};

/// The phone system's decisions.
pub struct Pbx {
    directory: Arc<Directory>,
    auth: Auth,
    registrar: Registrar,
    outputs: VecDeque<Output>,
}

impl Pbx {
    /// A system in which nothing has happened yet.
    #[must_use]
    pub fn new(directory: Arc<Directory>, random: Random, now: Instant) -> Self {
        let auth = Auth::new(&directory.realm, random, now);
        Self { directory, auth, registrar: Registrar::new(now), outputs: VecDeque::new() }
    }

    /// One thing happened.
    pub fn handle(&mut self, input: Input, now: Instant) {
        match input {
            Input::Directory(directory) => {
                if directory.realm != self.directory.realm {
                    self.auth.change_realm(&directory.realm, now);
                }
                self.registrar.retain(|extension| directory.people.contains_key(extension), &mut self.outputs);
                self.directory = directory;
            }
            Input::Sip(event) => self.handle_sip(event, now),
            Input::Restore(bindings) => self.registrar.restore(bindings, &self.directory, now),
        }
    }

    /// Time has come to [`Pbx::next_timeout`].
    pub fn handle_timeout(&mut self, now: Instant) {
        self.registrar.expire(now, &mut self.outputs);
    }

    /// When to call [`Pbx::handle_timeout`]; `None` while nothing is awaited.
    #[must_use]
    pub fn next_timeout(&self) -> Option<Instant> {
        self.registrar.next_timeout()
    }

    /// The next thing to do; `None` when all has been handed out.
    pub fn poll(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// Who can be reached where, in order of extension.
    pub fn bindings(&self) -> impl Iterator<Item = &Binding> {
        self.registrar.bindings()
    }

    fn handle_sip(&mut self, event: endpoint::Event, now: Instant) {
        match event {
            endpoint::Event::Request { id, request, flow } => self.handle_request(id, &request, flow, now),
            // Nothing is sent yet that could be answered, and malformed messages are the owner's to count.
            endpoint::Event::Acknowledged { .. }
            | endpoint::Event::Unacknowledged { .. }
            | endpoint::Event::Cancelled { .. }
            | endpoint::Event::Response { .. }
            | endpoint::Event::Failed { .. }
            | endpoint::Event::Malformed { .. } => {}
        }
    }

    fn handle_request(&mut self, id: ServerId, request: &Message, flow: endpoint::Flow, now: Instant) {
        match request.method() {
            Method::Register => {
                let reply = self.register(request, flow, now);
                self.answer(id, reply);
            }
            Method::Options => self.answer(id, options_reply()),
            // The engine lets nothing else through.
            Method::Invite
            | Method::Ack
            | Method::Bye
            | Method::Cancel
            | Method::Info
            | Method::Update
            | Method::Prack
            | Method::Refer
            | Method::Subscribe
            | Method::Notify
            | Method::Message
            | Method::Publish
            | Method::Other => self.answer(id, Reply::new(Status::METHOD_NOT_ALLOWED)),
        }
    }

    fn register(&mut self, request: &Message, flow: endpoint::Flow, now: Instant) -> Reply {
        let registrar = &self.registrar;
        let claim = Claim { request, flow, is_home: &|| registrar.is_home(flow.remote.ip()) };
        let device = match self.auth.check(claim, &self.directory, now, &mut self.outputs) {
            Ok(device) => device,
            Err(reply) => return *reply,
        };
        let extension = &device.extension;
        let is_own = request
            .to()
            .ok()
            .and_then(|to| to.uri().ok()?.dialled())
            .is_some_and(|to| to == extension.text().as_bytes());
        if !is_own {
            self.outputs.push_back(Output::Event(crate::Event::Forbidden {
                username: extension.text().as_bytes().into(),
                source: flow,
            }));
            return Reply { reason: Some("Not Your Extension"), ..Reply::new(Status::FORBIDDEN) };
        }
        let limits = &self.directory.registration;
        self.registrar.register(extension, request, flow, limits, now, &mut self.outputs)
    }

    fn answer(&mut self, id: ServerId, reply: Reply) {
        self.outputs.push_back(Output::Answer { id, reply: Box::new(reply) });
    }
}

/// What this server can do (RFC 3261 §11.2); reveals nothing that a challenge would not.
fn options_reply() -> Reply {
    let mut headers = Headers::new();
    CAPABILITIES.add_allow(&mut headers);
    CAPABILITIES.add_supported(&mut headers);
    headers.add(warden_sip::header::HeaderName::Accept, b"application/sdp");
    Reply { headers, ..Reply::new(Status::OK) }
}

//! What can be set at the back of a phone, with no message sent.

use std::net::SocketAddr;

use warden_sdp::codec::Format;
use warden_sdp::srtp::Srtp;
use warden_sip::endpoint::{ConnectionId, Flow};
use warden_sip::header::Transport;
use warden_sip::method::Method;
use warden_sip::status::Status;

use super::recording::Recording;
use super::{Manner, Phone, Reliability};

impl Phone {
    pub(crate) fn set_codecs(&mut self, codecs: Vec<Format>) {
        self.media.codecs = codecs;
    }

    pub(crate) fn answer_info(&mut self, status: Option<Status>) {
        self.sound.keys.info_status = status;
    }

    pub(crate) fn set_encryption(&mut self, encryption: Srtp) {
        self.encryption = encryption;
    }

    pub(crate) fn set_reliability(&mut self, reliability: Reliability) {
        self.reliability = reliability;
    }

    pub(crate) fn add_header(&mut self, name: &str, value: &str) {
        self.additions.push((name.into(), value.into()));
    }

    pub(crate) fn bring_location(&mut self) {
        self.brings_location = true;
    }

    pub(crate) fn set_busy(&mut self, busy: bool) {
        self.manner = if busy { Manner::Busy } else { Manner::Usual };
    }

    /// Over a connection from now on; `None` while it cannot connect. What was under way over the last one fails.
    pub(crate) fn connect(&mut self, transport: Transport, connection: Option<ConnectionId>) {
        let before = self.server_flow();
        (self.transport, self.connection) = (transport, connection);
        if before.connection.is_some() {
            self.endpoint.flow_failed(&before);
        }
    }

    /// Its Contact. A browser knows no address of its own.
    pub(super) fn contact(&self) -> String {
        let transport = if self.is_browser() { ";transport=ws" } else { "" };
        format!("<sip:{}@{}{transport}>", self.number, self.host())
    }

    /// The host of that, with its port.
    pub(super) fn host(&self) -> String {
        if self.is_browser() { format!("x{}.invalid", self.number) } else { self.stated.to_string() }
    }

    fn is_browser(&self) -> bool {
        match self.transport {
            Transport::Ws | Transport::Wss => true,
            Transport::Udp | Transport::Tcp | Transport::Tls => false,
        }
    }

    /// Says this of itself when it registers.
    pub(crate) fn describe(&mut self, contact_parameters: &str, supported: &str) {
        (self.contact_parameters, self.supported) = (contact_parameters.into(), supported.into());
    }

    pub(crate) fn set_user_agent(&mut self, user_agent: &str) {
        self.user_agent = user_agent.into();
    }

    /// Takes this for its own address, as phones behind a router do.
    pub(crate) fn claim(&mut self, address: SocketAddr) {
        self.stated = address;
    }

    pub(crate) fn set_path(&mut self, path: &str) {
        self.path = path.into();
    }

    /// Switched off and on: it knows of no registration and sends from another port.
    pub(crate) fn restart(&mut self) {
        self.registration = None;
        self.address.set_port(self.address.port() + 2);
        self.stated = self.address;
    }

    /// Connects anew without a word on the connection before.
    pub(crate) fn lose_connection(&mut self, connection: Option<ConnectionId>) {
        self.connection = connection;
    }

    /// The way to the phone system.
    pub(crate) fn server_flow(&self) -> Flow {
        self.flow_to(self.server)
    }

    pub(crate) fn unplug(&mut self) {
        self.unplugged = true;
    }

    pub(crate) fn hesitate(&mut self) {
        self.manner = Manner::Hesitant;
    }

    pub(crate) fn simulate_media(&mut self, is_on: bool) {
        self.sound.is_on = is_on;
    }

    pub(crate) fn mute(&mut self, is_mute: bool) {
        self.sound.is_mute = is_mute;
    }

    pub(crate) fn silence(&mut self, is_silent: bool) {
        self.sound.is_silent = is_silent;
    }

    pub(crate) fn forget_heard(&mut self) {
        self.sound.heard.clear();
    }

    pub(crate) fn record(&mut self) {
        self.sound.recording = Some(Recording::default());
    }

    pub(crate) fn set_session_timer(&mut self, seconds: Option<u32>) {
        self.timers.interval_s = seconds;
    }

    pub(crate) fn set_shortest_session(&mut self, seconds: u32) {
        self.timers.min_s = seconds;
    }

    pub(crate) fn refresh_by(&mut self, method: Method) {
        self.timers.refresh_by = method;
    }

    pub(crate) fn forget_to_refresh(&mut self) {
        self.timers.forgets = true;
    }
}

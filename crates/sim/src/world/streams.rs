//! Phones that are connected by TCP or otherwise, and connections that end.

use std::net::SocketAddr;
use std::num::NonZeroU32;

use warden_sip::endpoint::{ConnectionId, Flow};
use warden_sip::header::Transport;

use super::{PhoneId, WARDEN, World};
use crate::media_node::FIRST_PORT;
use crate::network::Datagram;
use crate::phone::Phone;

impl World {
    /// A phone connects by TCP, and anew if it was connected. It does not register by itself.
    pub fn connect(&mut self, id: PhoneId) -> &mut Self {
        self.connect_by(id, Transport::Tcp)
    }

    /// The same by another transport; by a WebSocket it is a browser, whose Contact names a host that does not exist.
    pub fn connect_by(&mut self, id: PhoneId, transport: Transport) -> &mut Self {
        self.connections += 1;
        let connection = NonZeroU32::new(self.connections).map(ConnectionId);
        self.replace_connection(id, transport, connection)
    }

    /// A phone's connection ends. What it sends until it connects again is lost.
    pub fn disconnect(&mut self, id: PhoneId) -> &mut Self {
        let transport = self.phone(id).server_flow().transport;
        self.replace_connection(id, transport, None)
    }

    /// A phone loses its TCP connection and connects anew; Warden does not hear of the end of the first one.
    pub fn reconnect_unheard(&mut self, id: PhoneId) -> &mut Self {
        self.connections += 1;
        let connection = NonZeroU32::new(self.connections).map(ConnectionId);
        self.act(id, |phone, _| phone.lose_connection(connection))
    }

    /// Somebody sends this datagram from a phone's host to the first eight ports that Warden has for media.
    pub fn spray(&mut self, id: PhoneId, bytes: &[u8]) -> &mut Self {
        let from = SocketAddr::new(self.phone(id).address().ip(), 4000);
        let to = |port| SocketAddr::new(WARDEN.ip(), port);
        let sent: Vec<_> =
            (FIRST_PORT..FIRST_PORT + 8).map(|port| Datagram { from, to: to(port), bytes: bytes.to_vec() }).collect();
        self.send_media(&sent);
        self
    }

    fn replace_connection(&mut self, id: PhoneId, transport: Transport, connection: Option<ConnectionId>) -> &mut Self {
        let flow = self.phone(id).server_flow();
        self.act(id, |phone, _| phone.connect(transport, connection));
        if flow.connection.is_none() {
            return self;
        }
        let ended = Flow { local: flow.remote, remote: flow.local, ..flow };
        self.act_on_warden(|warden, now| warden.flow_failed(&ended, now))
    }

    /// Whether a message can travel: without a connection, or over one that has ended, it cannot.
    pub(super) fn is_open(&self, flow: &Flow) -> bool {
        let is_used = |phone: &Phone| phone.server_flow().connection == flow.connection;
        !flow.transport.is_reliable() || (flow.connection.is_some() && self.phones.iter().any(is_used))
    }
}

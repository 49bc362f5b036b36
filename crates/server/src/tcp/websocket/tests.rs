//! A peer by hand; time passes only while everybody waits.

use tokio::sync::mpsc;
use warden_sip::endpoint::Flow;

use super::super::Line;
use super::super::entrance::Doors;
use super::*;
use crate::keep_alive::PONG;

const MESSAGE: &[u8] = b"OPTIONS sip:a SIP/2.0\r\n\r\n";

/// The other end of a socket that takes one message before it must be read from.
struct Peer {
    says: mpsc::Sender<Incoming>,
    hears: mpsc::Receiver<Outgoing>,
    events: mpsc::Receiver<StreamEvent>,
    queue: Option<mpsc::Sender<Bytes>>,
    entrance: Entrance,
    opened: Instant,
}

struct Socket {
    incoming: mpsc::Receiver<Incoming>,
    outgoing: mpsc::Sender<Outgoing>,
}

impl WebSocket for Socket {
    async fn receive(&mut self) -> Incoming {
        self.incoming.recv().await.unwrap_or(Incoming::End)
    }

    async fn send(&mut self, outgoing: Outgoing) -> bool {
        self.outgoing.send(outgoing).await.is_ok()
    }
}

fn ends() -> WebSocketEnds {
    let [local, remote] = ["[::ffff:192.0.2.1]:443", "[::ffff:198.51.100.7]:5000"].map(|end| end.parse().unwrap());
    WebSocketEnds { local, remote, is_encrypted: true }
}

async fn connect() -> Peer {
    let (event_sender, mut events) = mpsc::channel(8);
    let entrance = Entrance::new(event_sender, Doors::open());
    let (says, incoming) = mpsc::channel(8);
    let (outgoing, hears) = mpsc::channel(1);
    let opened = Instant::now();
    tokio::spawn(WebSocketConnection::admit(&entrance, ends()).unwrap().serve(Socket { incoming, outgoing }));
    let Some(StreamEvent::Opened(_, Line { queue, .. })) = events.recv().await else { panic!("it is told of first") };
    Peer { says, hears, events, queue: Some(queue), entrance, opened }
}

impl Peer {
    async fn say(&self, bytes: &'static [u8]) {
        self.says.send(Incoming::Message(Bytes::from_static(bytes))).await.unwrap();
    }

    /// The next message that came from it, and the way it came.
    async fn told(&mut self) -> (Flow, Bytes) {
        match self.events.recv().await {
            Some(StreamEvent::Message(flow, bytes)) => (flow, bytes),
            other => panic!("{other:?}"),
        }
    }

    /// When the end is told, seconds after the beginning; and what the peer heard before it.
    async fn outcome(mut self) -> (u64, Vec<Outgoing>) {
        while !matches!(self.events.recv().await.unwrap(), StreamEvent::Closed(_)) {}
        let ended_s = self.opened.elapsed().as_secs();
        self.queue = None;
        let mut heard = Vec::new();
        while let Some(outgoing) = self.hears.recv().await {
            heard.push(outgoing);
        }
        drop(self.entrance);
        assert!(self.events.recv().await.is_none(), "the end is told once");
        (ended_s, heard)
    }
}

#[tokio::test(start_paused = true)]
async fn messages_go_both_ways_on_a_flow_with_the_addresses_as_they_are() {
    let mut peer = connect().await;
    peer.say(MESSAGE).await;
    let (flow, bytes) = peer.told().await;
    assert_eq!((flow.transport, &bytes[..]), (Transport::Wss, MESSAGE));
    assert_eq!((flow.local, flow.remote), ("192.0.2.1:443".parse().unwrap(), "198.51.100.7:5000".parse().unwrap()));
    peer.queue.as_ref().unwrap().send(Bytes::from_static(b"SIP/2.0 200 OK")).await.unwrap();
    assert_eq!(peer.hears.recv().await, Some(Outgoing::Message(Bytes::from_static(b"SIP/2.0 200 OK"))));
}

#[tokio::test(start_paused = true)]
async fn a_double_line_end_is_answered_by_one_and_other_keep_alives_by_nothing() {
    let mut peer = connect().await;
    peer.say(b"\r\n").await;
    peer.say(b"\r\n\r\n").await;
    assert_eq!(peer.hears.recv().await, Some(Outgoing::Message(Bytes::from_static(PONG))));
    peer.say(MESSAGE).await;
    assert_eq!(&peer.told().await.1[..], MESSAGE);
}

#[tokio::test(start_paused = true)]
async fn who_says_nothing_in_sip_is_told_to_go_after_30_s_whatever_else_comes() {
    let peer = connect().await;
    for _ in 0..20 {
        peer.says.send(Incoming::Alive).await.unwrap();
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    assert_eq!(peer.outcome().await, (30, vec![Outgoing::Close(CloseReason::NothingSaid)]));
}

#[tokio::test(start_paused = true)]
async fn who_pings_faster_than_anybody_does_is_read_no_faster_than_twice_a_second() {
    for alive in [Incoming::Alive, Incoming::Message(Bytes::from_static(b"\r\n\r\n"))] {
        let mut peer = connect().await;
        peer.say(MESSAGE).await;
        peer.told().await;
        let (says, pings) = (peer.says.clone(), std::iter::repeat_n(alive, 120));
        let hears = tokio::spawn(async move { while peer.hears.recv().await.is_some() {} });
        for ping in pings {
            says.send(ping).await.unwrap();
        }
        says.send(Incoming::Message(Bytes::from_static(MESSAGE))).await.unwrap();
        peer.events.recv().await.unwrap();
        let took = peer.opened.elapsed().as_secs();
        assert!((49..52).contains(&took), "120 pings, of which 20 may come at once, took {took} s");
        hears.abort();
    }
}

#[tokio::test(start_paused = true)]
async fn a_silent_peer_is_asked_after_30_s_and_gone_10_s_later() {
    let mut peer = connect().await;
    peer.say(MESSAGE).await;
    peer.told().await;
    assert_eq!(peer.outcome().await, (40, vec![Outgoing::Ping]));
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_answers_pings_stays() {
    let mut peer = connect().await;
    peer.say(MESSAGE).await;
    peer.told().await;
    for _ in 0..100 {
        assert_eq!(peer.hears.recv().await, Some(Outgoing::Ping));
        tokio::time::sleep(Duration::from_secs(9)).await;
        peer.says.send(Incoming::Alive).await.unwrap();
    }
    assert_eq!(peer.opened.elapsed().as_secs(), 39 * 100);
    assert!(peer.events.try_recv().is_err());
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_does_not_read_is_cut_off_after_20_s() {
    let mut peer = connect().await;
    peer.say(MESSAGE).await;
    peer.told().await;
    let queue = peer.queue.as_ref().unwrap();
    for _ in 0..3 {
        queue.send(Bytes::from_static(b"x")).await.unwrap();
    }
    let (ended_s, heard) = peer.outcome().await;
    assert_eq!((ended_s, heard.len()), (20, 1));
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_read_ends_it_with_the_reason() {
    for reason in [CloseReason::TooLarge, CloseReason::Protocol, CloseReason::NotText] {
        let peer = connect().await;
        peer.says.send(Incoming::Unreadable(reason)).await.unwrap();
        assert_eq!(peer.outcome().await, (0, vec![Outgoing::Close(reason)]));
    }
}

#[tokio::test(start_paused = true)]
async fn it_ends_when_the_peer_goes_and_the_peer_is_told_when_the_server_does() {
    let peer = connect().await;
    peer.says.send(Incoming::End).await.unwrap();
    assert_eq!(peer.outcome().await, (0, vec![]));
    let mut peer = connect().await;
    peer.queue = None;
    assert_eq!(peer.outcome().await, (0, vec![Outgoing::Close(CloseReason::GoingAway)]));
}

#[tokio::test(start_paused = true)]
async fn its_place_is_free_again_when_it_has_ended() {
    let (event_sender, _events) = mpsc::channel(8);
    let entrance = Entrance::new(event_sender, Doors::open());
    let signed_in = || {
        let connection = WebSocketConnection::admit(&entrance, ends())?;
        connection.0.place.as_ref()?.seat().keep();
        Some(connection)
    };
    let mut all: Vec<_> = (0..300).map_while(|_| signed_in()).collect();
    assert_eq!(all.len(), 256);
    all.pop();
    assert!(WebSocketConnection::admit(&entrance, ends()).is_some());
}

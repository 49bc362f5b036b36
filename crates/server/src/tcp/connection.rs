//! One connection: what is read is cut into messages, what is queued is written, until either side ends it.

use std::future::{pending, poll_fn};
use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout, timeout_at};
use warden_sip::endpoint::Flow;
use warden_sip::framer::{Frame, StreamFramer};

use super::breath::Breath;
use super::{Line, StreamEvent};
use crate::keep_alive::PONG;
use crate::places::Place;

/// A message must be whole this long after its first byte, and the first one this long after the connection opened:
/// who sends a byte now and then holds nothing for long.
pub(super) const MESSAGE_TIME: Duration = Duration::from_secs(30);
/// A peer must take a message within this.
pub(super) const WRITE_TIME: Duration = Duration::from_secs(20);
/// For a peer to take the end.
pub(super) const GOODBYE_TIME: Duration = Duration::from_secs(1);
/// Read at a time; larger messages take several reads.
const READ_SIZE: usize = 4096;

/// What bytes come and go by.
pub(super) trait Stream: AsyncRead + AsyncWrite + Unpin {}

impl<S: AsyncRead + AsyncWrite + Unpin> Stream for S {}

/// What one connection needs besides its stream.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) flow: Flow,
    pub(super) queue: mpsc::Receiver<Bytes>,
    /// The other end of the queue, until the connection is told of.
    pub(super) sender: Option<mpsc::Sender<Bytes>>,
    pub(super) events: mpsc::Sender<StreamEvent>,
    /// Of the peer who has opened it; `None` when we have, and then it may be silent until it is asked.
    pub(super) place: Option<Place>,
}

impl Connection {
    /// Tells of the connection, serves until an end, and tells of that.
    pub(super) async fn serve(mut self, mut stream: impl Stream) {
        let lost = self.lost();
        let is_lost = tokio::select! {
            biased;
            () = lost => true,
            _ended = self.talk(&mut stream) => false,
        };
        if is_lost {
            // Somebody else waits for the place: nobody is told goodbye.
            drop(stream);
            return self.close().await;
        }
        self.close().await;
        // A peer that is still there is told; TLS wants more for that than an end.
        let _told = timeout(GOODBYE_TIME, stream.shutdown()).await;
        drop((stream, self.place));
    }

    /// Returns when its place has gone to somebody else; one that we have opened has none to lose.
    pub(super) fn lost(&self) -> impl Future<Output = ()> + use<> {
        let seat = self.place.as_ref().map(Place::seat);
        async move {
            match seat {
                Some(seat) => seat.lost().await,
                None => pending().await,
            }
        }
    }

    async fn talk(&mut self, stream: &mut impl Stream) -> Option<()> {
        self.open().await?;
        self.carry(stream).await
    }

    /// Tells of the way to send on it, once; `None` when the signalling thread has ended, and with it all connections.
    pub(super) async fn open(&mut self) -> Option<()> {
        let Some(queue) = self.sender.take() else { return Some(()) };
        let line = Line { queue, seat: self.place.as_ref().map(Place::seat) };
        let id = self.flow.connection?;
        self.events.send(StreamEvent::Opened(id, line)).await.ok()
    }

    /// Tells that nothing can come or go any more.
    pub(super) async fn close(&mut self) {
        // An error means that the signalling thread has ended.
        let _listener = self.events.send(StreamEvent::Closed(self.flow)).await;
    }

    async fn carry(&mut self, stream: &mut impl Stream) -> Option<()> {
        let mut framer = StreamFramer::new();
        let mut patience = Patience::new(self.place.is_some());
        let mut breath = Breath::new(Instant::now());
        loop {
            let until = patience.until().unwrap_or_else(|| Instant::now() + Duration::from_hours(24));
            let next = async {
                breath.draw().await;
                read(stream, &mut framer).await
            };
            let read = tokio::select! {
                biased; // answers first: who sends without end is read no faster than answered
                outgoing = self.queue.recv() => {
                    write(stream, &outgoing?).await?;
                    continue;
                }
                read = timeout_at(until, next) => read,
            };
            read.ok()??;
            match self.take_frames(&mut framer, stream, &mut patience).await? {
                Told::Message => breath.spoke(Instant::now()),
                Told::Presence => breath.note(Instant::now()),
                Told::Nothing => {}
            }
        }
    }

    /// Hands out what is whole; `None` when the connection must end.
    async fn take_frames(
        &mut self,
        framer: &mut StreamFramer,
        stream: &mut impl Stream,
        patience: &mut Patience,
    ) -> Option<Told> {
        let (mut is_pinged, mut told) = (false, Told::Nothing);
        loop {
            match framer.next_frame() {
                Ok(Some(Frame::Message(bytes))) => {
                    patience.said_something();
                    told = Told::Message;
                    self.events.send(StreamEvent::Message(self.flow, bytes)).await.ok()?;
                }
                Ok(Some(Frame::KeepAlive)) => (is_pinged, told) = (true, told.max(Told::Presence)),
                Ok(Some(Frame::Pong)) => told = told.max(Told::Presence),
                Ok(None) => break,
                Err(error) => {
                    self.events.send(StreamEvent::Unframed(self.flow, error)).await.ok()?;
                    // The signalling thread answers if it can, and then closes the queue.
                    while let Some(outgoing) = self.queue.recv().await {
                        write(stream, &outgoing).await?;
                    }
                    return None;
                }
            }
        }
        // Once for all that came together: pings are minutes apart.
        if is_pinged {
            write(stream, PONG).await?;
        }
        patience.holds(framer.pending(), Instant::now());
        Some(told)
    }
}

/// What has been read in one go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Told {
    /// A piece of something.
    Nothing,
    /// That the peer is there.
    Presence,
    /// A message, or several.
    Message,
}

/// How long a peer is waited for.
#[derive(Debug)]
struct Patience {
    /// When the first message must have come, until it has.
    first_by: Option<Instant>,
    /// When what has begun must be whole.
    whole_by: Option<Instant>,
}

impl Patience {
    fn new(must_speak: bool) -> Self {
        Self { first_by: must_speak.then(|| Instant::now() + MESSAGE_TIME), whole_by: None }
    }

    fn until(&self) -> Option<Instant> {
        self.first_by.into_iter().chain(self.whole_by).min()
    }

    /// A message has come; what follows it has its own time.
    fn said_something(&mut self) {
        (self.first_by, self.whole_by) = (None, None);
    }

    /// So many bytes wait for more; half a keep-alive counts until its other half comes.
    fn holds(&mut self, bytes: usize, now: Instant) {
        self.whole_by = (bytes > 0).then(|| self.whole_by.unwrap_or(now + MESSAGE_TIME));
    }
}

/// Reads what has come; `None` at the end. The room for it is there while it is read, and not while it is waited for.
async fn read(stream: &mut impl Stream, framer: &mut StreamFramer) -> Option<()> {
    let length = poll_fn(|context| {
        let mut room = [MaybeUninit::uninit(); READ_SIZE];
        let mut room = ReadBuf::uninit(&mut room);
        ready!(Pin::new(&mut *stream).poll_read(context, &mut room))?;
        framer.push(room.filled());
        Poll::Ready(Ok::<_, io::Error>(room.filled().len()))
    });
    length.await.ok().filter(|length| *length > 0).map(drop)
}

async fn write(stream: &mut impl Stream, bytes: &[u8]) -> Option<()> {
    let written = async {
        stream.write_all(bytes).await?;
        stream.flush().await
    };
    timeout(WRITE_TIME, written).await.ok()?.ok()
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, DuplexStream, duplex};
    use warden_sip::header::Transport;

    use super::*;
    use crate::places::Places;

    const MESSAGE: &[u8] = b"OPTIONS sip:a SIP/2.0\r\nl: 0\r\n\r\n";

    struct Bench {
        peer: DuplexStream,
        queue: mpsc::Sender<Bytes>,
        events: mpsc::Receiver<StreamEvent>,
        opened: Instant,
    }

    /// A connection whose peer takes 1000 bytes before it must read. Time passes only while everybody waits.
    fn connect() -> Bench {
        connect_by(Some)
    }

    fn connect_by(admit: impl FnOnce(Place) -> Option<Place>) -> Bench {
        let (local, remote) = (([127, 0, 0, 1], 5060).into(), ([127, 0, 0, 1], 5070).into());
        let (event_sender, events) = mpsc::channel(8);
        let (queue, queued) = mpsc::channel(8);
        let flow = Flow { transport: Transport::Tcp, local, remote, connection: None };
        let place = admit(Places::new(1, 1).admit(flow.remote.ip(), false).unwrap());
        let (peer, stream) = duplex(1000);
        // Nothing is told of its opening, so that only this end keeps the queue open.
        let connection = Connection { flow, queue: queued, sender: None, events: event_sender, place };
        tokio::spawn(connection.serve(stream));
        Bench { peer, queue, events, opened: Instant::now() }
    }

    impl Bench {
        /// How long the connection stays open after everything that has been done to it, and what came before its end.
        async fn outcome(mut self) -> (Duration, usize) {
            let mut messages = 0;
            loop {
                match self.events.recv().await.unwrap() {
                    StreamEvent::Message(..) => messages += 1,
                    StreamEvent::Closed(_) => return (self.opened.elapsed(), messages),
                    StreamEvent::Opened(..) | StreamEvent::Unframed(..) | StreamEvent::Unreached(..) => {}
                }
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn who_connects_and_says_nothing_is_cut_off_after_30_s() {
        assert_eq!(connect().outcome().await, (MESSAGE_TIME, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn who_loses_its_place_is_cut_off_at_once_whatever_it_is_busy_with() {
        let places = Places::new(1, 1);
        let bench = connect_by(|_| places.admit([192, 0, 2, 1].into(), false));
        bench.queue.send(Bytes::from(vec![b'x'; 2000])).await.unwrap();
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert!(places.admit([192, 0, 2, 2].into(), false).is_some());
        assert_eq!(bench.outcome().await, (Duration::from_secs(1), 0));
    }

    #[tokio::test(start_paused = true)]
    async fn who_was_connected_to_may_be_silent() {
        let mut bench = connect_by(|_| None);
        tokio::time::sleep(Duration::from_hours(1)).await;
        bench.peer.write_all(MESSAGE).await.unwrap();
        assert!(matches!(bench.events.recv().await.unwrap(), StreamEvent::Message(..)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_message_must_be_whole_30_s_after_it_began_however_often_a_byte_comes() {
        let mut bench = connect();
        bench.peer.write_all(MESSAGE).await.unwrap();
        tokio::time::sleep(Duration::from_mins(10)).await;
        let began = bench.opened.elapsed();
        for byte in MESSAGE.iter().take(20) {
            bench.peer.write_all(&[*byte]).await.unwrap();
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        assert_eq!(bench.outcome().await, (began + MESSAGE_TIME, 1));
    }

    #[tokio::test(start_paused = true)]
    async fn who_pings_without_end_is_answered_once_for_all_that_came_together() {
        let mut bench = connect();
        let pings = [MESSAGE, &b"\r\n\r\n".repeat(200)].concat();
        bench.peer.write_all(&pings).await.unwrap();
        bench.peer.shutdown().await.unwrap();
        let mut answer = Vec::new();
        bench.peer.read_to_end(&mut answer).await.unwrap();
        assert_eq!(answer, PONG);
    }

    #[tokio::test(start_paused = true)]
    async fn a_keep_alive_in_two_pieces_ends_nothing() {
        let mut bench = connect();
        bench.peer.write_all(MESSAGE).await.unwrap();
        for piece in [&b"\r"[..], b"\n", b"\r\n\r", b"\n"] {
            bench.peer.write_all(piece).await.unwrap();
            tokio::time::sleep(Duration::from_secs(20)).await;
        }
        tokio::time::sleep(Duration::from_mins(10)).await;
        bench.peer.write_all(MESSAGE).await.unwrap();
        drop(bench.peer.shutdown().await);
        let waited = bench.opened.elapsed();
        assert_eq!(bench.outcome().await, (waited, 2));
    }

    #[tokio::test(start_paused = true)]
    async fn who_only_pings_is_cut_off_after_30_s() {
        let mut bench = connect();
        for _ in 0..3 {
            bench.peer.write_all(b"\r\n\r\n").await.unwrap();
            tokio::time::sleep(Duration::from_secs(5)).await;
        }
        assert_eq!(bench.outcome().await, (MESSAGE_TIME, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn who_pings_faster_than_anybody_does_is_read_no_faster_than_twice_a_second() {
        let mut bench = connect();
        bench.peer.write_all(MESSAGE).await.unwrap();
        let mut answer = [0; 2];
        for _ in 0..120 {
            bench.peer.write_all(b"\r\n\r\n").await.unwrap();
            bench.peer.read_exact(&mut answer).await.unwrap();
        }
        let took = bench.opened.elapsed();
        assert!((49..52).contains(&took.as_secs()), "120 pings, of which 20 may come at once, took {took:?}");
        // What is to be sent does not wait for that.
        bench.queue.send(Bytes::from_static(b"42")).await.unwrap();
        bench.peer.read_exact(&mut answer).await.unwrap();
        assert_eq!((&answer, bench.opened.elapsed()), (b"42", took));
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_does_not_read_is_cut_off_after_20_s() {
        let bench = connect();
        bench.queue.send(Bytes::from(vec![b'x'; 2000])).await.unwrap();
        assert_eq!(bench.outcome().await, (WRITE_TIME, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_ends_when_the_peer_or_the_signalling_thread_lets_go() {
        let Bench { peer, queue, events, opened } = connect();
        drop(peer);
        assert_eq!(Bench { peer: duplex(1).0, queue, events, opened }.outcome().await, (Duration::ZERO, 0));
        let Bench { peer, queue, events, opened } = connect();
        drop(queue);
        assert_eq!(Bench { peer, queue: mpsc::channel(1).0, events, opened }.outcome().await, (Duration::ZERO, 0));
    }
}

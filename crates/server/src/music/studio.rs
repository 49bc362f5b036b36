//! The thread that decodes: it has the music of every class that is heard ready two seconds before its time.

use std::collections::HashMap;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TryRecvError, TrySendError, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use tracing::error;
use warden_media::station::Class;

use super::{CHUNK, Chunk, Music, MusicSource};

/// The most requests that wait. One that finds no room is made again by who goes on listening.
const MAX_REQUESTS: usize = 256;
const CHUNK_TIME: Duration = Duration::from_secs(1);
/// How much is ready before its time.
const AHEAD: Duration = Duration::from_secs(2);
/// How many chunks of that are given to who comes later.
const RECENT: usize = 2;

/// Somebody wants a class's music, until the other end is dropped. A chunk that finds it full is left out for it.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) class: Class,
    pub(crate) chunks: SyncSender<Chunk>,
}

/// The way to the thread. Nobody waits for it.
#[derive(Clone, Debug)]
pub(crate) struct Requests(SyncSender<Request>);

impl Requests {
    /// False when it was not taken.
    pub(crate) fn ask(&self, request: Request) -> bool {
        self.0.try_send(request).is_ok()
    }
}

/// The thread, for its end.
#[derive(Debug)]
pub(crate) struct Studio(JoinHandle<()>);

impl Studio {
    /// It ends when nobody has a way to it any more.
    pub(crate) fn start(source: Box<dyn MusicSource>) -> io::Result<(Self, Requests)> {
        let (sender, requests) = sync_channel(MAX_REQUESTS);
        let work = move || Desk { source, programs: HashMap::new() }.work(&requests);
        let thread = thread::Builder::new().name("music".to_owned()).spawn(work)?;
        Ok((Self(thread), Requests(sender)))
    }

    /// Returns when the thread has ended, after all [`Requests`] were dropped.
    pub(crate) fn end(self) {
        let _panicked = self.0.join();
    }
}

struct Desk {
    source: Box<dyn MusicSource>,
    programs: HashMap<Class, Program>,
}

/// A class that is heard.
struct Program {
    music: Box<dyn Music>,
    /// When what has been made is over.
    until: Instant,
    listeners: Vec<SyncSender<Chunk>>,
    /// What is still ahead, for who comes now; the oldest first.
    recent: Vec<Chunk>,
}

impl Desk {
    fn work(mut self, requests: &Receiver<Request>) {
        loop {
            let next_at = self.programs.values().filter_map(|program| program.until.checked_sub(AHEAD)).min();
            match next_request(requests, next_at) {
                Ok(request) => self.take(request),
                Err(TryRecvError::Empty) => {}
                Err(TryRecvError::Disconnected) => return,
            }
            let now = Instant::now();
            self.programs.retain(|class, program| program.go_on(class, now));
        }
    }

    fn take(&mut self, request: Request) {
        let Request { class, chunks } = request;
        let program = self.programs.entry(class).or_insert_with_key(|class| Program {
            music: self.source.begin(class),
            until: Instant::now(),
            listeners: Vec::new(),
            recent: Vec::new(),
        });
        let is_there = program.recent.iter().all(|chunk| is_open(&chunks.try_send(Arc::clone(chunk))));
        program.listeners.extend(is_there.then_some(chunks));
    }
}

impl Program {
    /// Makes what is to be ready by now. False when nobody listens any more.
    fn go_on(&mut self, class: &Class, now: Instant) -> bool {
        // What should have been heard meanwhile is not made up for.
        self.until = self.until.max(now);
        while self.until <= now + AHEAD {
            self.until += CHUNK_TIME;
            let chunk = self.next_chunk(class);
            self.listeners.retain(|listener| is_open(&listener.try_send(Arc::clone(&chunk))));
            if self.recent.len() >= RECENT {
                self.recent.remove(0);
            }
            self.recent.push(chunk);
        }
        !self.listeners.is_empty()
    }

    /// Music that makes its decoder panic is silent from there on.
    fn next_chunk(&mut self, class: &Class) -> Chunk {
        let mut samples = vec![0; CHUNK];
        let music = &mut self.music;
        let read = catch_unwind(AssertUnwindSafe(|| music.read(&mut samples)));
        if read.is_err() {
            error!(class = %class, "the music of a class cannot be decoded; it is silent");
            samples.fill(0);
            self.music = Box::new(Silence);
        }
        samples.into()
    }
}

/// Who is full has been late, and goes on later.
fn is_open(sent: &Result<(), TrySendError<Chunk>>) -> bool {
    !matches!(sent, Err(TrySendError::Disconnected(_)))
}

/// What is asked by `until`; without it, whenever it comes.
fn next_request(requests: &Receiver<Request>, until: Option<Instant>) -> Result<Request, TryRecvError> {
    let Some(until) = until else { return requests.recv().map_err(|_| TryRecvError::Disconnected) };
    let wait = until.saturating_duration_since(Instant::now());
    requests.recv_timeout(wait).map_err(|error| match error {
        RecvTimeoutError::Timeout => TryRecvError::Empty,
        RecvTimeoutError::Disconnected => TryRecvError::Disconnected,
    })
}

struct Silence;

impl Music for Silence {
    fn read(&mut self, _: &mut [i16]) -> usize {
        0
    }
}

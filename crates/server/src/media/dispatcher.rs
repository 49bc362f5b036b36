//! The signalling thread's side: it holds the free sockets, and gives each call to a thread.

use std::collections::{HashMap, VecDeque};
use std::error::Error;
use std::fmt;
use std::net::IpAddr;
use std::num::NonZeroUsize;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use tracing::{debug, error, warn};
use warden_call::call_event::CallId;
use warden_call::media::{LegOpening, MediaCommand, MediaEvent, PortPair, RecordingNews, RecordingOrder};
use warden_media::relay::{Leg, LegStatistics, Program, Side};

use super::binder::{Binder, BinderThread, Harvest};
use super::orders::Order;
use super::pair::{NewLeg, SocketPair};
use super::radio::Radio;
use super::record::Record;
use super::thread::MediaThread;
use super::told::{MAX_TOLD, Told};
use crate::counters::{Counters, Status};
use crate::music::{MusicSource, Requests, Studio};
use crate::recording::{Recorder, RecordingSettings};
use crate::start::{StartError, random};

/// How many pairs each address has when the server starts.
const FIRST_PAIRS: usize = 32;

/// What media threads are told once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MediaSettings {
    /// Where ports are bound, wildcards as such. Said twice is said once.
    pub addresses: Vec<IpAddr>,
    /// RTP takes the even ones of these UDP ports, RTCP the odd ones.
    pub rtp_ports: RangeInclusive<u16>,
    /// How many threads; `None`: one for each core.
    pub threads: Option<NonZeroUsize>,
}

/// All media threads. They stop, and all ports are free, when it is dropped.
pub struct MediaThreads {
    threads: Vec<MediaThread>,
    /// `None` while it is dropped.
    binder: Option<BinderThread>,
    /// The thread that decodes music and the way to it; `None` while it is dropped, and where there is no music.
    music: Option<(Studio, Requests)>,
    free: HashMap<PortPair, SocketPair>,
    calls: HashMap<CallId, Placed>,
    told: mpsc::Receiver<Told>,
    /// `None` where nothing is recorded, and while it is dropped.
    recorder: Option<Recorder>,
    /// For a thread that takes the place of one that has ended.
    teller: mpsc::Sender<Told>,
    max_calls: usize,
    /// To be handed out before anything else. At most two for each thing told, two for each order
    /// that failed, and one for each call of a thread that has ended.
    pending: VecDeque<MediaEvent>,
    counters: Arc<Counters>,
}

/// Where a call is.
#[derive(Clone, Copy, Debug)]
struct Placed {
    thread: usize,
    is_closing: bool,
    /// How many recordings of it were begun.
    recordings: u32,
}

impl fmt::Debug for MediaThreads {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (calls, free) = (self.calls.len(), self.free.len());
        f.debug_struct("MediaThreads").field("calls", &calls).field("free", &free).finish_non_exhaustive()
    }
}

impl MediaThreads {
    /// Binds the first ports and starts the threads. The first event tells of the ports. Without a source, music is silence.
    ///
    /// # Errors
    /// [`StartError::RtpPorts`] when an address has not one usable pair; also when there is no thread to be had.
    pub fn start(settings: &MediaSettings, music: Option<Box<dyn MusicSource>>) -> Result<Self, StartError> {
        Self::start_counting(settings, music, &Arc::default())
    }

    pub(crate) fn start_counting(
        settings: &MediaSettings,
        music: Option<Box<dyn MusicSource>>,
        counters: &Arc<Counters>,
    ) -> Result<Self, StartError> {
        let range = &settings.rtp_ports;
        let mut binder = Binder::new(settings.addresses.clone(), range);
        let max_calls = binder.remaining() / 2;
        let Harvest { pairs, failed } = binder.bind(FIRST_PAIRS);
        if let Some((address, source)) = failed.into_iter().next() {
            return Err(StartError::RtpPorts { address, first: *range.start(), last: *range.end(), source });
        }
        let (sender, told) = mpsc::channel(MAX_TOLD);
        let binder = BinderThread::start(binder, sender.clone()).map_err(StartError::Thread)?;
        let mut all = Self {
            threads: Vec::new(),
            binder: Some(binder),
            music: music.map(Studio::start).transpose().map_err(StartError::Thread)?,
            free: HashMap::new(),
            calls: HashMap::new(),
            told,
            recorder: None,
            teller: sender,
            max_calls,
            pending: VecDeque::new(),
            counters: Arc::clone(counters),
        };
        let count = settings.threads.or_else(|| thread::available_parallelism().ok()).map_or(1, NonZeroUsize::get);
        for number in 0..count {
            let thread = all.start_thread(number)?;
            all.threads.push(thread);
        }
        all.put_back(pairs);
        Ok(all)
    }

    /// From now on calls can be recorded. What an earlier run has left unfinished is finished.
    ///
    /// # Errors
    /// There is no thread to be had.
    pub fn record_to(&mut self, settings: RecordingSettings) -> Result<(), StartError> {
        let recorder = Recorder::start(settings, self.teller.clone(), &self.counters).map_err(StartError::Thread)?;
        self.recorder = Some(recorder);
        Ok(())
    }

    fn start_thread(&self, number: usize) -> Result<MediaThread, StartError> {
        let (told, counters) = (self.teller.clone(), Arc::clone(&self.counters));
        let radio = Radio::new(self.music.as_ref().map(|(_, requests)| requests.clone()));
        MediaThread::start(number, self.max_calls, told, radio, random()?, counters).map_err(StartError::Thread)
    }

    /// Does what the call core wants, without waiting.
    pub fn carry_out(&mut self, command: MediaCommand) {
        match command {
            MediaCommand::Bind { address, count } => {
                if !self.binder.as_ref().is_some_and(|binder| binder.ask(address, count)) {
                    self.counters.media_commands_dropped.add(1);
                    self.pending.push_back(MediaEvent::NoMorePorts { address });
                }
            }
            MediaCommand::Open { call, legs } => self.open(call, &legs),
            MediaCommand::SetUp { call, side, setup } => {
                if let Some(thread) = self.thread_of(call) {
                    let given = thread.give(Order::SetUp { call, side, setup });
                    self.note(call, given);
                }
            }
            MediaCommand::Play { call, side, program } => self.play(call, side, Some(program)),
            MediaCommand::Digit { call, side, digit, duration } => {
                if let Some(thread) = self.thread_of(call) {
                    // A digit is better lost than the call.
                    if thread.give(Order::Digit { call, side, digit, duration }).is_err() {
                        self.counters.media_commands_dropped.add(1);
                    }
                }
            }
            MediaCommand::Stop { call, side } => self.play(call, side, None),
            MediaCommand::Replace { call, side, leg } => self.replace(call, side, &leg),
            MediaCommand::Record { call, order } => self.record(call, order),
            MediaCommand::Close { call } => self.close(call),
        }
    }

    /// What the call core is to be told next.
    pub fn poll_event(&mut self, context: &mut Context<'_>) -> Poll<MediaEvent> {
        loop {
            if let Some(event) = self.pending.pop_front() {
                return Poll::Ready(event);
            }
            match self.told.poll_recv(context) {
                Poll::Ready(Some(told)) => self.take_in(told),
                Poll::Ready(None) | Poll::Pending => return Poll::Pending,
            }
        }
    }

    /// What has been counted so far.
    #[must_use]
    pub fn status(&self) -> Status {
        self.counters.status()
    }

    fn open(&mut self, call: CallId, legs: &[LegOpening; 2]) {
        let (a, b) = match legs.each_ref().map(|leg| self.new_leg(leg)) {
            [Some(a), Some(b)] => (a, b),
            some => {
                error!(%call, "a call was to be opened on ports that are not free");
                return self.refuse(call, some.into_iter().flatten().map(|leg| leg.pair).collect());
            }
        };
        let (thread, legs) = (self.idlest(), Box::new([a, b]));
        let given = match self.threads.get_mut(thread) {
            Some(chosen) => chosen.give(Order::Open { call, legs }).map(|()| chosen.calls += 1),
            None => Err(Order::Open { call, legs }),
        };
        match given {
            Ok(()) => drop(self.calls.insert(call, Placed { thread, is_closing: false, recordings: 0 })),
            Err(order) => {
                self.counters.media_commands_dropped.add(1);
                self.refuse(call, sockets_of(order));
            }
        }
    }

    fn replace(&mut self, call: CallId, side: Side, leg: &LegOpening) {
        let Some(leg) = self.new_leg(leg) else {
            error!(%call, "a leg was to be replaced by one on ports that are not free");
            return self.close(call);
        };
        let order = Order::Replace { call, side, leg: Box::new(leg) };
        let given = match self.thread_of(call) {
            Some(thread) => thread.give(order),
            None => Err(order),
        };
        self.note(call, given);
    }

    fn play(&mut self, call: CallId, side: Side, program: Option<Program>) {
        if let Some(thread) = self.thread_of(call) {
            let given = thread.give(Order::Play { call, side, program });
            self.note(call, given);
        }
    }

    /// An order that is lost is one that nobody hears of, but for the first: without a recording the call goes on.
    fn record(&mut self, call: CallId, order: RecordingOrder) {
        let Some((file, what)) = self.recording(call, order) else {
            return self.tell_recording(call, RecordingNews::Failed { reason: "nothing is recorded here".to_owned() });
        };
        let Some(thread) = self.thread_of(call) else { return };
        if thread.give(Order::Record { call, what: Box::new(what) }).is_err() {
            self.counters.media_commands_dropped.add(1);
            if file.is_some() {
                let reason = "the media threads are too busy".to_owned();
                self.tell_recording(call, RecordingNews::Failed { reason });
            }
        } else if let Some(file) = file {
            self.tell_recording(call, RecordingNews::Begun { file });
        }
    }

    /// What a media thread is told, and the file that begins. `None` where there is no place for recordings.
    fn recording(&mut self, call: CallId, order: RecordingOrder) -> Option<(Option<String>, Record)> {
        Some(match order {
            RecordingOrder::Start { parties, dialled } => {
                let placed = self.calls.get_mut(&call)?;
                placed.recordings += 1;
                let tape = self.recorder.as_ref()?.tape(call, placed.recordings, *parties, dialled);
                (Some(tape.file().to_owned()), Record::Start(tape))
            }
            RecordingOrder::Pause => (None, Record::Pause),
            RecordingOrder::Resume => (None, Record::Resume),
            RecordingOrder::Party { side, party } => (None, Record::Party { side, party }),
            RecordingOrder::Stop => (None, Record::Stop),
        })
    }

    fn tell_recording(&mut self, call: CallId, news: RecordingNews) {
        self.pending.push_back(MediaEvent::Recording { call, news });
    }

    fn close(&mut self, call: CallId) {
        let Some(placed) = self.calls.get_mut(&call).filter(|placed| !placed.is_closing) else { return };
        placed.is_closing = true;
        let thread = self.threads.get(placed.thread);
        if thread.is_none_or(|thread| thread.give(Order::Close { call }).is_err()) {
            // There is always room for it, so the thread has ended, and its sockets with it.
            self.forget(call);
            self.refuse(call, Vec::new());
        }
    }

    fn take_in(&mut self, told: Told) {
        match told {
            Told::Bound(Harvest { pairs, failed }) => {
                self.put_back(pairs);
                for (address, error) in failed {
                    warn!(%address, error = &error as &dyn Error, "no more RTP ports");
                    self.pending.push_back(MediaEvent::NoMorePorts { address });
                }
            }
            Told::Event(event) => self.pending.push_back(event),
            Told::Returned(pair) => self.put_back(vec![*pair]),
            Told::Ended { thread } => self.replace_thread(thread),
            Told::Closed { call, statistics, pairs, error } => {
                if let Some(error) = error {
                    error!(%call, error = &error as &dyn Error, "cannot begin a media session");
                }
                self.forget(call);
                self.pending.push_back(MediaEvent::Closed { call, statistics });
                self.put_back(Vec::from(*pairs));
            }
        }
    }

    /// A thread has ended, by an error of ours or of the system: its calls end, which frees them, and another begins in its
    /// place. Its ports are lost until the next start.
    fn replace_thread(&mut self, number: usize) {
        let lost: Vec<_> =
            self.calls.iter().filter(|(_, placed)| placed.thread == number).map(|(call, _)| *call).collect();
        error!(thread = number, calls = lost.len(), "a media thread has ended unexpectedly, and its calls with it");
        for call in lost {
            self.forget(call);
            self.refuse(call, Vec::new());
        }
        match (self.start_thread(number), self.threads.get_mut(number)) {
            (Ok(new), Some(place)) => *place = new,
            (Ok(_), None) => {}
            (Err(error), _) => error!(error = &error as &dyn Error, "no media thread can be started in its place"),
        }
    }

    /// They can be taken, and the call core hears of it.
    fn put_back(&mut self, pairs: Vec<SocketPair>) {
        if pairs.is_empty() {
            return;
        }
        self.pending.push_back(MediaEvent::Ports(pairs.iter().map(|pair| pair.ports).collect()));
        self.free.extend(pairs.into_iter().map(|pair| (pair.ports, pair)));
    }

    /// Nothing will come of the session.
    fn refuse(&mut self, call: CallId, pairs: Vec<SocketPair>) {
        self.pending.push_back(MediaEvent::Closed { call, statistics: Box::new([nothing(), nothing()]) });
        self.put_back(pairs);
    }

    /// Sockets of an order that was not taken are free again, and a call that is not as it should be is ended.
    fn note(&mut self, call: CallId, given: Result<(), Order>) {
        if let Err(order) = given {
            self.counters.media_commands_dropped.add(1);
            self.put_back(sockets_of(order));
            self.close(call);
        }
    }

    fn forget(&mut self, call: CallId) {
        let placed = self.calls.remove(&call);
        if let Some(thread) = placed.and_then(|placed| self.threads.get_mut(placed.thread)) {
            thread.calls = thread.calls.saturating_sub(1);
        }
    }

    fn new_leg(&mut self, leg: &LegOpening) -> Option<NewLeg> {
        Some(NewLeg { pair: self.free.remove(&leg.ports)?, setup: leg.setup.clone() })
    }

    /// Of a call that is not closing.
    fn thread_of(&self, call: CallId) -> Option<&MediaThread> {
        let placed = self.calls.get(&call).filter(|placed| !placed.is_closing);
        if placed.is_none() {
            debug!(%call, "no such media session");
        }
        self.threads.get(placed?.thread)
    }

    /// The thread with the fewest calls, of those that run.
    fn idlest(&self) -> usize {
        let running = self.threads.iter().enumerate().filter(|(_, thread)| !thread.has_ended());
        running.min_by_key(|(_, thread)| thread.calls).map_or(0, |(number, _)| number)
    }
}

impl Drop for MediaThreads {
    fn drop(&mut self) {
        // First, so that nobody waits for room there.
        self.told.close();
        self.threads.drain(..).for_each(MediaThread::end);
        if let Some(binder) = self.binder.take() {
            binder.end();
        }
        if let Some((studio, requests)) = self.music.take() {
            drop(requests);
            studio.end();
        }
        if let Some(recorder) = self.recorder.take() {
            recorder.end();
        }
    }
}

fn sockets_of(order: Order) -> Vec<SocketPair> {
    match order {
        Order::Open { legs, .. } => legs.map(|leg| leg.pair).into(),
        Order::Replace { leg, .. } => vec![leg.pair],
        Order::SetUp { .. } | Order::Play { .. } | Order::Digit { .. } | Order::Record { .. } | Order::Close { .. } => {
            Vec::new()
        }
    }
}

/// The statistics of a leg that never was.
fn nothing() -> LegStatistics {
    Leg::new(0, Instant::now(), Duration::ZERO).statistics()
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::net::Ipv4Addr;

    use tokio::time::timeout;
    use warden_media::relay::LegSetup;

    use super::*;

    /// The next event, in time.
    async fn next(threads: &mut MediaThreads) -> MediaEvent {
        timeout(Duration::from_secs(10), poll_fn(|context| threads.poll_event(context))).await.unwrap()
    }

    fn open(threads: &mut MediaThreads, call: CallId, ports: &[PortPair]) {
        let [a, b] = ports else { panic!("two pairs") };
        let leg = |ports: &PortPair| LegOpening { ports: *ports, setup: LegSetup::default() };
        threads.carry_out(MediaCommand::Open { call, legs: Box::new([leg(a), leg(b)]) });
    }

    #[tokio::test]
    async fn the_calls_of_a_thread_that_has_ended_end_and_the_next_find_another_in_its_place() {
        let settings = MediaSettings {
            addresses: vec![Ipv4Addr::LOCALHOST.into()],
            rtp_ports: 10_000..=20_000,
            threads: NonZeroUsize::new(1),
        };
        let mut threads = MediaThreads::start(&settings, None).unwrap();
        let MediaEvent::Ports(ports) = next(&mut threads).await else { panic!("no ports") };
        open(&mut threads, CallId(1), &ports[..2]);
        threads.teller.send(Told::Ended { thread: 0 }).await.unwrap();
        assert!(matches!(next(&mut threads).await, MediaEvent::Closed { call: CallId(1), .. }));
        open(&mut threads, CallId(2), &ports[2..4]);
        threads.carry_out(MediaCommand::Close { call: CallId(2) });
        // Here the first thread lives, and may say that it has closed its call too.
        while !matches!(next(&mut threads).await, MediaEvent::Closed { call: CallId(2), .. }) {}
        assert!(matches!(next(&mut threads).await, MediaEvent::Ports(back) if back.len() == 2), "its ports are back");
    }
}

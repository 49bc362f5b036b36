//! The capture thread: takes out the secrets, writes files, sends to the collector.

use std::error::Error;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tracing::{info, warn};
use warden_trace::hep::Agent;
use warden_trace::{Clock, Message, Recording, Trace};

use super::files::TraceFiles;
use super::{CaptureSettings, HepSettings, Job, MAX_JOBS};
use crate::counters::Counters;

/// How often files are looked at that may have become too old.
const LOOK_EVERY: Duration = Duration::from_hours(1);

/// The way to the thread, and the thread.
type Started = (SyncSender<Job>, JoinHandle<()>);

/// Starts the thread; `None` when nothing is wanted of it. It ends when nobody can give it a job any more.
///
/// # Errors
/// There is no thread, no socket, or no directory to be had.
pub(crate) fn start(settings: &CaptureSettings, counters: &Arc<Counters>) -> io::Result<Option<Started>> {
    if *settings == CaptureSettings::default() {
        return Ok(None);
    }
    let files = settings.traces.as_ref().map(TraceFiles::open).transpose().map_err(io::Error::other)?;
    let hep = settings.hep.as_ref().map(Collector::new).transpose()?;
    let (sender, jobs) = sync_channel(MAX_JOBS);
    let work = Work { files, hep, jobs, is_failing: false, counters: Arc::clone(counters) };
    let thread = thread::Builder::new().name("capture".to_owned()).spawn(|| work.run())?;
    Ok(Some((sender, thread)))
}

struct Work {
    files: Option<TraceFiles>,
    hep: Option<Collector>,
    jobs: Receiver<Job>,
    /// The last file could not be written.
    is_failing: bool,
    counters: Arc<Counters>,
}

impl Work {
    fn run(mut self) {
        let mut look_at = Instant::now() + LOOK_EVERY;
        loop {
            match self.jobs.recv_timeout(look_at.saturating_duration_since(Instant::now())) {
                Ok(job) => self.obey(job),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            if Instant::now() >= look_at {
                look_at += LOOK_EVERY;
                self.files.as_mut().map(TraceFiles::prune);
            }
        }
    }

    fn obey(&mut self, job: Job) {
        let clock = read_clocks();
        match job {
            Job::Failed(recording) => {
                if let Some(files) = &mut self.files {
                    let outcome = files.write(&Trace::of(&recording, clock));
                    self.note(outcome);
                }
            }
            Job::Message(call, tapped) => {
                if let Some(hep) = &self.hep {
                    let packet = hep.agent.sip(&Message::of(&tapped, clock), call);
                    hep.send(packet.as_deref(), &self.counters);
                }
            }
            Job::Measured(recording) => {
                if let Some(hep) = &self.hep {
                    for packet in hep.agent.reports(&recording, clock) {
                        hep.send(Some(&packet), &self.counters);
                    }
                }
            }
        }
    }

    /// A failure is told once, and so is its end.
    fn note(&mut self, outcome: io::Result<()>) {
        let was_failing = std::mem::replace(&mut self.is_failing, outcome.is_err());
        match outcome {
            Ok(()) if was_failing => info!("traces of calls are written again"),
            Ok(()) => {}
            Err(error) => {
                self.counters.captures_dropped.add_one();
                if !was_failing {
                    warn!(error = &error as &dyn Error, "cannot write the trace of a call");
                }
            }
        }
    }
}

/// Where copies go to.
struct Collector {
    socket: UdpSocket,
    agent: Agent,
}

impl Collector {
    fn new(settings: &HepSettings) -> io::Result<Self> {
        let any = match settings.address {
            SocketAddr::V4(_) => SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)),
            SocketAddr::V6(_) => SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0)),
        };
        let socket = UdpSocket::bind(any)?;
        socket.set_nonblocking(true)?;
        socket.connect(settings.address)?;
        Ok(Self { socket, agent: Agent { id: settings.id } })
    }

    /// Sends, or counts what cannot be sent: a collector that is away is no reason to wait.
    fn send(&self, packet: Option<&[u8]>, counters: &Counters) {
        if packet.is_none_or(|packet| self.socket.send(packet).is_err()) {
            counters.captures_dropped.add_one();
        }
    }
}

fn read_clocks() -> Clock {
    Clock { now: Instant::now(), since_epoch: SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default() }
}

/// A call that is under way or has ended not long ago, without secrets.
pub(crate) fn trace(recording: &Recording) -> Trace {
    Trace::of(recording, read_clocks())
}

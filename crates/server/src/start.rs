//! Binding the addresses and starting the signalling thread.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroUsize;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Instant;

use tokio::sync::{broadcast, mpsc, watch};
use warden_call::access::Ban;
use warden_call::directory::Directory;
use warden_call::instant_message::InstantMessage;
use warden_call::registrar::Binding;
use warden_call::{CAPABILITIES, Input, Pbx};
use warden_sip::endpoint::{self, Endpoint};
use warden_sip::random::Random;
use warden_sip::transaction::Timers;
use warden_store::spool::Spool;

use crate::capture::{self, CaptureSettings, Tap};
use crate::counters::Counters;
use crate::dns::Dns;
use crate::handle::{Handle, MAX_COMMANDS, MAX_EVENTS, MAX_SAVES, Saves};
use crate::journal::Journal;
use crate::limits::raise_open_files;
use crate::media::{MediaSettings, MediaThreads};
use crate::music::MusicSource;
use crate::poller::Poller;
use crate::recording::RecordingSettings;
use crate::signalling::{Signalling, Ways};
use crate::source::Sources;
use crate::tcp::{self, BoundTcp, Doors};
use crate::tls::{self, Acceptor, Identity, TlsError, Trust};
use crate::turn::{Outlets, Turn, since_epoch};
use crate::udp::UdpSocket;

/// The most requests under way, at less than 1 KB each; half as many that are over are remembered, for up to 32 s.
const MAX_TRANSACTIONS: usize = 65_536;

/// What a server is told once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The addresses for SIP over UDP and TCP; port 0 takes a free one for UDP, and the same for TCP. An IPv6 wildcard does not stand for IPv4.
    pub listen: Vec<SocketAddr>,
    /// The addresses for SIP over TLS; port 0 takes a free one.
    pub listen_tls: Vec<SocketAddr>,
    /// The UDP ports for audio, on the addresses of `listen`. RTP takes even ones, RTCP the next odd ones.
    pub rtp_ports: RangeInclusive<u16>,
    /// The name server to ask, instead of those of the system.
    pub nameserver: Option<SocketAddr>,
    /// How many threads carry audio; `None`: one for each core.
    pub media_threads: Option<NonZeroUsize>,
    /// Where copies of messages go.
    pub capture: CaptureSettings,
    /// Where recordings of calls go; `None` where none are made.
    pub recordings: Option<RecordingSettings>,
}

impl Default for Settings {
    /// Listens nowhere; ports as in an empty configuration file.
    fn default() -> Self {
        Self {
            listen: Vec::new(),
            listen_tls: Vec::new(),
            rtp_ports: 10_000..=20_000,
            nameserver: None,
            media_threads: None,
            capture: CaptureSettings::default(),
            recordings: None,
        }
    }
}

/// Why the server cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Somebody else listens there.
    #[error("cannot listen on {address}/{transport}: address already in use")]
    InUse {
        /// Where.
        address: SocketAddr,
        /// `udp`, `tcp` or `tls`.
        transport: &'static str,
    },
    /// The address is not ours, or the port needs more rights.
    #[error("cannot listen on {address}/{transport}")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// `udp`, `tcp` or `tls`.
        transport: &'static str,
        /// What the operating system says.
        #[source]
        source: io::Error,
    },
    /// Not one port for audio can be had there.
    #[error("cannot use any of the ports {first} to {last} for RTP on {address}")]
    RtpPorts {
        /// Where.
        address: IpAddr,
        /// The first port of the range.
        first: u16,
        /// The last one.
        last: u16,
        /// What the operating system says of the port that was tried last.
        #[source]
        source: io::Error,
    },
    /// TLS is wanted, and cannot be had.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// Copies of messages have nowhere to go.
    #[error("cannot keep or send traces of calls")]
    Capture(#[source] io::Error),
    /// The operating system gives no random bytes.
    #[error("cannot draw random bytes")]
    Random(#[source] getrandom::Error),
    /// The operating system gives no thread or no event queue.
    #[error("cannot start a thread")]
    Thread(#[source] io::Error),
}

/// What a server begins with.
#[derive(Debug, Default)]
pub struct Beginning {
    /// Who and what there is.
    pub directory: Arc<Directory>,
    /// The phones that an earlier run could reach.
    pub bindings: Vec<Binding>,
    /// Who is banned since an earlier run.
    pub bans: Vec<Ban>,
    /// The messages that wait for their recipients.
    pub messages: Vec<InstantMessage>,
    /// Takes what happens to calls, before the messages of the same turn leave. Without one, no call is recorded.
    pub spool: Option<Spool>,
    /// Who we are on [`Settings::listen_tls`]; without it nothing listens there.
    pub identity: Option<Arc<Identity>>,
    /// Whom we believe who a server is that we connect to by TLS.
    pub trust: Trust,
    /// What those hear who are put on hold.
    pub music: Option<Box<dyn MusicSource>>,
}

impl From<Arc<Directory>> for Beginning {
    fn from(directory: Arc<Directory>) -> Self {
        Self { directory, ..Self::default() }
    }
}

/// The shell around the engines.
#[derive(Debug)]
pub struct Server;

impl Server {
    /// Listens on all addresses, and serves until [`Handle::stop`] or until the last handle is dropped.
    ///
    /// What is to be kept for the next start comes out of the second value; dropped, nothing is kept.
    /// # Errors
    /// [`StartError`]; then nothing is left running.
    pub fn start(settings: &Settings, beginning: impl Into<Beginning>) -> Result<(Handle, Saves), StartError> {
        let Beginning { directory, bindings, bans, messages, spool, identity, trust, music } = beginning.into();
        raise_open_files();
        let bound = settings.listen.iter().map(|address| bind(*address)).collect::<Result<Vec<_>, _>>()?;
        let (sockets, listeners): (Vec<_>, Vec<_>) = bound.into_iter().unzip();
        let encrypted =
            identity.map_or_else(|| Ok(Vec::new()), |identity| bind_tls(&settings.listen_tls, &identity))?;
        let now = Instant::now();
        let endpoint_settings = endpoint::Settings {
            timers: Timers::RFC3261,
            capabilities: CAPABILITIES,
            max_server_transactions: MAX_TRANSACTIONS,
        };
        let mut endpoint = Endpoint::new(endpoint_settings, random()?, now);
        endpoint.reserve_for(directory.dialplan.emergency_numbers());
        let (door_sender, doors) = watch::channel(directory.access.clone());
        let listening: Arc<[SocketAddr]> = sockets.iter().map(UdpSocket::address).collect();
        let listening_tls: Arc<[SocketAddr]> = encrypted.iter().filter_map(|(bound, _)| bound.address().ok()).collect();
        let sources = Sources { plain: listening.to_vec(), tls: listening_tls.to_vec() };
        let mut pbx = Pbx::new(directory, random()?, now);
        pbx.handle(Input::Time(since_epoch()), now);
        pbx.handle(Input::Restore(sources.renew(bindings)), now);
        pbx.handle(Input::RestoreBans(bans), now);
        pbx.handle(Input::RestoreMessages(messages), now);

        let (command_sender, commands) = mpsc::channel(MAX_COMMANDS);
        let (events, _) = broadcast::channel(MAX_EVENTS);
        let (save_sender, saves) = mpsc::channel(MAX_SAVES);
        let counters = Arc::new(Counters::default());
        let media_settings = MediaSettings {
            addresses: settings.listen.iter().map(SocketAddr::ip).collect(),
            rtp_ports: settings.rtp_ports.clone(),
            threads: settings.media_threads,
        };
        let mut media = MediaThreads::start_counting(&media_settings, music, &counters)?;
        settings.recordings.clone().map_or(Ok(()), |recordings| media.record_to(recordings))?;
        let (jobs, capture_thread) = capture::start(&settings.capture, &counters).map_err(StartError::Capture)?.unzip();
        let tap = Tap::new(jobs, settings.capture.hep.is_some(), Arc::clone(&counters));
        let (told, counted) = (events.downgrade(), Arc::clone(&counters));
        let doors = Doors { policy: doors, counters: Arc::clone(&counters) };
        let outlets =
            Outlets { counters, events, saves: save_sender, journal: Journal::new(spool), tap, doors: door_sender };
        let client = tls::Client::new(trust)?;
        let poller = Poller::new(&sockets).map_err(StartError::Thread)?;
        let (streams, entrance, streams_thread) =
            tcp::start(listeners, encrypted, client, doors).map_err(StartError::Thread)?;
        let dns = Dns::new(streams.runtime().clone(), settings.nameserver);
        let turn = Turn::new(endpoint, pbx, media, dns, outlets);
        let handle =
            Handle { commands: command_sender, events: told, counters: counted, listening, listening_tls, entrance };
        let run = move || {
            let commands = Signalling::new(sockets, poller, Ways { streams, sources }, turn, commands).run();
            // Whoever waits for the end finds all ports free.
            let _panicked = streams_thread.join();
            // What was to be written is written.
            let _panicked = capture_thread.map(JoinHandle::join);
            drop(commands);
        };
        thread::Builder::new().name("signalling".to_owned()).spawn(run).map_err(StartError::Thread)?;
        Ok((handle, saves))
    }
}

/// How often a free UDP port is tried whose TCP twin is taken.
const FREE_PORT_TRIES: usize = 16;

fn bind(address: SocketAddr) -> Result<(UdpSocket, BoundTcp), StartError> {
    let mut tries = if address.port() == 0 { FREE_PORT_TRIES } else { 1 };
    loop {
        tries -= 1;
        let udp = UdpSocket::bind(address).map_err(|source| explain(address, "udp", source))?;
        match BoundTcp::bind(udp.address()) {
            Ok(tcp) => return Ok((udp, tcp)),
            Err(error) if tries == 0 => return Err(explain(udp.address(), "tcp", error)),
            Err(_) => {}
        }
    }
}

fn bind_tls(addresses: &[SocketAddr], identity: &Arc<Identity>) -> Result<Vec<(BoundTcp, Acceptor)>, StartError> {
    let acceptor = identity.phone_acceptor()?;
    let bind = |address: &SocketAddr| {
        let bound = BoundTcp::bind(*address).map_err(|source| explain(*address, "tls", source))?;
        Ok((bound, acceptor.clone()))
    };
    addresses.iter().map(bind).collect()
}

fn explain(address: SocketAddr, transport: &'static str, source: io::Error) -> StartError {
    if source.kind() == io::ErrorKind::AddrInUse {
        StartError::InUse { address, transport }
    } else {
        StartError::Listen { address, transport, source }
    }
}

pub(crate) fn random() -> Result<Random, StartError> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(StartError::Random)?;
    Ok(Random::from_seed(seed))
}

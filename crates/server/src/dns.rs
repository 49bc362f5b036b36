//! Asking DNS in the background: questions of the call core go out, answers come back, and no turn waits for one.
//!
//! Answers are kept for their time to live, those that say no too.

use std::fs;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant, SystemTime};

use hickory_resolver::config::{NameServerConfig, ResolverConfig};
use hickory_resolver::lookup::Lookup;
use hickory_resolver::net::NetError;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::{Name, RData, RecordType};
use hickory_resolver::{Resolver, ResolverBuilder, TokioResolver};
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, mpsc};
use tokio::time::timeout;
use tracing::debug;
use warden_sip::resolve::{Answer, Naptr, Question, Srv};

/// The most questions under way; further ones wait. Who asks has a bound on its questions.
const MAX_ASKED: usize = 32;
/// The most answers that wait for the signalling thread.
const MAX_ANSWERS: usize = 64;
/// For all servers together; then there is no answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// What the system says about names; read again when one of them changes.
const SYSTEM_FILES: [&str; 2] = ["/etc/resolv.conf", "/etc/hosts"];

/// The state of the system's files.
type Version = [Option<SystemTime>; 2];

/// Asks the system's name servers, or another one.
pub(crate) struct Dns {
    asker: Arc<Asker>,
    runtime: Handle,
    answers: mpsc::Sender<(Question, Answer)>,
    answered: mpsc::Receiver<(Question, Answer)>,
}

struct Asker {
    patience: Duration,
    nameserver: Option<SocketAddr>,
    places: Semaphore,
    resolver: Mutex<Option<(Version, TokioResolver)>>,
}

impl Dns {
    /// Questions are asked on `runtime`, and of `nameserver` instead of those of the system when there is one.
    pub(crate) fn new(runtime: Handle, nameserver: Option<SocketAddr>) -> Self {
        Self::with_patience(PATIENCE, runtime, nameserver)
    }

    fn with_patience(patience: Duration, runtime: Handle, nameserver: Option<SocketAddr>) -> Self {
        let (answers, answered) = mpsc::channel(MAX_ANSWERS);
        let places = Semaphore::new(MAX_ASKED);
        let asker = Arc::new(Asker { patience, nameserver, places, resolver: Mutex::new(None) });
        Self { asker, runtime, answers, answered }
    }

    /// Asks; the answer comes by [`Dns::poll_answer`] in any case.
    pub(crate) fn ask(&self, question: Question) {
        let (asker, answers) = (Arc::clone(&self.asker), self.answers.clone());
        self.runtime.spawn(async move {
            // It is never closed.
            let _place = asker.places.acquire().await;
            let answer = asker.answer(&question).await;
            // An error means that the signalling thread has ended.
            let _listens = answers.send((question, answer)).await;
        });
    }

    /// The next answer.
    pub(crate) fn poll_answer(&mut self, context: &mut Context<'_>) -> Poll<Option<(Question, Answer)>> {
        self.answered.poll_recv(context)
    }
}

impl Asker {
    async fn answer(&self, question: &Question) -> Answer {
        let kind = match question {
            Question::Naptr(_) => RecordType::NAPTR,
            Question::Srv(_) => RecordType::SRV,
            Question::A(_) => RecordType::A,
            Question::Aaaa(_) => RecordType::AAAA,
        };
        let Ok(mut name) = Name::from_ascii(question.name()) else { return Answer::Nothing };
        // A name with a dot is whole; one without may need the system's search domains.
        name.set_fqdn(question.name().contains('.'));
        let Some(resolver) = self.resolver() else { return Answer::Failed };
        match timeout(self.patience, resolver.lookup(name, kind)).await {
            Ok(Ok(lookup)) => read(question, &lookup),
            Ok(Err(error)) if says_no(&error) => Answer::Nothing,
            Ok(Err(error)) => {
                debug!(target: "SIP", name = question.name(), error = &error as &dyn std::error::Error, "cannot ask DNS");
                Answer::Failed
            }
            Err(_) => Answer::Failed,
        }
    }

    /// As the system's files say now.
    fn resolver(&self) -> Option<TokioResolver> {
        let version = SYSTEM_FILES.map(|file| fs::metadata(file).and_then(|file| file.modified()).ok());
        let mut kept = self.resolver.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, resolver)) = kept.as_ref().filter(|(read, _)| *read == version) {
            return Some(resolver.clone());
        }
        let builder = match self.nameserver {
            Some(address) => Ok(Resolver::builder_with_config(only(address), TokioRuntimeProvider::default())),
            None => TokioResolver::builder_tokio(),
        };
        let resolver = builder.and_then(ResolverBuilder::build);
        let resolver = resolver.inspect_err(|error| {
            debug!(target: "SIP", error = error as &dyn std::error::Error, "cannot read which name servers there are");
        });
        let resolver = resolver.ok()?;
        *kept = Some((version, resolver.clone()));
        Some(resolver)
    }
}

/// A name server by its address.
fn only(address: SocketAddr) -> ResolverConfig {
    let mut server = NameServerConfig::udp_and_tcp(address.ip());
    for connection in &mut server.connections {
        connection.port = address.port();
    }
    ResolverConfig::from_parts(None, Vec::new(), vec![server])
}

/// Whether a server has answered that there is no such thing.
fn says_no(error: &NetError) -> bool {
    error.is_no_records_found() || error.is_nx_domain()
}

fn read(question: &Question, lookup: &Lookup) -> Answer {
    let ttl = lookup.valid_until().saturating_duration_since(Instant::now());
    let data = lookup.answers().iter().map(|record| &record.data);
    match question {
        Question::Naptr(_) => Answer::Naptr(data.filter_map(naptr).collect(), ttl),
        Question::Srv(_) => Answer::Srv(data.filter_map(srv).collect(), ttl),
        Question::A(_) => Answer::Addresses(
            data.filter_map(|data| if let RData::A(address) = data { Some(address.0.into()) } else { None }).collect(),
            ttl,
        ),
        Question::Aaaa(_) => Answer::Addresses(
            data.filter_map(|data| if let RData::AAAA(address) = data { Some(address.0.into()) } else { None })
                .collect(),
            ttl,
        ),
    }
}

fn naptr(data: &RData) -> Option<Naptr> {
    let RData::NAPTR(record) = data else { return None };
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into();
    // What a regular expression makes of the name is not for SIP (RFC 3263 §4.1).
    record.regexp.is_empty().then(|| Naptr {
        order: record.order,
        preference: record.preference,
        flags: text(&record.flags),
        services: text(&record.services),
        replacement: plain(&record.replacement),
    })
}

fn srv(data: &RData) -> Option<Srv> {
    let RData::SRV(record) = data else { return None };
    let (priority, weight, port) = (record.priority, record.weight, record.port);
    Some(Srv { priority, weight, port, target: plain(&record.target) })
}

/// In lower case, without the dot at the end.
fn plain(name: &Name) -> Box<str> {
    name.to_lowercase().to_ascii().trim_end_matches('.').into()
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use hickory_resolver::proto::op::{Message, OpCode, ResponseCode};
    use hickory_resolver::proto::rr::{Record, rdata};
    use tokio::net::UdpSocket;

    use super::*;

    /// A name server that knows one domain. It is silent about names that begin with `mute`.
    async fn serve(socket: UdpSocket) {
        let mut space = [0; 1500];
        loop {
            let (length, asker) = socket.recv_from(&mut space).await.unwrap();
            let query = Message::from_vec(&space[..length]).unwrap();
            let question = query.queries[0].clone();
            let name = question.name().to_lowercase().to_ascii();
            if name.starts_with("mute") {
                continue;
            }
            let mut answer = Message::response(query.metadata.id, OpCode::Query);
            answer.add_query(question.clone());
            let data = match (question.query_type(), name.as_str()) {
                (RecordType::SRV, "_sip._udp.example.com.") => {
                    Some(RData::SRV(rdata::SRV::new(1, 2, 5070, Name::from_ascii("Host.Example.com.").unwrap())))
                }
                (RecordType::NAPTR, "example.com.") => Some(RData::NAPTR(rdata::NAPTR::new(
                    1,
                    2,
                    Box::from(*b"s"),
                    Box::from(*b"SIP+D2U"),
                    Box::from(*b""),
                    Name::from_ascii("_sip._udp.example.com.").unwrap(),
                ))),
                (RecordType::A, "host.example.com.") => Some(RData::A(rdata::A::new(192, 0, 2, 1))),
                _ => None,
            };
            match data {
                Some(data) => drop(answer.add_answer(Record::from_rdata(question.name().clone(), 300, data))),
                None if name.starts_with("broken") => answer.metadata.response_code = ResponseCode::ServFail,
                None => answer.metadata.response_code = ResponseCode::NXDomain,
            }
            socket.send_to(&answer.to_vec().unwrap(), asker).await.unwrap();
        }
    }

    #[tokio::test]
    async fn answers_come_back_as_the_core_reads_them() {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let mut dns = Dns::new(Handle::current(), Some(socket.local_addr().unwrap()));
        tokio::spawn(serve(socket));
        let mut ask = async |question: Question| {
            dns.ask(question.clone());
            let (answered, answer) = poll_fn(|context| dns.poll_answer(context)).await.unwrap();
            assert_eq!(answered, question);
            answer
        };
        let Answer::Naptr(services, _) = ask(Question::Naptr("example.com".into())).await else { panic!("no NAPTR") };
        assert_eq!((&*services[0].services, &*services[0].replacement), ("SIP+D2U", "_sip._udp.example.com"));
        let server = Srv { priority: 1, weight: 2, port: 5070, target: "host.example.com".into() };
        let Answer::Srv(servers, _) = ask(Question::Srv("_sip._udp.example.com".into())).await else {
            panic!("no SRV")
        };
        assert_eq!(servers, [server]);
        let Answer::Addresses(addresses, ttl) = ask(Question::A("host.example.com".into())).await else {
            panic!("no address")
        };
        assert_eq!(addresses, ["192.0.2.1".parse::<std::net::IpAddr>().unwrap()]);
        assert!((200..=300).contains(&ttl.as_secs()), "{ttl:?}");
        assert_eq!(ask(Question::Aaaa("host.example.com".into())).await, Answer::Nothing);
        assert_eq!(ask(Question::A("nobody.example.com".into())).await, Answer::Nothing);
        assert_eq!(ask(Question::A("broken.example.com".into())).await, Answer::Failed);
        assert_eq!(ask(Question::A("not..a.name".into())).await, Answer::Nothing);
    }

    #[tokio::test]
    async fn a_server_that_is_silent_is_no_answer_and_keeps_nobody_waiting() {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let mut dns = Dns::with_patience(Duration::from_secs(1), Handle::current(), Some(socket.local_addr().unwrap()));
        tokio::spawn(serve(socket));
        dns.ask(Question::A("mute.example.com".into()));
        dns.ask(Question::A("host.example.com".into()));
        let (first, answer) = poll_fn(|context| dns.poll_answer(context)).await.unwrap();
        assert_eq!(first, Question::A("host.example.com".into()));
        assert!(matches!(answer, Answer::Addresses(..)));
        let (_, answer) = timeout(PATIENCE, poll_fn(|context| dns.poll_answer(context))).await.unwrap().unwrap();
        assert_eq!(answer, Answer::Failed);
    }
}

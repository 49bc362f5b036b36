//! Accounts at a server that the tests play, in simulated time.

mod successor;

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::num::NonZeroU32;

use bytes::Bytes;
use warden_sip::endpoint::{ConnectionId, NextHop, Request};
use warden_sip::header::Transport;
use warden_sip::uri::OwnedUri;

use super::*;
use crate::access::{Network, NetworkSet};
use crate::directory::Directory;
use crate::output::{Event, Output};

const LOCAL: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1)), 5060);
const ASKS: &str = "WWW-Authenticate: Digest realm=\"r\", nonce=\"one\", qop=\"auth\", algorithm=SHA-256";

fn account(name: &str, registrar: &str) -> Account {
    Account {
        name: name.into(),
        registrar: OwnedUri::parse(registrar.as_bytes()).expect("a URI"),
        outbound_proxy: None,
        username: "4930123".into(),
        sign_in: "4930123".into(),
        password: Password("blue-kettle".into()),
        expires: Duration::from_mins(10),
        any_certificate: false,
    }
}

struct Sent {
    id: ClientId,
    text: String,
    flow: Flow,
    /// Seconds since the beginning.
    at_s: u64,
}

impl Sent {
    fn has(&self, line: &str) -> bool {
        self.text.lines().any(|other| other == line)
    }

    fn value(&self, name: &str) -> &str {
        self.text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": ")).unwrap_or_default()
    }
}

struct Bench {
    registrant: Registrant,
    directory: Directory,
    outputs: VecDeque<Output>,
    start: Instant,
    now: Instant,
    connections: u32,
    /// What DNS says of every name.
    addresses: Vec<u8>,
    opened: Vec<NextHop>,
    news: Vec<AccountNews>,
    /// Seconds since the beginning at which the path was kept open.
    pings: Vec<u64>,
}

fn bench(accounts: impl IntoIterator<Item = Account>) -> Bench {
    #[expect(clippy::disallowed_methods, reason = "a start for time that only the test moves")]
    let start = Instant::now();
    let mut bench = Bench {
        registrant: Registrant::new(Random::from_seed([5; 32])),
        directory: Directory::default(),
        outputs: VecDeque::new(),
        start,
        now: start,
        connections: 0,
        addresses: vec![10],
        opened: Vec::new(),
        news: Vec::new(),
        pings: Vec::new(),
    };
    bench.configure(accounts);
    bench
}

impl Bench {
    fn configure(&mut self, accounts: impl IntoIterator<Item = Account>) {
        self.directory.accounts = accounts.into_iter().map(Arc::new).collect();
        self.act(Registrant::configure);
    }

    fn act(&mut self, deal: impl FnOnce(&mut Registrant, Surroundings<'_>)) {
        let around = Surroundings { directory: &self.directory, outputs: &mut self.outputs, now: self.now };
        deal(&mut self.registrant, around);
    }

    fn pass_s(&mut self, seconds: u64) {
        self.now += Duration::from_secs(seconds);
    }

    /// Lets time pass until a request is sent.
    fn next(&mut self) -> Sent {
        self.next_before(Duration::from_hours(48)).expect("a request")
    }

    fn next_before(&mut self, span: Duration) -> Option<Sent> {
        let end = self.now + span;
        loop {
            while let Some(output) = self.outputs.pop_front() {
                if let Some(sent) = self.carry_out(output) {
                    return Some(sent);
                }
            }
            let at = self.registrant.next_timeout().filter(|at| *at <= end)?;
            self.now = self.now.max(at);
            self.act(Registrant::handle_timeout);
        }
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "nothing else is wanted of the others")]
    fn carry_out(&mut self, output: Output) -> Option<Sent> {
        match output {
            Output::Ask(question) => {
                let addresses = || self.addresses.iter().map(|last| [203, 0, 113, *last].into()).collect();
                let answer = match &question {
                    Question::A(_) => Answer::Addresses(addresses(), Duration::from_mins(5)),
                    Question::Naptr(_) | Question::Srv(_) | Question::Aaaa(_) => Answer::Nothing,
                };
                self.act(|registrant, around| registrant.handle_answer(&question, &answer, around));
            }
            Output::Open { id, hop, .. } => {
                let NextHop { transport, remote, .. } = hop;
                self.opened.push(hop);
                self.connections += 1;
                let number = NonZeroU32::new(self.connections).map(ConnectionId);
                let flow =
                    Flow { transport, local: LOCAL, remote, connection: number.filter(|_| transport.is_reliable()) };
                self.act(|registrant, around| registrant.handle_opened(id, Some(flow), around));
            }
            Output::Send { id, request, flow } => {
                let Request { uri, headers, .. } = *request;
                let [uri, headers] = [&uri[..], headers.text()].map(|text| String::from_utf8_lossy(text).into_owned());
                let at_s = (self.now - self.start).as_secs();
                return Some(Sent { id, text: format!("REGISTER {uri} SIP/2.0\r\n{headers}"), flow, at_s });
            }
            Output::KeepAlive { .. } => self.pings.push((self.now - self.start).as_secs()),
            Output::Event(Event::Account { news, .. }) => self.news.push(news),
            other => panic!("{other:?}"),
        }
        None
    }

    fn answer(&mut self, sent: &Sent, status: &str, headers: &str) {
        let copied = ["From", "To", "Call-ID", "CSeq"].map(|name| format!("{name}: {}\r\n", sent.value(name)));
        let text = format!(
            "SIP/2.0 {status}\r\nVia: SIP/2.0/UDP a;branch=z9hG4bK1\r\n{}{}Content-Length: 0\r\n\r\n",
            copied.concat(),
            if headers.is_empty() { String::new() } else { format!("{headers}\r\n") },
        );
        let response = Message::parse(Bytes::from(text)).expect("parses");
        self.act(|registrant, around| registrant.handle_response(sent.id, &response, around));
    }

    /// Keeps it for so long; the server knows of another contact too.
    fn grant(&mut self, sent: &Sent, expires_s: u32) {
        let contact = format!("Contact: <sip:else@192.0.2.9>;expires=1, {};expires={expires_s}", sent.value("Contact"));
        self.answer(sent, "200 OK", &contact);
    }

    fn fail(&mut self, sent: &Sent, failure: Failure) {
        self.act(|registrant, around| registrant.handle_failed(sent.id, failure, around));
    }

    fn view(&self) -> AccountView {
        self.registrant.views(self.now).remove(0)
    }

    fn error(&self) -> String {
        self.view().error.unwrap_or_default()
    }
}

#[test]
fn a_registration_is_asked_for_signed_and_refreshed_before_it_ends() {
    let mut bench = bench([account("office", "sip:provider.example")]);
    let first = bench.next();
    assert!(first.text.starts_with("REGISTER sip:provider.example SIP/2.0\r\n"), "{}", first.text);
    assert!(first.has("To: <sip:4930123@provider.example>") && first.has("Expires: 600"));
    assert!(first.has("Contact: <sip:office@192.0.2.1:5060>") && first.has("CSeq: 1 REGISTER"));
    assert_eq!((first.value("Authorization"), first.flow.remote), ("", ([203, 0, 113, 10], 5060).into()));
    bench.answer(&first, "100 Trying", "");
    bench.answer(&first, "401 Unauthorized", ASKS);
    let second = bench.next();
    assert!(second.has("CSeq: 2 REGISTER") && second.value("Call-ID") == first.value("Call-ID"));
    let signed = second.value("Authorization");
    assert!(
        signed.starts_with("Digest username=\"4930123\", realm=\"r\"") && signed.ends_with("nc=00000001"),
        "{signed}"
    );
    bench.grant(&second, 300);
    assert_eq!(bench.view().registered_until, Some(bench.now + Duration::from_mins(5)));
    let refresh = bench.next();
    assert!((195..=230).contains(&refresh.at_s), "{}", refresh.at_s);
    assert!(refresh.value("Authorization").ends_with("nc=00000002") && refresh.flow == second.flow);
    assert_eq!(bench.opened.len(), 1, "the server that keeps it is not looked up again");
    bench.grant(&refresh, 300);
    let expires = Duration::from_mins(5);
    let expected = [false, true].map(|refreshed| AccountNews::Registered { expires, refreshed });
    bench.next();
    assert_eq!(bench.news, expected);
}

#[test]
fn a_wrong_password_is_tried_again_slowly_and_an_old_nonce_at_once() {
    let mut bench = bench([account("office", "sip:203.0.113.10;transport=tcp")]);
    let first = bench.next();
    assert!(first.has("Contact: <sip:office@192.0.2.1:5060;transport=tcp>"));
    bench.answer(&first, "401 Unauthorized", ASKS);
    let signed = bench.next();
    bench.answer(&signed, "401 Unauthorized", &ASKS.replace("one", "two"));
    assert_eq!(bench.error(), "401: wrong user name or password");
    let later = bench.next();
    assert!((900..=1801).contains(&later.at_s), "{}", later.at_s);
    bench.answer(&later, "401 Unauthorized", ASKS);
    let signed = bench.next();
    bench.answer(&signed, "401 Unauthorized", &format!("{}, stale=true", ASKS.replace("one", "three")));
    let stale = bench.next();
    assert_eq!(stale.at_s, later.at_s);
    assert!(stale.value("Authorization").contains("nonce=\"three\""));
    bench.grant(&stale, 600);
    assert_eq!(bench.view().error, None);
    // A server that forgets its nonces, and does not say that they were known.
    let refresh = bench.next();
    bench.answer(&refresh, "401 Unauthorized", &ASKS.replace("one", "four"));
    let again = bench.next();
    assert_eq!(again.at_s, refresh.at_s);
    assert!(again.value("Authorization").contains("nonce=\"four\""));
}

#[test]
fn a_server_that_never_finds_a_nonce_fresh_does_not_keep_us_asking() {
    let mut bench = bench([account("office", "sip:203.0.113.10")]);
    let mut requests = 0;
    while let Some(sent) = bench.next_before(Duration::from_secs(10)) {
        requests += 1;
        bench.answer(&sent, "401 Unauthorized", &format!("{ASKS}, stale=true"));
        assert!(requests < 50, "without end");
    }
    assert!((2..=17).contains(&requests), "{requests}");
}

#[test]
fn a_proxy_and_the_registrar_behind_it_are_both_answered() {
    let proxy = OwnedUri::parse(b"sip:edge.example:5080").expect("a URI");
    let mut bench = bench([Account { outbound_proxy: Some(proxy), ..account("office", "sip:provider.example") }]);
    let first = bench.next();
    assert_eq!(first.flow.remote, ([203, 0, 113, 10], 5080).into());
    assert!(first.has("Route: <sip:edge.example:5080;lr>"));
    assert!(first.text.starts_with("REGISTER sip:provider.example SIP/2.0\r\n"));
    let challenge = "Proxy-Authenticate: Digest realm=\"edge\", nonce=\"p\"";
    bench.answer(&first, "407 Proxy Authentication Required", challenge);
    let second = bench.next();
    bench.answer(&second, "401 Unauthorized", ASKS);
    let third = bench.next();
    assert!(third.value("Proxy-Authorization").contains("realm=\"edge\""));
    assert!(third.value("Authorization").contains("realm=\"r\""));
    bench.grant(&third, 600);
    assert!(bench.view().registered_until.is_some());
}

#[test]
fn attempts_that_fail_are_further_and_further_apart() {
    let mut bench = bench([account("office", "sip:203.0.113.10")]);
    let mut times = Vec::new();
    for _ in 0..9 {
        let sent = bench.next();
        times.push(sent.at_s);
        bench.pass_s(32);
        bench.fail(&sent, Failure::TimedOut);
        assert_eq!(bench.error(), "no answer");
    }
    let waits: Vec<_> = times.windows(2).map(|pair| pair[1] - pair[0] - 32).collect();
    for (wait, longest) in waits.iter().zip([30, 60, 120, 240, 480, 960, 1800, 1800]) {
        assert!((longest / 2..=longest).contains(wait), "{waits:?}");
    }
    // Once it has worked, it begins anew.
    let sent = bench.next();
    bench.grant(&sent, 600);
    let sent = bench.next();
    bench.pass_s(32);
    bench.fail(&sent, Failure::TimedOut);
    let again = bench.next();
    assert_eq!(again.at_s, sent.at_s + 32, "at once, as if it had no way yet");
    bench.pass_s(32);
    bench.fail(&again, Failure::TimedOut);
    assert!(matches!(bench.next().at_s - again.at_s - 32, 5..=30));
}

#[test]
fn while_calls_still_come_it_is_tried_again_before_they_do_not() {
    let mut bench = bench([account("office", "sip:203.0.113.10")]);
    let first = bench.next();
    bench.grant(&first, 3600);
    let refresh = bench.next();
    bench.answer(&refresh, "500 Server Internal Error", "");
    assert_eq!(bench.error(), "500 Server Internal Error");
    assert!(bench.view().registered_until.is_some());
    let mut tries = 0;
    while let Some(sent) = bench.next_before(Duration::from_mins(3)) {
        tries += 1;
        bench.answer(&sent, "500 Server Internal Error", "");
        if bench.view().registered_until.is_none() {
            break;
        }
    }
    assert!(tries >= 3, "{tries}");
    assert!(matches!(bench.news[1], AccountNews::Failed { still_registered: true, .. }), "{:?}", bench.news);
}

#[test]
fn the_next_server_is_asked_when_one_does_not_serve_and_that_one_is_left_alone_for_a_while() {
    let mut bench = bench([account("office", "sip:provider.example:5060")]);
    bench.addresses = vec![10, 20];
    let first = bench.next();
    bench.answer(&first, "503 Service Unavailable", "Retry-After: 600");
    let second = bench.next();
    assert_eq!((second.flow.remote.ip(), second.at_s), ([203, 0, 113, 20].into(), first.at_s));
    bench.fail(&second, Failure::Transport);
    assert_eq!(bench.error(), "the connection has ended");
    let third = bench.next();
    assert_eq!(third.flow.remote, second.flow.remote, "its time is over sooner");
    bench.addresses.truncate(1);
    bench.fail(&third, Failure::TimedOut);
    let fourth = bench.next();
    bench.answer(&fourth, "503 Service Unavailable", "Retry-After: 900");
    assert!(bench.next().at_s >= fourth.at_s + 900, "nobody else is left to be asked");
}

#[test]
fn a_time_that_is_too_brief_is_raised_and_a_refusal_is_believed() {
    let mut bench = bench([account("office", "sip:203.0.113.10")]);
    let first = bench.next();
    bench.answer(&first, "423 Interval Too Brief", "Min-Expires: 1800");
    let second = bench.next();
    assert_eq!((second.value("Expires"), second.at_s), ("1800", first.at_s));
    bench.answer(&second, "403 Forbidden\u{1b}", "");
    assert_eq!(bench.error(), "403 Forbidden\\u{1b}");
    assert!(bench.next().at_s >= 900);
}

#[test]
fn the_path_to_a_server_elsewhere_is_kept_open_while_it_is_registered() {
    let mut bench = bench([account("office", "sip:203.0.113.10")]);
    let first = bench.next();
    bench.grant(&first, 600);
    let refresh = bench.next();
    let gaps: Vec<_> = bench.pings.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!((17..=22).contains(&bench.pings.len()) && gaps.iter().all(|gap| (23..=30).contains(gap)), "{gaps:?}");
    bench.pings.clear();
    bench.answer(&refresh, "403 Forbidden", "");
    let later = bench.next();
    assert!(bench.pings.len() <= 4, "only until it has ended: {:?}", bench.pings);
    bench.pings.clear();
    // Within the own network there is no router that forgets.
    let near: NetworkSet = Network::new([203, 0, 113, 0].into(), 24).into_iter().collect();
    bench.directory.local_networks = near.into();
    bench.grant(&later, 600);
    bench.next();
    assert_eq!(bench.pings, []);
}

#[test]
fn when_our_address_changes_calls_are_wanted_at_the_new_one_only() {
    let mut bench = bench([account("office", "sip:203.0.113.10")]);
    let first = bench.next();
    bench.grant(&first, 3600);
    bench.pass_s(100);
    bench.act(Registrant::check_contacts);
    assert!(bench.next_before(Duration::from_mins(1)).is_none(), "nothing has changed");
    bench.directory.calls.external_address = Some([198, 51, 100, 1].into());
    bench.act(Registrant::check_contacts);
    let second = bench.next_before(Duration::ZERO).expect("at once");
    assert!(second.has("Contact: <sip:office@198.51.100.1:5060>, <sip:office@192.0.2.1:5060>;expires=0"));
    bench.answer(&second, "200 OK", "Contact: <sip:office@198.51.100.1:5060>;expires=600");
    let third = bench.next();
    assert!(third.has("Contact: <sip:office@198.51.100.1:5060>"));
}

#[test]
fn an_address_that_changes_while_a_request_is_under_way_is_registered_as_soon_as_that_is_granted() {
    let mut bench = bench([account("office", "sip:203.0.113.10")]);
    let first = bench.next();
    bench.directory.calls.external_address = Some([198, 51, 100, 1].into());
    bench.act(Registrant::check_contacts);
    bench.grant(&first, 3600);
    let second = bench.next_before(Duration::ZERO).expect("at once");
    assert!(second.has("Contact: <sip:office@198.51.100.1:5060>, <sip:office@192.0.2.1:5060>;expires=0"));
    bench.answer(&second, "200 OK", "Contact: <sip:office@198.51.100.1:5060>;expires=600");
    let third = bench.next();
    assert!(third.has("Contact: <sip:office@198.51.100.1:5060>") && third.at_s > second.at_s);
}

#[test]
fn a_connection_that_ends_is_made_again_soon() {
    let mut bench = bench([account("office", "sip:203.0.113.10;transport=tls")]);
    let first = bench.next();
    bench.grant(&first, 600);
    bench.pass_s(100);
    bench.act(|registrant, around| registrant.handle_flow_ended(&first.flow, around));
    assert_eq!((bench.view().registered_until, bench.error().as_str()), (None, "the connection has ended"));
    let second = bench.next();
    assert!((102..=104).contains(&second.at_s), "{}", second.at_s);
    assert_ne!(second.flow.connection, first.flow.connection);
    // And one that cannot be made says why.
    let why = "cannot connect: connection refused";
    bench.registrant.note_unreached(second.flow, why.into());
    bench.act(|registrant, around| registrant.handle_flow_ended(&second.flow, around));
    bench.fail(&second, Failure::Transport);
    assert_eq!(bench.error(), why);
}

#[test]
fn accounts_at_one_server_have_their_own_contacts_and_only_what_changes_begins_anew() {
    let [one, two] = ["one", "two"].map(|name| account(name, "sip:203.0.113.10"));
    let mut bench = bench([one.clone(), two.clone()]);
    for name in ["one", "two"] {
        let sent = bench.next();
        assert!(sent.value("Contact").starts_with(&format!("<sip:{name}@")));
        bench.grant(&sent, 3600);
    }
    let [changed, before] = [Account { username: "4930999".into(), ..two.clone() }, one];
    bench.configure([before, changed]);
    let given_up = bench.next_before(Duration::ZERO).expect("at once");
    assert!(given_up.has("Expires: 0") && given_up.value("Contact").starts_with("<sip:two@"));
    let anew = bench.next_before(Duration::from_secs(1)).expect("soon");
    assert!(anew.has("To: <sip:4930999@203.0.113.10>") && anew.has("CSeq: 1 REGISTER"));
    assert_eq!(bench.registrant.leaving.len(), 1);
    bench.answer(&given_up, "401 Unauthorized", ASKS);
    let signed = bench.next_before(Duration::ZERO).expect("at once");
    assert!(signed.has("Expires: 0") && !signed.value("Authorization").is_empty());
    bench.answer(&signed, "200 OK", "");
    assert!(bench.registrant.leaving.is_empty());
    let states: Vec<_> = bench.registrant.views(bench.now).iter().map(|view| view.registered_until.is_some()).collect();
    assert_eq!(states, [true, false]);
}

#[test]
fn whoever_leaves_says_so_and_waits_for_no_more_than_the_answer() {
    let [one, two] = ["one", "two"].map(|name| account(name, "sip:203.0.113.10"));
    let mut bench = bench([one, two]);
    let first = bench.next();
    bench.grant(&first, 3600);
    let under_way = bench.next();
    bench.act(Registrant::leave);
    assert!(!bench.registrant.has_left());
    let left: Vec<_> = [bench.next(), bench.next()].into();
    assert!(left.iter().all(|sent| sent.has("Expires: 0")));
    bench.grant(&under_way, 3600);
    bench.answer(&left[0], "200 OK", "");
    bench.fail(&left[1], Failure::TimedOut);
    assert!(bench.registrant.has_left());
    assert_eq!(bench.registrant.next_timeout(), None);
}

#[test]
fn a_request_that_is_large_goes_by_tcp_and_by_udp_again_if_that_fails() {
    let mut bench = bench([account("office", "sip:provider.example:5060")]);
    let first = bench.next();
    let long = format!("WWW-Authenticate: Digest realm=\"r\", nonce=\"{}\"", "n".repeat(1000));
    bench.answer(&first, "401 Unauthorized", &long);
    let by_tcp = bench.next();
    assert_eq!((by_tcp.flow.transport, by_tcp.flow.remote), (Transport::Tcp, first.flow.remote));
    assert!(by_tcp.has("Contact: <sip:office@192.0.2.1:5060;transport=tcp>"));
    bench.fail(&by_tcp, Failure::Transport);
    let by_udp = bench.next();
    assert_eq!((by_udp.flow.transport, by_udp.flow.remote), (Transport::Udp, first.flow.remote));
}

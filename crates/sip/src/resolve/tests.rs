//! Whole resolutions against a table that stands for DNS.

use std::fmt::Write;
use std::time::Duration;

use super::*;
use crate::uri::Uri;

const BOTH: Speaks = Speaks { ipv4: true, ipv6: true };
const V4: Speaks = Speaks { ipv4: true, ipv6: false };
const TTL: Duration = Duration::from_mins(5);

/// What DNS has; lines such as `SRV _sip._udp.example.com 1 10 5060 a.example.com`.
struct Zone(&'static str);

impl Zone {
    fn answer(&self, question: &Question) -> Answer {
        let (kind, name) = match question {
            Question::Naptr(name) => ("NAPTR", name),
            Question::Srv(name) => ("SRV", name),
            Question::A(name) => ("A", name),
            Question::Aaaa(name) => ("AAAA", name),
        };
        let lines = self.0.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
        let records: Vec<_> = lines.filter(|line| line.len() > 2 && line[0] == kind && line[1] == &**name).collect();
        if records.is_empty() {
            return Answer::Nothing;
        }
        if records[0][2] == "FAIL" {
            return Answer::Failed;
        }
        let number = |text: &str| text.parse().expect("a number");
        match question {
            Question::Naptr(_) => Answer::Naptr(records.iter().map(|it| naptr(it)).collect(), TTL),
            Question::Srv(_) => {
                let target = |text: &str| text.trim_end_matches('.').into();
                let srv = |it: &Vec<&str>| Srv {
                    priority: number(it[2]),
                    weight: number(it[3]),
                    port: number(it[4]),
                    target: target(it[5]),
                };
                Answer::Srv(records.iter().map(srv).collect(), TTL)
            }
            Question::A(_) | Question::Aaaa(_) => {
                Answer::Addresses(records.iter().map(|it| it[2].parse().expect("an address")).collect(), TTL)
            }
        }
    }
}

fn naptr(record: &[&str]) -> Naptr {
    let [order, preference] = [record[2], record[3]].map(|text| text.parse().expect("a number"));
    Naptr { order, preference, flags: "s".into(), services: record[4].into(), replacement: record[5].into() }
}

/// Where a URI leads, as `UDP 192.0.2.1:5060`, and what was asked on the way.
fn ask(uri: &str, speaks: Speaks, zone: &Zone) -> (Result<Vec<String>, Unresolved>, Vec<Question>) {
    let mut random = Random::from_seed([7; 32]);
    let uri = Uri::parse(uri.as_bytes()).expect("a URI");
    let mut resolution = Resolution::new(uri.as_sip().expect("of SIP"), speaks);
    let (mut asked, mut open) = (Vec::new(), Vec::new());
    loop {
        match resolution.poll() {
            Progress::Ask(question) => {
                assert!(asked.len() < 64, "no end of questions: {asked:?}");
                asked.push(question.clone());
                open.push(question);
            }
            Progress::Wait => {
                // The last question is answered first: the order of answers does not matter.
                let question = open.pop().expect("something is waited for");
                resolution.handle_answer(&question, &zone.answer(&question), &mut random);
            }
            Progress::Found(hops) => {
                let text = |hop: NextHop| format!("{} {}", hop.transport.name(), hop.remote);
                return (Ok(hops.into_iter().map(text).collect()), asked);
            }
            Progress::Failed(why) => return (Err(why), asked),
        }
    }
}

fn hops(uri: &str, speaks: Speaks, zone: &Zone) -> Result<Vec<String>, Unresolved> {
    ask(uri, speaks, zone).0
}

fn found(uri: &str, zone: &Zone) -> Vec<String> {
    hops(uri, V4, zone).expect("found")
}

/// The example of RFC 3263 §4, with addresses.
const RFC: Zone = Zone(
    "NAPTR example.com 50 50 SIPS+D2T _sips._tcp.example.com
     NAPTR example.com 90 50 SIP+D2T _sip._tcp.example.com
     NAPTR example.com 100 50 SIP+D2U _sip._udp.example.com
     SRV _sip._tcp.example.com 0 1 5060 server1.example.com
     SRV _sip._tcp.example.com 1 2 5060 server2.example.com
     SRV _sips._tcp.example.com 0 1 5061 server1.example.com
     SRV _sip._udp.example.com 0 1 5060 server2.example.com
     A server1.example.com 192.0.2.1
     A server2.example.com 192.0.2.2
     AAAA server2.example.com 2001:db8::2
     A example.com 192.0.2.9",
);

#[test]
fn addresses_need_no_question() {
    for (uri, expected) in [
        ("sip:192.0.2.1", "UDP 192.0.2.1:5060"),
        ("sips:192.0.2.1", "TLS 192.0.2.1:5061"),
        ("sip:192.0.2.1:5070;transport=tcp", "TCP 192.0.2.1:5070"),
        ("sips:192.0.2.1;transport=tcp", "TLS 192.0.2.1:5061"),
        ("sip:[2001:db8::1];transport=TLS", "TLS [2001:db8::1]:5061"),
        ("sip:example.com;maddr=192.0.2.7", "UDP 192.0.2.7:5060"),
    ] {
        assert_eq!(ask(uri, BOTH, &RFC), (Ok(vec![expected.to_owned()]), vec![]), "{uri}");
    }
}

#[test]
fn what_is_not_spoken_here_is_not_asked_for() {
    for uri in ["sip:[2001:db8::1]", "sip:a;transport=sctp", "sip:a;transport=ws", "sips:a;transport=udp"] {
        assert_eq!(ask(uri, V4, &RFC), (Err(Unresolved::NotSpoken), vec![]), "{uri}");
    }
}

#[test]
fn a_name_alone_is_led_by_naptr_to_srv_to_an_address() {
    assert_eq!(found("sip:bob@Example.COM.", &RFC), ["TLS 192.0.2.1:5061"]);
    assert_eq!(found("sips:bob@example.com", &RFC), ["TLS 192.0.2.1:5061"]);
    assert_eq!(found("sip:example.com;transport=tcp", &RFC), ["TCP 192.0.2.1:5060", "TCP 192.0.2.2:5060"]);
    assert_eq!(found("sip:example.com;transport=udp", &RFC), ["UDP 192.0.2.2:5060"]);
    let (_, asked) = ask("sip:example.com;transport=udp", V4, &RFC);
    let expected = [Question::Srv("_sip._udp.example.com".into()), Question::A("server2.example.com".into())];
    assert_eq!(asked, expected);
}

#[test]
fn a_port_is_taken_as_it_is_written() {
    assert_eq!(found("sip:example.com:5080", &RFC), ["UDP 192.0.2.9:5080"]);
    assert_eq!(found("sips:example.com:5080", &RFC), ["TLS 192.0.2.9:5080"]);
    assert_eq!(found("sip:example.com:5080;transport=tcp", &RFC), ["TCP 192.0.2.9:5080"]);
    assert_eq!(ask("sip:example.com:5080", V4, &RFC).1, [Question::A("example.com".into())]);
}

#[test]
fn without_naptr_both_transports_are_asked_for_and_without_srv_it_is_the_domain() {
    let zone = Zone("SRV _sip._tcp.a.example 1 1 5070 x.example\nA x.example 192.0.2.4\nA a.example 192.0.2.3");
    assert_eq!(found("sip:a.example", &zone), ["TCP 192.0.2.4:5070"]);
    assert_eq!(found("sips:a.example", &zone), ["TLS 192.0.2.3:5061"]);
    let zone = Zone("A a.example 192.0.2.3\nA a.example 192.0.2.4\nAAAA a.example 2001:db8::3");
    assert_eq!(found("sip:a.example", &zone), ["UDP 192.0.2.3:5060", "UDP 192.0.2.4:5060"]);
    let both = hops("sip:a.example;transport=tls", BOTH, &zone).expect("found");
    assert_eq!(both, ["TLS [2001:db8::3]:5061", "TLS 192.0.2.3:5061", "TLS 192.0.2.4:5061"]);
}

#[test]
fn a_domain_may_say_that_it_has_no_sip() {
    let zone = Zone("SRV _sip._udp.a.example 0 0 0 .\nA a.example 192.0.2.3");
    assert_eq!(hops("sip:a.example;transport=udp", V4, &zone), Err(Unresolved::Nowhere));
}

#[test]
fn nothing_and_no_answer_are_told_apart() {
    assert_eq!(hops("sip:nobody.example", BOTH, &Zone("")), Err(Unresolved::Nowhere));
    let zone = Zone("A a.example FAIL");
    assert_eq!(hops("sip:a.example", V4, &zone), Err(Unresolved::NoAnswer));
    let zone = Zone("NAPTR a.example FAIL\nSRV _sip._udp.a.example FAIL\nA a.example 192.0.2.3");
    assert_eq!(found("sip:a.example", &zone), ["UDP 192.0.2.3:5060"]);
}

#[test]
fn a_zone_without_end_is_followed_to_a_bound() {
    let mut text = String::new();
    for server in 0..500 {
        writeln!(text, "SRV _sip._udp.a.example 1 1 5060 s{server}.example").expect("a text");
        for address in 0..20 {
            writeln!(text, "A s{server}.example 10.0.{address}.{}", server % 250).expect("a text");
        }
    }
    let zone = Zone(Box::leak(text.into_boxed_str()));
    assert_eq!(found("sip:a.example", &zone).len(), MAX_HOPS);
}

#[test]
fn the_domain_to_be_certified_is_that_of_the_uri() {
    let uri = Uri::parse(b"sips:example.com").expect("a URI");
    let mut resolution = Resolution::new(uri.as_sip().expect("of SIP"), V4);
    let mut random = Random::from_seed([7; 32]);
    let hops = loop {
        match resolution.poll() {
            Progress::Ask(question) => resolution.handle_answer(&question, &RFC.answer(&question), &mut random),
            Progress::Found(hops) => break hops,
            other @ (Progress::Wait | Progress::Failed(_)) => panic!("{other:?}"),
        }
    };
    assert_eq!(&*hops[0].domain, "example.com");
}

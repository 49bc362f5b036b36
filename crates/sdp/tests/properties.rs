//! What holds for every description: what is printed reads as the same, and answers fit their offers.

#![expect(clippy::expect_used, reason = "what is wrong here fails the test")]

mod support;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use support::{STAMP, capabilities, endpoint, local};
use warden_sdp::description::Description;
use warden_sdp::t38::Parameter;
use warden_sdp::{Direction, LocalMedia, Negotiated, Order, Session, State, answer, offer, read_answer};

fn matching(pattern: &str) -> impl Strategy<Value = String> + use<> {
    proptest::string::string_regex(pattern).expect("a regular expression")
}

/// Lines as they may follow each other, most of them sound.
fn line() -> impl Strategy<Value = String> {
    let fixed = [
        "s=-",
        "t=0 0",
        "b=AS:64",
        "a=sendrecv",
        "a=sendonly",
        "a=recvonly",
        "a=inactive",
        "a=rtcp-mux",
        "a=rtcp:9",
        "a=ptime:30",
        "a=maxptime:10",
        "c=IN IP4 0.0.0.0",
        "c=IN IP6 2001:db8::1",
        "c=IN IP4 pbx.example",
        "",
        "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x",
        "a=fmtp:97 mode=20",
        "a=fmtp:18 annexb=no",
        "a=fmtp:101 0-16",
        "m=image 4006 udptl t38",
        "m=image 4006 UDPTL x T38",
        "a=T38FaxVersion:0",
        "a=T38FaxFillBitRemoval",
        "a=T38FaxUdpECDepth:3 5",
    ];
    prop_oneof![
        4 => select(fixed.map(String::from).to_vec()),
        4 => (96..104u8, select(vec![
            "opus/48000/2", "iLBC/8000", "telephone-event/8000", "telephone-event/48000", "speex/16000", "G722/16000",
            "PCMU/8000", "x-new/8000", "broken", "CN/8000",
        ])).prop_map(|(number, map)| format!("a=rtpmap:{number} {map}")),
        2 => media(),
        1 => matching("[a-zA-Z]=[ -~\u{e9}\t]{0,20}").prop_filter("unsound", |line| !line.starts_with(['m', 'c'])),
    ]
}

fn media() -> impl Strategy<Value = String> {
    let kind = select(vec!["audio", "audio", "audio", "video", "image"]);
    let protocol = select(vec!["RTP/AVP", "RTP/AVP", "RTP/AVPF", "RTP/SAVP", "udptl"]);
    let number = prop_oneof![select(vec![0u8, 3, 8, 9, 13, 18]), 96..104u8];
    (kind, prop_oneof![Just(0u16), any::<u16>()], protocol, vec(number, 0..8)).prop_map(
        |(kind, port, protocol, list)| {
            let list: Vec<_> = list.iter().map(u8::to_string).collect();
            format!("m={kind} {port} {protocol} {}", list.join(" "))
        },
    )
}

fn description() -> impl Strategy<Value = Description> {
    (media(), vec(line(), 0..25), select(vec!["\n", "\r\n"])).prop_map(|(media, lines, end)| {
        let head = ["v=0", "o=- 1 1 IN IP4 192.0.2.1", "c=IN IP4 192.0.2.1", &media].map(String::from);
        let text: String = head.into_iter().chain(lines).map(|line| line + end).collect();
        Description::parse(text.as_bytes()).expect("every line is sound")
    })
}

fn some_local() -> impl Strategy<Value = LocalMedia> {
    use Direction::{Inactive, RecvOnly, SendOnly, SendRecv};
    let direction = select(vec![SendRecv, SendOnly, RecvOnly, Inactive]);
    let codecs = proptest::sample::subsequence(capabilities().own(), 1..=7).prop_shuffle();
    let fax = proptest::option::weighted(0.3, select(vec![vec![], vec![Parameter::Version(0), Parameter::MaxIfp(40)]]));
    (direction, codecs, any::<bool>(), 1..65_535u16, fax).prop_map(|(direction, codecs, rtcp_mux, port, fax)| {
        let mut endpoint = endpoint(port);
        endpoint.rtcp_mux = rtcp_mux;
        LocalMedia { endpoint, direction, ptime_ms: None, codecs, fax: fax.map(|said| said.into_iter().collect()) }
    })
}

#[derive(Clone, Debug)]
enum Step {
    Offer(LocalMedia),
    Receive(Description),
    Accept(Description),
    Answer(LocalMedia),
    Reject,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        some_local().prop_map(Step::Offer),
        description().prop_map(Step::Receive),
        description().prop_map(Step::Accept),
        some_local().prop_map(Step::Answer),
        Just(Step::Reject),
    ]
}

/// The description that the step made, if it made one.
fn take(session: &mut Session, step: Step) -> Option<Description> {
    let made = match step {
        Step::Offer(local) => session.offer(&local).ok(),
        Step::Answer(local) => session.answer(&local, Order::Ours).ok(),
        Step::Receive(offer) => session.receive_offer(offer).ok().and(None),
        Step::Accept(answer) => session.accept(answer).ok().and(None),
        Step::Reject => {
            session.reject();
            None
        }
    };
    made.map(|description| (*description).clone())
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_harm(bytes in vec(any::<u8>(), 0..600)) {
        if let Ok(description) = Description::parse(&bytes) {
            prop_assert_eq!(Description::parse(description.text()), Ok(description));
        }
    }

    #[test]
    fn what_is_printed_reads_as_the_same(description in description()) {
        prop_assert_eq!(Description::parse(description.text()), Ok(description.clone()));
    }

    #[test]
    fn an_answer_fits_its_offer(theirs in description(), local in some_local(), ours_first in any::<bool>()) {
        let order = if ours_first { Order::Ours } else { Order::Theirs };
        let Ok(answer) = answer(&theirs, &local, order, STAMP) else { return Ok(()) };
        prop_assert_eq!(Description::parse(answer.description.text()), Ok(answer.description.clone()));
        prop_assert_eq!(answer.description.media_count(), theirs.media_count());
        prop_assert_eq!(answer.description.media().filter(warden_sdp::description::Media::is_live).count(), 1);
        for (ours, theirs) in answer.description.media().zip(theirs.media()) {
            let offered: Vec<_> = theirs.format_words().collect();
            prop_assert!(ours.format_words().all(|word| offered.contains(&word)));
            prop_assert_eq!(ours.kind_text(), theirs.kind_text());
            prop_assert_eq!(ours.protocol_text(), theirs.protocol_text());
            if ours.is_live() {
                let allowed = theirs.direction().reversed().intersect(local.direction);
                prop_assert_eq!(ours.direction(), allowed);
                prop_assert_eq!(answer.negotiated.direction, allowed);
            }
        }
    }

    /// Both ends of a call run this code: they agree on codecs, numbers and directions.
    #[test]
    fn both_sides_of_an_exchange_agree(alice in some_local(), bob in some_local()) {
        let offered = offer(&alice, STAMP);
        let Ok(answered) = answer(&offered, &bob, Order::Ours, STAMP) else { return Ok(()) };
        let at_bob = answered.negotiated;
        let at_alice = read_answer(&offered, &answered.description).expect("fits");
        prop_assert_eq!(at_alice.direction, at_bob.direction.reversed());
        prop_assert_eq!(at_alice.rtcp_mux, at_bob.rtcp_mux);
        prop_assert_eq!(at_alice.remote_rtp.map(|to| to.port()), Some(bob.endpoint.rtp_port));
        let numbers = |formats: &[warden_sdp::codec::Format]| support::numbers(formats);
        prop_assert_eq!(numbers(&at_alice.send), numbers(&at_bob.receive));
        prop_assert_eq!(numbers(&at_bob.send), numbers(&at_alice.receive));
        prop_assert_eq!(at_alice.dtmf, at_bob.dtmf);
        prop_assert_eq!((&at_bob.fax, &at_alice.fax), (&alice.fax, &bob.fax), "each knows what the other has said");
        let [at_alice, at_bob] = [&at_alice, &at_bob].map(Negotiated::codec);
        prop_assert_eq!((at_alice.is_none(), at_bob.is_none()), (alice.fax.is_some(), alice.fax.is_some()));
        let are_same = at_alice.zip(at_bob).is_none_or(|(one, other)| one.codec.is_interchangeable(&other.codec));
        prop_assert!(are_same);
    }

    #[test]
    fn versions_rise_by_one_with_each_change_whatever_happens(steps in vec(step(), 1..20)) {
        let mut session = Session::new(7);
        let mut last: Option<Description> = None;
        for step in steps {
            let may_agree = matches!(step, Step::Accept(_) | Step::Answer(_));
            let held = session.negotiated().cloned();
            let made = take(&mut session, step);
            prop_assert!(may_agree || session.negotiated() == held.as_ref(), "only an answer changes what holds");
            prop_assert_eq!(session.state() == State::Stable, session.open_offer().is_none());
            let Some(made) = made else { continue };
            let version = |description: &Description| description.origin().and_then(|it| it.version()).expect("ours");
            let expected = match &last {
                None => 1,
                Some(last) if last.is_same_session(&made) => version(last),
                Some(last) => version(last) + 1,
            };
            prop_assert_eq!(version(&made), expected);
            prop_assert_eq!(Description::parse(made.text()), Ok(made.clone()));
            last = Some(made);
        }
    }
}

#[test]
fn a_description_of_ours_reads_as_the_same() {
    let ours = offer(&local(), STAMP);
    assert_eq!(Description::parse(ours.text()), Ok(ours));
}

//! Every event comes back as it went in.

use std::net::SocketAddr;
use std::time::Duration;

use proptest::prelude::*;
use warden_call::call_event::{
    Answered, CallEvent, CallId, Cause, Clue, Destination, Ender, Ending, Finding, Joined, Measurement, RecordingEvent,
    Rule, Started, Transfer, TransferKind,
};
use warden_call::directory::{Extension, Side};

use super::{decode, decode_events, encode, encode_events};

fn extension() -> impl Strategy<Value = Extension> {
    "[a-z0-9*#+._-]{1,32}".prop_map(|text| Extension::parse(text.as_bytes()).expect("allowed"))
}

fn address() -> impl Strategy<Value = SocketAddr> {
    any::<SocketAddr>().prop_map(|mut address| {
        if let SocketAddr::V6(address) = &mut address {
            address.set_flowinfo(0); // has no text
        }
        address
    })
}

fn duration() -> impl Strategy<Value = Duration> {
    any::<u64>().prop_map(Duration::from_nanos)
}

fn side() -> impl Strategy<Value = Side> {
    prop_oneof![Just(Side::A), Just(Side::B)]
}

fn started() -> impl Strategy<Value = CallEvent> {
    (extension(), any::<[String; 4]>(), address(), any::<u64>()).prop_map(|(caller, texts, source, revision)| {
        let [caller_name, dialled, sip_call_id, user_agent] = texts;
        CallEvent::Started(Box::new(Started {
            caller,
            caller_name,
            dialled,
            sip_call_id,
            source,
            user_agent,
            revision,
        }))
    })
}

fn routed() -> impl Strategy<Value = CallEvent> {
    let rule = prop_oneof![
        Just(Rule::Emergency),
        (any::<usize>(), any::<String>()).prop_map(|(place, pattern)| Rule::Pattern { place, pattern }),
        Just(Rule::NoPattern),
    ];
    let destination = prop_oneof![
        extension().prop_map(Destination::Extension),
        Just(Destination::Rejected),
        Just(Destination::NotBuilt),
        Just(Destination::Unknown),
        Just(Destination::EmergencyServices),
    ];
    (rule, destination).prop_map(|(rule, destination)| CallEvent::Routed { rule, destination })
}

fn ended() -> impl Strategy<Value = CallEvent> {
    let by = prop_oneof![Just(Ender::Caller), Just(Ender::Callee), Just(Ender::System)];
    let cause = prop::sample::select(vec![
        Cause::HungUp,
        Cause::GaveUp,
        Cause::Busy,
        Cause::Declined,
        Cause::NoAnswer,
        Cause::UnknownNumber,
        Cause::Rejected,
        Cause::NotBuilt,
        Cause::NotRegistered,
        Cause::NoEmergencyTrunk,
        Cause::NoPorts,
        Cause::NoCommonCodec,
        Cause::BadAnswer,
        Cause::NotAcknowledged,
        Cause::Unreachable,
        Cause::Dead,
        Cause::NotRefreshed,
        Cause::Refused(486),
        Cause::JoinedTo(CallId(7)),
        Cause::Stopped,
        Cause::Restarted,
    ]);
    (by, cause, any::<Option<u16>>()).prop_map(|(by, cause, status)| CallEvent::Ended(Ending { by, cause, status }))
}

fn measurement() -> impl Strategy<Value = Measurement> {
    let numbers = (any::<u64>(), any::<u64>(), prop::option::of(1.0..4.5));
    (any::<Option<String>>(), numbers, duration(), prop::option::of(duration())).prop_map(
        |(codec, (packets, lost, mos), worst_jitter, round_trip)| Measurement {
            codec,
            packets,
            lost,
            worst_jitter,
            round_trip,
            mos,
        },
    )
}

fn transfer() -> impl Strategy<Value = CallEvent> {
    let kind = prop_oneof![
        Just(TransferKind::Blind),
        any::<Option<u64>>().prop_map(|id| TransferKind::Attended(id.map(CallId)))
    ];
    (side(), extension(), any::<String>(), kind)
        .prop_map(|(by, referrer, to, kind)| CallEvent::Transfer(Box::new(Transfer { by, referrer, to, kind })))
}

fn joined() -> impl Strategy<Value = CallEvent> {
    (side(), extension(), any::<[String; 2]>(), address(), any::<Option<u64>>()).prop_map(
        |(side, extension, [name, user_agent], source, from)| {
            let party = Answered { extension, name, source, user_agent };
            CallEvent::Joined(Box::new(Joined { side, party, from: from.map(CallId) }))
        },
    )
}

fn finding() -> impl Strategy<Value = Finding> {
    let elsewhere = (address(), any::<u64>()).prop_map(|(from, packets)| Clue::Elsewhere { from, packets });
    let others = [Clue::Nothing, Clue::Reports, Clue::PayloadType, Clue::WrongKey, Clue::NotRtp];
    let clue = prop_oneof![elsewhere, prop::sample::select(others.to_vec())];
    (prop::option::of(address()), clue).prop_map(|(promised, clue)| Finding { promised, clue })
}

fn recording() -> impl Strategy<Value = CallEvent> {
    let event = prop_oneof![
        any::<String>().prop_map(|file| RecordingEvent::Begun { file }),
        Just(RecordingEvent::Paused),
        Just(RecordingEvent::Resumed),
        Just(RecordingEvent::Stopped),
        any::<String>().prop_map(|reason| RecordingEvent::Failed { reason }),
    ];
    event.prop_map(CallEvent::Recording)
}

fn event() -> impl Strategy<Value = CallEvent> {
    prop_oneof![
        started(),
        routed(),
        extension().prop_map(|extension| CallEvent::Ringing { extension }),
        (extension(), any::<u16>()).prop_map(|(extension, status)| CallEvent::Declined { extension, status }),
        (extension(), any::<[String; 2]>(), address()).prop_map(|(extension, [name, user_agent], source)| {
            CallEvent::Answered(Box::new(Answered { extension, name, source, user_agent }))
        }),
        side().prop_map(|by| CallEvent::Held { by }),
        side().prop_map(|by| CallEvent::Resumed { by }),
        (side(), duration(), finding()).prop_map(|(side, lasting, finding)| CallEvent::Silent {
            side,
            lasting,
            finding: Box::new(finding)
        }),
        side().prop_map(|side| CallEvent::WrongKey { side }),
        side().prop_map(|side| CallEvent::AudioBack { side }),
        recording(),
        transfer(),
        any::<u16>().prop_map(|status| CallEvent::TransferOver { status }),
        side().prop_map(|side| CallEvent::Left { side }),
        extension().prop_map(|extension| CallEvent::CalledBack { extension }),
        joined(),
        ended(),
        [measurement(), measurement()].prop_map(|both| CallEvent::Measured(Box::new(both))),
    ]
}

proptest! {
    #[test]
    fn every_event_comes_back_as_it_went_in(call: u64, at in duration(), event in event()) {
        let mut line = Vec::new();
        encode(&mut line, CallId(call), at, &event);
        prop_assert!(!line.contains(&b'\n'));
        prop_assert_eq!(decode(&line), Some((CallId(call), at, event.clone())));
        let events = vec![(at, event.clone()), (at, event)];
        prop_assert_eq!(decode_events(&encode_events(&events)), Some(events));
    }

    #[test]
    fn bytes_from_a_broken_disk_are_refused(bytes: Vec<u8>) {
        prop_assert_eq!(decode(&bytes), None);
    }
}

#[test]
fn what_is_on_disk_stays_readable() {
    let line = br#"{"call":"00000000000000ff","at_ns":5,"event":{"ended":{"by":"callee","cause":{"refused":486},"status":486}}}"#;
    let ending = Ending { by: Ender::Callee, cause: Cause::Refused(486), status: Some(486) };
    assert_eq!(decode(line), Some((CallId(255), Duration::from_nanos(5), CallEvent::Ended(ending))));
}

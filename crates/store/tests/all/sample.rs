//! Calls to store.

use std::net::SocketAddr;
use std::time::Duration;

use warden_call::call_event::{
    Answered, CallEvent, CallId, Cause, Destination, Ender, Ending, Joined, Measurement, Rule, Started,
};
use warden_call::directory::{Extension, Side};
use warden_store::FinishedCall;

/// The events of one call, each with its time.
pub(crate) type Events = Vec<(Duration, CallEvent)>;

pub(crate) fn extension(number: &str) -> Extension {
    Extension::parse(number.as_bytes()).expect("an extension")
}

/// A moment in 2026, this many seconds after another.
pub(crate) fn at_s(seconds: u64) -> Duration {
    Duration::from_secs(1_780_000_000 + seconds)
}

fn address(port: u16) -> SocketAddr {
    SocketAddr::from(([192, 0, 2, 1], port))
}

pub(crate) fn started(caller: &str, dialled: &str) -> CallEvent {
    CallEvent::Started(Box::new(Started {
        caller: extension(caller),
        caller_name: "Ada Lovelace".into(),
        dialled: dialled.into(),
        sip_call_id: "f81d4fae@client.example".into(),
        source: address(5060),
        user_agent: "Phone A/1.0".into(),
        revision: 3,
    }))
}

pub(crate) fn answered(callee: &str) -> CallEvent {
    CallEvent::Answered(Box::new(Answered {
        extension: extension(callee),
        name: "Charles Babbage".into(),
        source: address(5062),
        user_agent: "Phone B/2.0".into(),
    }))
}

pub(crate) fn ended() -> CallEvent {
    CallEvent::Ended(Ending { by: Ender::Callee, cause: Cause::HungUp, status: None })
}

pub(crate) fn measured() -> CallEvent {
    let leg = |packets| Measurement {
        codec: Some("PCMU".into()),
        packets,
        lost: 2,
        worst_jitter: Duration::from_micros(1500),
        round_trip: Some(Duration::from_millis(21)),
        mos: Some(4.375),
    };
    CallEvent::Measured(Box::new([leg(1500), leg(1498)]))
}

/// A call that rang for 2 s and was talked for 30 s.
pub(crate) fn talk(from: &str, to: &str, start: Duration) -> Events {
    let at = |seconds| start + Duration::from_secs(seconds);
    vec![
        (at(0), started(from, to)),
        (at(0), CallEvent::Routed { rule: Rule::NoPattern, destination: Destination::Extension(extension(to)) }),
        (at(1), CallEvent::Ringing { extension: extension(to) }),
        (at(3), answered(to)),
        (at(10), CallEvent::Held { by: Side::A }),
        (at(12), CallEvent::Resumed { by: Side::A }),
        (at(33), ended()),
        (at(33), measured()),
    ]
}

/// A call whose called party gives the caller to another after 20 s, who gives it back after 30 s.
pub(crate) fn transferred(from: &str, to: &str, then: &str, start: Duration) -> Events {
    let mut events = talk(from, to, start);
    let join = |number: &str, name: &str, from| {
        let (extension, name) = (extension(number), name.into());
        let party = Answered { extension, name, source: address(5064), user_agent: "Phone C/3.0".into() };
        CallEvent::Joined(Box::new(Joined { side: Side::B, party, from }))
    };
    let at = |seconds| start + Duration::from_secs(seconds);
    let joined =
        [(at(20), join(then, "Grace Hopper", Some(CallId(0xfeed)))), (at(30), join(to, "Charles Babbage", None))];
    events.splice(6..6, joined);
    events
}

/// A call that nobody answered; it had no media.
pub(crate) fn missed(from: &str, to: &str, start: Duration) -> Events {
    let end = Ending { by: Ender::System, cause: Cause::NoAnswer, status: Some(480) };
    vec![
        (start, started(from, to)),
        (start, CallEvent::Ringing { extension: extension(to) }),
        (start + Duration::from_secs(20), CallEvent::Ended(end)),
    ]
}

pub(crate) fn finished(call: u64, events: &Events) -> FinishedCall {
    FinishedCall::fold(CallId(call), events).expect("the call is over")
}

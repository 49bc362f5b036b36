//! What happened to a call, as a sentence for people, without full stop.

use std::fmt::Write;

use warden_call::call_event::{
    Answered, CallEvent, Destination, Joined, Measurement, RecordingEvent, Rule, Started, Transfer, TransferKind,
};
use warden_media::relay::Side;

/// What happened and why.
#[must_use]
pub fn explain(event: &CallEvent) -> String {
    match event {
        CallEvent::Started(started) => {
            let Started { caller, caller_name, dialled, source, user_agent, .. } = &**started;
            format!("{caller}{} dialled {dialled} from {source}{}", named(caller_name), with(user_agent))
        }
        CallEvent::Routed { rule, destination } => format!("{}: {}", by(rule), to(destination)),
        CallEvent::Ringing { extension } => format!("a phone of {extension} rings"),
        CallEvent::Declined { extension, status } => {
            format!("a phone of {extension} will not take the call: {status}")
        }
        CallEvent::Answered(answered) => {
            let Answered { extension, name, source, user_agent } = &**answered;
            format!("{extension}{} answered from {source}{}", named(name), with(user_agent))
        }
        CallEvent::Held { by } => format!("{} has put the other on hold", who(*by)),
        CallEvent::Resumed { by } => format!("{} has taken the other back", who(*by)),
        CallEvent::Silent { side, lasting, finding } => {
            format!("no audio comes from {} for {} s; {finding}", who(*side), lasting.as_secs())
        }
        CallEvent::WrongKey { side } => {
            format!("what {} sends cannot be decrypted: another key than was agreed on, or none", who(*side))
        }
        CallEvent::AudioBack { side } => format!("audio comes again from {}", who(*side)),
        CallEvent::Recording(RecordingEvent::Begun { file }) => format!("the call is recorded to {file}"),
        CallEvent::Recording(RecordingEvent::Paused) => "the recording is paused".to_owned(),
        CallEvent::Recording(RecordingEvent::Resumed) => "the recording goes on".to_owned(),
        CallEvent::Recording(RecordingEvent::Stopped) => "the recording is stopped".to_owned(),
        CallEvent::Recording(RecordingEvent::Failed { reason }) => format!("the call cannot be recorded: {reason}"),
        CallEvent::Transfer(transfer) => {
            let Transfer { referrer, to, kind, .. } = &**transfer;
            match kind {
                TransferKind::Blind => format!("{referrer} transfers the other party to {to}"),
                TransferKind::Attended(Some(call)) => {
                    format!("{referrer} transfers the other party to {to}, from call {call}")
                }
                TransferKind::Attended(None) => format!("{referrer} transfers the other party to a call that is gone"),
            }
        }
        CallEvent::TransferOver { status: 200 } => "the transfer is done".to_owned(),
        CallEvent::TransferOver { status } => format!("the transfer has failed: {status}"),
        CallEvent::Left { side } => format!("{} has hung up, and the call goes on", who(*side)),
        CallEvent::CalledBack { extension } => format!("{extension}, who has hung up meanwhile, is called back"),
        CallEvent::Joined(joined) => {
            let Joined { side, party: Answered { extension, name, source, user_agent }, from } = &**joined;
            let from = from.map_or_else(String::new, |call| format!(", from call {call}"));
            let place = who(*side);
            format!("{extension}{} at {source}{} takes the place of {place}{from}", named(name), with(user_agent))
        }
        CallEvent::Ended(ending) => match ending.status {
            Some(status) => format!("the call is over: {ending}; the caller was told {status}"),
            None => format!("the call is over: {ending}"),
        },
        CallEvent::Measured(legs) => {
            let [a, b] = &**legs;
            format!("from the caller came {}; from the called phone {}", heard(a), heard(b))
        }
    }
}

fn named(name: &str) -> String {
    if name.is_empty() { String::new() } else { format!(" ({name})") }
}

fn with(user_agent: &str) -> String {
    if user_agent.is_empty() { String::new() } else { format!(" with {user_agent}") }
}

fn by(rule: &Rule) -> String {
    match rule {
        Rule::Emergency => "it is an emergency number".to_owned(),
        Rule::Pattern { place, pattern } => format!("dialplan.patterns[{place}] {pattern} has the number"),
        Rule::NoPattern => "no pattern of the dialplan has the number".to_owned(),
    }
}

fn to(destination: &Destination) -> String {
    match destination {
        Destination::Extension(extension) => format!("the call goes to extension {extension}"),
        Destination::Rejected => "the call is refused".to_owned(),
        Destination::NotBuilt => "what it is for is not built yet".to_owned(),
        Destination::Unknown => "nobody has it".to_owned(),
        Destination::EmergencyServices => "the call goes to the emergency services".to_owned(),
    }
}

fn who(side: Side) -> &'static str {
    match side {
        Side::A => "the caller",
        Side::B => "the called phone",
    }
}

/// `1500 packets of PCMU, 3 lost, jitter 2.1 ms, MOS 4.3`.
fn heard(leg: &Measurement) -> String {
    let Measurement { codec, packets, lost, worst_jitter, round_trip, mos } = leg;
    let Some(codec) = codec else { return "nothing".to_owned() };
    let jitter_ms = worst_jitter.as_secs_f64() * 1000.0;
    let mut text = format!("{packets} packets of {codec}, {lost} lost, jitter at most {jitter_ms:.1} ms");
    // Writing to a text cannot fail.
    if let Some(time) = round_trip {
        let _written = write!(text, ", round trip {:.1} ms", time.as_secs_f64() * 1000.0);
    }
    if let Some(mos) = mos {
        let _written = write!(text, ", MOS {mos:.1}");
    }
    text
}

//! What happens to a call, as lines in the log: who called whom, who answered and how it ended; the rest for debugging.

use tracing::{debug, error, info, warn};
use warden_call::call_event::{
    Answered, CallEvent, CallId, Cause, Destination, Ending, Measurement, RecordingEvent, Rule, Started, Transfer,
    TransferKind,
};
use warden_media::relay::Side;

use crate::private::Private;

/// Writes what happened to `call`. That an emergency call went nowhere is an error: somebody must act.
pub(super) fn log(call: CallId, event: &CallEvent) {
    match event {
        CallEvent::Started(started) => log_start(call, started),
        CallEvent::Routed { rule, destination } => log_route(call, rule, destination),
        CallEvent::Ringing { extension } => {
            debug!(target: "CALL", %call, extension = %Private(extension), "ringing");
        }
        CallEvent::Declined { extension, status } => {
            debug!(target: "CALL", %call, extension = %Private(extension), status, "phone will not take the call");
        }
        CallEvent::Answered(answered) => log_answer(call, answered),
        CallEvent::Held { by } => debug!(target: "CALL", %call, by = leg(*by), "put on hold"),
        CallEvent::Resumed { by } => debug!(target: "CALL", %call, by = leg(*by), "taken back from hold"),
        CallEvent::Silent { side, lasting, finding } => {
            let (from, silent_s, finding) = (leg(*side), lasting.as_secs(), Private(finding));
            warn!(target: "CALL", %call, from, silent_s, %finding, "no audio comes");
        }
        CallEvent::WrongKey { side } => warn!(
            target: "CALL",
            %call,
            from = leg(*side),
            "encrypted audio cannot be opened: another key than was agreed on, or none"
        ),
        CallEvent::AudioBack { side } => info!(target: "CALL", %call, from = leg(*side), "audio comes again"),
        CallEvent::Recording(event) => log_recording(call, event),
        CallEvent::Transfer(asked) => log_transfer(call, asked),
        CallEvent::TransferOver { status } => info!(target: "CALL", %call, status, "transfer over"),
        CallEvent::Left { side } => debug!(target: "CALL", %call, leg = leg(*side), "left before the transfer is made"),
        CallEvent::CalledBack { extension } => {
            info!(target: "CALL", %call, extension = %Private(extension), "call goes back to who transferred it");
        }
        CallEvent::Joined(joined) => {
            let (by, from) = (Private(&joined.party.extension), joined.from.map(|from| from.to_string()));
            info!(target: "CALL", %call, in_place_of = leg(joined.side), %by, from, "call taken over");
        }
        CallEvent::Ended(ending) => log_end(call, *ending),
        CallEvent::Measured(legs) => {
            let [a, b] = legs.as_ref();
            log_measurement(call, Side::A, a);
            log_measurement(call, Side::B, b);
        }
    }
}

fn log_recording(call: CallId, event: &RecordingEvent) {
    match event {
        RecordingEvent::Begun { file } => info!(target: "CALL", %call, file, "recording begins"),
        RecordingEvent::Paused => info!(target: "CALL", %call, "recording paused"),
        RecordingEvent::Resumed => info!(target: "CALL", %call, "recording goes on"),
        RecordingEvent::Stopped => info!(target: "CALL", %call, "recording stopped"),
        RecordingEvent::Failed { reason } => error!(target: "CALL", %call, reason, "the call cannot be recorded"),
    }
}

fn log_start(call: CallId, started: &Started) {
    let Started { caller, caller_name, dialled, sip_call_id, source, user_agent, revision } = started;
    let (from, to) = (Private(caller), Private(dialled));
    info!(target: "CALL", %call, %from, %to, "call started");
    let (name, source, sip_call_id) = (Private(caller_name), Private(source), Private(sip_call_id));
    debug!(target: "CALL", %call, %name, %source, %sip_call_id, %user_agent, revision, "the caller's phone");
}

fn log_route(call: CallId, rule: &Rule, destination: &Destination) {
    let rule = match rule {
        Rule::Emergency => "emergency number".to_owned(),
        Rule::Pattern { place, pattern } => format!("dialplan.patterns[{place}] {pattern}"),
        Rule::NoPattern => "no pattern".to_owned(),
    };
    let destination = match destination {
        Destination::Extension(extension) => format!("extension {extension}"),
        Destination::Rejected => "refused".to_owned(),
        Destination::NotBuilt => "not built yet".to_owned(),
        Destination::Unknown => "nobody has the number".to_owned(),
        Destination::EmergencyServices => "emergency services".to_owned(),
    };
    debug!(target: "CALL", %call, %rule, destination = %Private(destination), "call routed");
}

fn log_answer(call: CallId, answered: &Answered) {
    let Answered { extension, name, source, user_agent } = answered;
    info!(target: "CALL", %call, by = %Private(extension), "call answered");
    let (name, source) = (Private(name), Private(source));
    debug!(target: "CALL", %call, %name, %source, %user_agent, "the answering phone");
}

fn log_transfer(call: CallId, asked: &Transfer) {
    let Transfer { by, referrer, to, kind } = asked;
    let with = match kind {
        TransferKind::Blind => None,
        TransferKind::Attended(other) => other.map(|other| other.to_string()),
    };
    let (referrer, to) = (Private(referrer), Private(to));
    info!(target: "CALL", %call, by = leg(*by), %referrer, %to, with, "transfer asked for");
}

fn log_end(call: CallId, ending: Ending) {
    let Ending { by: _, cause, status } = ending;
    match cause {
        Cause::NoEmergencyTrunk => error!(target: "CALL", %call, why = %ending, status, "emergency call failed"),
        Cause::NoPorts => warn!(target: "CALL", %call, why = %ending, status, "call ended"),
        Cause::HungUp
        | Cause::GaveUp
        | Cause::Busy
        | Cause::Declined
        | Cause::NoAnswer
        | Cause::UnknownNumber
        | Cause::Rejected
        | Cause::NotBuilt
        | Cause::NotRegistered
        | Cause::NoCommonCodec
        | Cause::BadAnswer
        | Cause::NotAcknowledged
        | Cause::Unreachable
        | Cause::Dead
        | Cause::NotRefreshed
        | Cause::Refused(_)
        | Cause::JoinedTo(_)
        | Cause::Stopped
        | Cause::Restarted => info!(target: "CALL", %call, why = %ending, status, "call ended"),
    }
}

fn log_measurement(call: CallId, side: Side, heard: &Measurement) {
    let Measurement { codec, packets, lost, worst_jitter, round_trip, mos } = heard;
    let (codec, jitter_ms) = (codec.as_deref(), worst_jitter.as_secs_f64() * 1000.0);
    let round_trip_ms = round_trip.map(|time| time.as_secs_f64() * 1000.0);
    debug!(
        target: "CALL", %call, from = leg(side), codec, packets, lost, jitter_ms, round_trip_ms, mos = *mos, "how it sounded"
    );
}

fn leg(side: Side) -> &'static str {
    match side {
        Side::A => "caller",
        Side::B => "callee",
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;
    use warden_call::call_event::{Clue, Finding};

    use warden_call::Event;
    use warden_call::call_event::Ender;
    use warden_call::directory::Extension;

    use super::*;
    use crate::report::tests::lines;

    fn told(events: impl IntoIterator<Item = CallEvent>) -> Vec<String> {
        let events: Vec<_> = events.into_iter().map(|event| Event::Call { call: CallId(0xc1), event }).collect();
        lines(&events)
    }

    fn ended(cause: Cause, status: Option<u16>) -> CallEvent {
        CallEvent::Ended(Ending { by: Ender::Caller, cause, status })
    }

    #[test]
    fn a_call_is_three_lines_and_the_rest_is_for_debugging() {
        let extension = |number: &str| Extension::parse(number.as_bytes()).unwrap();
        let started = Started {
            caller: extension("1001"),
            caller_name: "Jane".into(),
            dialled: "1002".into(),
            sip_call_id: "a@b".into(),
            source: "192.0.2.1:5060".parse().unwrap(),
            user_agent: "phone".into(),
            revision: 1,
        };
        let (name, user_agent) = ("John".into(), "phone".into());
        let answered = Answered { extension: extension("1002"), name, source: started.source, user_agent };
        let rule = Rule::Pattern { place: 1, pattern: "^1".into() };
        let lines = told([
            CallEvent::Started(Box::new(started)),
            CallEvent::Routed { rule, destination: Destination::Extension(extension("1002")) },
            CallEvent::Ringing { extension: extension("1002") },
            CallEvent::Answered(Box::new(answered)),
            CallEvent::Held { by: Side::A },
            CallEvent::Resumed { by: Side::A },
            ended(Cause::HungUp, None),
            CallEvent::Measured(Box::default()),
        ]);
        let (debugging, info): (Vec<_>, Vec<_>) = lines.into_iter().partition(|line| line.starts_with("DEBUG CALL: "));
        let expected = [
            "INFO CALL: call started call=00000000000000c1 from=1001 to=1002",
            "INFO CALL: call answered call=00000000000000c1 by=1002",
            "INFO CALL: call ended call=00000000000000c1 why=hung up by the caller",
        ];
        assert_eq!(info, expected);
        assert_eq!(debugging.len(), 8, "{debugging:#?}");
        assert!(debugging.iter().all(|line| line.contains("call=00000000000000c1")), "{debugging:#?}");
    }

    #[test]
    fn an_emergency_call_that_goes_nowhere_is_an_error_and_silence_a_warning() {
        let expected = "ERROR CALL: emergency call failed call=00000000000000c1 why=emergency call failed: there is no \
                        trunk to the emergency services status=503";
        assert_eq!(told([ended(Cause::NoEmergencyTrunk, Some(503))]), [expected]);
        let clue = Clue::Elsewhere { from: "203.0.113.9:5000".parse().unwrap(), packets: 150 };
        let finding = Box::new(Finding { promised: "192.0.2.1:4000".parse().ok(), clue });
        let expected = "WARN CALL: no audio comes call=00000000000000c1 from=\"callee\" silent_s=5 finding=expected from \
                        192.0.2.1:4000; 150 packets came from 203.0.113.9:5000 instead, which is not believed to be the phone";
        assert_eq!(told([CallEvent::Silent { side: Side::B, lasting: Duration::from_secs(5), finding }]), [expected]);
    }
}

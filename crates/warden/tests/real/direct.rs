//! Real phones call each other without a server: proof that they and their tones can be relied on.

use crate::support::{Baresip, Faults, Line, Linphone, Options, Sipp, free_port};

#[test]
fn two_phones_hear_each_other_until_one_hangs_up() {
    let mut alice = Baresip::start_with(&Options::direct("1001", 440));
    let mut bob = Baresip::start_with(&Options::direct("1002", 1000));
    alice.dial(&bob.uri());
    assert!(bob.rings().expect("it rings").contains("1001"));
    assert!(alice.hears_ringing());
    bob.answer();
    assert!(alice.is_in_call() && bob.is_in_call());
    assert!(alice.hears_only(1000));
    assert!(bob.hears_only(440));

    alice.hold();
    assert!(bob.hears_silence() && alice.hears_silence());
    alice.resume();
    assert!(alice.hears_only(1000));
    assert!(bob.hears_only(440));

    bob.hang_up();
    assert!(alice.call_ended().is_some() && bob.call_ended().is_some());
    assert!(alice.hears_silence() && bob.hears_silence());
}

#[test]
fn a_refused_call_and_a_cancelled_one_are_told_to_the_other() {
    let mut alice = Baresip::start_with(&Options::direct("1001", 440));
    let mut bob = Baresip::start_with(&Options::direct("1002", 1000));
    alice.dial(&bob.uri());
    bob.rings().expect("it rings");
    bob.hang_up();
    let reason = alice.call_ended().expect("the caller is told");
    assert!(reason.starts_with("486"), "{reason}");

    alice.dial(&bob.uri());
    bob.rings().expect("it rings again");
    alice.hang_up();
    bob.call_ended().expect("the cancelled call ends");
}

#[test]
fn linphone_calls_baresip_and_holds_the_call() {
    let mut alice = Linphone::start("1001", 440);
    let mut bob = Baresip::start_with(&Options { auto_answer: true, ..Options::direct("1002", 1000) });
    alice.dial(&bob.uri());
    assert!(alice.is_in_call() && bob.is_in_call());
    assert!(alice.hears_only(1000));
    assert!(bob.hears_only(440));

    alice.hold();
    assert!(alice.hears_silence());
    alice.resume();
    assert!(alice.is_in_call());
    assert!(alice.hears_only(1000));
    assert!(bob.hears_only(440));

    alice.hang_up();
    assert!(bob.call_ended().is_some() && alice.call_ended().is_some());
    assert!(bob.hears_silence());
}

#[test]
fn baresip_calls_linphone() {
    let mut alice = Baresip::start_with(&Options::direct("1001", 440));
    let mut bob = Linphone::start("1002", 1000);
    alice.dial(&bob.uri());
    assert!(bob.rings().expect("it rings").contains("1001"));
    bob.answer();
    assert!(alice.is_in_call() && bob.is_in_call());
    assert!(alice.hears_only(1000));
    assert!(bob.hears_only(440));
    alice.hang_up();
    assert!(bob.call_ended().is_some());
}

#[test]
fn baresip_hears_itself_when_sipp_echoes_its_voice() {
    let mut alice = Baresip::start_with(&Options::direct("1001", 440));
    let port = free_port();
    let mut bob = Sipp::answers("answer", port, 1);
    alice.dial(&format!("sip:1002@127.0.0.1:{port}"));
    assert!(alice.hears_ringing() && alice.is_in_call());
    assert!(alice.hears_only(440));
    alice.hang_up();
    assert!(bob.ends_well());
}

#[test]
fn sipp_is_busy_or_rings_until_the_caller_gives_up() {
    let mut alice = Baresip::start_with(&Options::direct("1001", 440));
    let ports = [free_port(), free_port()];
    let mut busy = Sipp::answers("busy", ports[0], 1);
    let mut ringing = Sipp::answers("ring", ports[1], 1);
    alice.dial(&format!("sip:1002@127.0.0.1:{}", ports[0]));
    let reason = alice.call_ended().expect("the caller is told");
    assert!(reason.starts_with("486"), "{reason}");
    alice.dial(&format!("sip:1002@127.0.0.1:{}", ports[1]));
    assert!(alice.hears_ringing());
    alice.hang_up();
    assert!(busy.ends_well() && ringing.ends_well());
}

#[test]
fn a_call_over_a_bad_line_is_heard() {
    let mut alice = Baresip::start_with(&Options::direct("1001", 440));
    let mut bob = Baresip::start_with(&Options { auto_answer: true, ..Options::direct("1002", 1000) });
    let line = Line::start(bob.sip_port(), Faults { loss_percent: 5, jitter_ms: 30, seed: 7 });
    alice.dial(&format!("sip:1002@127.0.0.1:{}", line.port()));
    assert!(alice.is_in_call() && bob.is_in_call());
    assert!(alice.hears_only(1000));
    assert!(bob.hears_only(440));
    let ports = [bob.hears_from(), alice.hears_from()].map(|port| port.expect("there was sound"));
    assert!(line.sound_ports() == ports, "{ports:?}");
    alice.hang_up();
    assert!(alice.call_ended().is_some() && bob.call_ended().is_some());
}

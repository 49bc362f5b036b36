//! Several phones that are called at once: one gets the call, the others are cancelled or hung up on.

use crate::support::{PASSWORD, Sipp, free_port, phone, poll, register_sipp, server, sipp_fields};

#[test]
fn of_two_phones_that_ring_one_answers_and_the_other_is_cancelled() {
    let server = server();
    let [rings, answers] = [(); 2].map(|()| register_sipp(&server, "1002", PASSWORD));
    assert_eq!(server.registrations().len(), 2);
    let lines = vec![sipp_fields("1001", PASSWORD, "1002"); 5];
    let (mut ringing, mut answering) = (Sipp::answers("ring", rings, 5), Sipp::answers("answer", answers, 5));
    let mut callers = Sipp::calls("call", free_port(), server.sip_port(), &lines, 5);
    assert!(callers.ends_well() && answering.ends_well() && ringing.ends_well());
}

#[test]
fn of_two_phones_that_answer_at_once_one_is_hung_up_on() {
    let server = server();
    let mut alice = phone(&server, "1001", 440);
    let ports = [(); 2].map(|()| register_sipp(&server, "1002", PASSWORD));
    let mut phones = ports.map(|port| Sipp::answers("answer_at_once", port, 1));
    alice.dial("1002");
    assert!(alice.is_in_call());
    let mut ended = || [0, 1].map(|phone| phones[phone].has_ended());
    poll(10, || ended().contains(&true).then_some(())).expect("one of them is hung up on");
    assert!(alice.hears_only(440), "the other is an echo");
    assert!(ended().contains(&false));
    alice.hang_up();
    for phone in &mut phones {
        assert!(phone.ends_well());
    }
}

#[test]
fn of_two_phones_behind_a_proxy_that_both_answer_the_second_is_acknowledged_and_hung_up_on() {
    let server = server();
    let mut alice = phone(&server, "1001", 440);
    let mut proxy = Sipp::answers("forked", register_sipp(&server, "1002", PASSWORD), 1);
    alice.dial("1002");
    assert!(alice.is_in_call());
    assert!(alice.hears_only(440), "the first is an echo");
    alice.hang_up();
    assert!(proxy.ends_well());
}

//! Phones that want to have confirmed what is said before the answer (RFC 3262).

use crate::support::{PASSWORD, Sipp, free_port, register_sipp, server, server_trusting, sipp_fields};

#[test]
fn each_leg_confirms_what_its_phone_sends_and_gets_confirmed_what_it_is_sent() {
    let mut server = server();
    let at = register_sipp(&server, "1002", PASSWORD);
    let lines = vec![sipp_fields("1001", PASSWORD, "1002"); 5];
    let mut callee = Sipp::answers("confirm_answer", at, lines.len());
    let mut callers = Sipp::calls("confirm_call", free_port(), server.sip_port(), &lines, 5);
    assert!(callers.ends_well() && callee.ends_well());
    assert!(!server.output().contains("panicked"));
    assert_eq!(server.stop().code(), Some(0));
}

#[test]
fn a_phone_that_confirms_calls_one_that_does_not_want_it_and_the_other_way_round() {
    let server = server();
    let at = register_sipp(&server, "1002", PASSWORD);
    let lines = vec![sipp_fields("1001", PASSWORD, "1002"); 2];
    let mut callee = Sipp::answers("confirm_answer", at, lines.len());
    let mut callers = Sipp::calls("call", free_port(), server.sip_port(), &lines, 5);
    assert!(callers.ends_well() && callee.ends_well());
}

#[test]
fn a_phone_that_can_confirm_gets_early_sound_so_and_plain_ringing_without() {
    let server = server_trusting("1001");
    let mut bob = Sipp::answers("confirm_answer", register_sipp(&server, "1002", PASSWORD), 1);
    let line = sipp_fields("1001", PASSWORD, "1002");
    let mut alice = Sipp::calls("confirm_offered", free_port(), server.sip_port(), &[line], 5);
    assert!(alice.ends_well() && bob.ends_well());
}

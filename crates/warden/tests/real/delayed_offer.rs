//! Phones that leave the offer to the other side, and answer it in the ACK (RFC 3264 §4, RFC 3261 §13.2.1).

use crate::support::{PASSWORD, Sipp, free_port, phone, register_sipp, server, server_trusting, sipp_fields};

#[test]
fn a_phone_that_calls_without_an_offer_is_heard_and_hears() {
    let server = server_trusting("1001");
    let mut bob = phone(&server, "1002", 1000);
    let line = sipp_fields("1001", PASSWORD, "1002");
    let mut echo = Sipp::calls("offerless_call", free_port(), server.sip_port(), &[line], 10);
    bob.rings().expect("it rings");
    bob.answer();
    assert!(bob.is_in_call());
    assert!(bob.hears_only(1000));
    bob.hang_up();
    assert!(echo.ends_well());
}

#[test]
fn a_phone_that_asks_for_an_offer_within_the_call_is_heard_where_its_answer_says() {
    let server = server();
    let mut alice = phone(&server, "1001", 440);
    let mut echo = Sipp::answers("offerless_change", register_sipp(&server, "1002", PASSWORD), 1);
    alice.dial("1002");
    assert!(alice.is_in_call());
    assert!(alice.hears_only(440));
    alice.hang_up();
    assert!(echo.ends_well());
}

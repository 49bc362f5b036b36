//! A phone takes a call from another phone of its extension, which it has found among the calls of its own (RFC 3891).

use crate::support::{PASSWORD, Sipp, Warden, connect, free_port, phone, server_trusting, sipp_fields};

fn picks_up(server: &Warden) -> Sipp {
    Sipp::calls("pickup", free_port(), server.sip_port(), &[sipp_fields("1002", PASSWORD, "")], 10)
}

#[test]
fn a_call_is_picked_up_while_it_rings_elsewhere() {
    let server = server_trusting("1002");
    let (mut alice, mut bob) = (phone(&server, "1001", 440), phone(&server, "1002", 1000));
    alice.dial("1002");
    bob.rings().expect("it rings");
    let mut other = picks_up(&server);
    assert!(alice.is_in_call() && bob.call_ended().is_some());
    assert!(alice.hears_only(440), "the other phone is an echo");
    alice.hang_up();
    assert!(other.ends_well());
}

#[test]
fn a_call_that_was_answered_moves_to_another_phone() {
    let server = server_trusting("1002");
    let (mut alice, mut bob) = (phone(&server, "1001", 440), phone(&server, "1002", 1000));
    connect(&mut alice, &mut bob, "1002");
    assert!(alice.hears_only(1000));
    let mut other = picks_up(&server);
    assert!(bob.call_ended().is_some());
    assert!(alice.hears_only(440), "the other phone is an echo");
    alice.hang_up();
    assert!(other.ends_well());
}

//! Session timers (RFC 4028) as phones see them.

use crate::support::{PASSWORD, Sipp, Warden, free_port, poll, register_sipp, server, server_trusting, sipp_fields};

fn calls(server: &Warden, scenario: &str, number: &str) -> Sipp {
    Sipp::calls(scenario, free_port(), server.sip_port(), &[sipp_fields("1001", PASSWORD, number)], 10)
}

#[test]
fn too_short_a_session_is_refused_and_the_shortest_is_refreshed_in_both_ways() {
    let server = server_trusting("1001");
    let mut bob = Sipp::answers("answer", register_sipp(&server, "1002", PASSWORD), 1);
    let mut alice = calls(&server, "session_terms", "1002");
    assert!(alice.ends_well() && bob.ends_well());
}

#[test]
fn a_phone_that_demands_a_longer_session_gets_it() {
    let server = server();
    let mut bob = Sipp::answers("session_demand", register_sipp(&server, "1002", PASSWORD), 1);
    let mut alice = calls(&server, "call", "1002");
    assert!(alice.ends_well() && bob.ends_well());
}

/// A minute long, since RFC 4028 §5 allows no session to be shorter than 90 seconds: it is refreshed after 45, or ends
/// after 60. All calls last at the same time.
#[test]
fn a_session_is_refreshed_by_whose_turn_it_is_or_ends() {
    let server = server_trusting("1001");
    let [held, by_invite] = ["1002", "1003"].map(|number| register_sipp(&server, number, PASSWORD));
    let mut callees = [Sipp::answers("answer_held", held, 2), Sipp::answers("session_by_invite", by_invite, 1)];
    let mut by_update = calls(&server, "session_by_update", "1002");
    let mut refreshed = calls(&server, "session_refreshed", "1003");
    let mut forgotten = calls(&server, "session_forgotten", "1002");
    assert!(by_update.ends_well() && forgotten.ends_well() && refreshed.ends_well());
    for callee in &mut callees {
        assert!(callee.ends_well());
    }
    let records = poll(10, || Some(server.records()).filter(|records| records.len() == 3)).expect("three records");
    let mut causes: Vec<_> = records.iter().map(|record| record["cause"].as_str().unwrap()).collect();
    causes.sort_unstable();
    assert_eq!(causes, ["hung_up", "hung_up", "not_refreshed"]);
}

//! Phones in a browser: their Contact names a host that does not exist, so the connection is the only way to them.

mod support;

use support::{A_WHILE_S, assert_all_over, assert_ended, assert_states, assert_talking};
use warden_call::call_event::{Cause, Ender};
use warden_sim::{PhoneId, PhoneState, World};
use warden_sip::header::Transport;

/// 1001 is a browser, 1002 a desk phone.
fn browser_and_phone(transport: Transport) -> (World, [PhoneId; 2]) {
    let mut world = World::with_seed(1);
    let phones = world.phones(["1001", "1002"]);
    let [browser, phone] = phones;
    world.connect_by(browser, transport).register(browser, 3600).register(phone, 3600).run_for_s(1);
    (world, phones)
}

#[test]
fn a_browser_is_called_and_calls_is_held_and_hung_up_on() {
    for transport in [Transport::Ws, Transport::Wss] {
        for browser_calls in [true, false] {
            for caller_ends in [true, false] {
                let (mut world, [browser, phone]) = browser_and_phone(transport);
                let [caller, called] = if browser_calls { [browser, phone] } else { [phone, browser] };
                let number = if browser_calls { "1002" } else { "1001" };
                world.dial(caller, number).run_for_s(1).answer(called).run_for_s(1);
                assert_talking(&world, [caller, called]);
                for holder in [caller, called] {
                    world.hold(holder).run_for_s(A_WHILE_S);
                    assert!(world.phone(holder).is_on_hold(), "{}", world.ladder());
                    world.resume(holder).run_for_s(A_WHILE_S);
                }
                let ender = if caller_ends { caller } else { called };
                world.hang_up(ender).run_for_s(A_WHILE_S);
                let who = if caller_ends { Ender::Caller } else { Ender::Callee };
                assert_ended(&mut world, [caller, called], who, Cause::HungUp);
            }
        }
    }
}

#[test]
fn a_browser_stops_ringing_when_the_caller_gives_up() {
    let (mut world, [browser, phone]) = browser_and_phone(Transport::Wss);
    world.dial(phone, "1001").run_for_s(1);
    assert_eq!(world.phone(browser).state(), PhoneState::Ringing);
    world.hang_up(phone).run_for_s(1);
    assert_states(&world, [browser, phone], [PhoneState::Idle; 2]);
    assert_all_over(&mut world);
}

#[test]
fn a_browser_whose_connection_has_ended_is_not_looked_for() {
    let (mut world, [browser, phone]) = browser_and_phone(Transport::Wss);
    world.disconnect(browser).run_for_s(1).dial(phone, "1001").run_for_s(1);
    assert_eq!(world.phone(browser).state(), PhoneState::Idle);
    assert_eq!(world.phone(phone).failure().map(|status| status.code()), Some(480), "{}", world.ladder());
}

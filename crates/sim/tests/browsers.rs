//! Phones in a browser: their Contact names a host that does not exist, so the connection is the only way to them.

mod support;

use support::{A_WHILE_S, assert_all_over, assert_ended, assert_states, assert_talking};
use warden_call::call_event::{Cause, Ender};
use warden_sim::{PhoneId, PhoneState, World};
use warden_sip::header::Transport;

/// 1001 and 1002; those of them that have a transport here are browsers.
fn phones(browsers: [Option<Transport>; 2]) -> (World, [PhoneId; 2]) {
    let mut world = World::with_seed(1);
    let phones = world.phones(["1001", "1002"]);
    for (phone, transport) in phones.into_iter().zip(browsers) {
        if let Some(transport) = transport {
            world.connect_by(phone, transport);
        }
        world.register(phone, 3600);
    }
    world.run_for_s(1);
    (world, phones)
}

#[test]
fn a_browser_calls_and_is_called_is_held_and_hung_up_on() {
    let (ws, wss) = (Some(Transport::Ws), Some(Transport::Wss));
    for browsers in [[ws, None], [None, wss], [wss, wss]] {
        for caller_ends in [true, false] {
            let (mut world, phones) = phones(browsers);
            let [alice, bob] = phones;
            world.dial(alice, "1002").run_for_s(1).answer(bob).run_for_s(1);
            assert_talking(&world, phones);
            for holder in phones {
                world.hold(holder).run_for_s(A_WHILE_S);
                assert!(world.phone(holder).is_on_hold(), "{}", world.ladder());
                world.resume(holder).run_for_s(A_WHILE_S);
            }
            let (ender, who) = if caller_ends { (alice, Ender::Caller) } else { (bob, Ender::Callee) };
            world.hang_up(ender).run_for_s(A_WHILE_S);
            assert_ended(&mut world, phones, who, Cause::HungUp);
        }
    }
}

#[test]
fn a_browser_stops_ringing_when_the_caller_gives_up() {
    let (mut world, [phone, browser]) = phones([None, Some(Transport::Wss)]);
    world.dial(phone, "1002").run_for_s(1);
    assert_eq!(world.phone(browser).state(), PhoneState::Ringing);
    world.hang_up(phone).run_for_s(1);
    assert_states(&world, [browser, phone], [PhoneState::Idle; 2]);
    assert_all_over(&mut world);
}

#[test]
fn a_browser_whose_connection_has_ended_is_not_looked_for() {
    let (mut world, [phone, browser]) = phones([None, Some(Transport::Wss)]);
    world.disconnect(browser).run_for_s(1).dial(phone, "1002").run_for_s(1);
    assert_eq!(world.phone(browser).state(), PhoneState::Idle);
    assert_eq!(world.phone(phone).failure().map(warden_sip::status::Status::code), Some(480), "{}", world.ladder());
}

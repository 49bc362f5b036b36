//! Calls that phones pick up by themselves: for whom the configuration lets, and for nobody else.

#![expect(clippy::expect_used, reason = "a mistake in the test")]

mod support;

use support::{assert_all_over, assert_states, header_values, registered};
use warden_call::directory::Extension;
use warden_sim::{Dial, PhoneId, PhoneState, World};

/// What phones obey.
const HEADERS: [&str; 5] = ["Call-Info", "Alert-Info", "Answer-Mode", "P-Auto-Answer", "Priv-Answer-Mode"];

/// The values of these in the INVITEs to a phone.
fn asked(world: &World, phone: PhoneId) -> Vec<String> {
    let invites: Vec<_> = world.sent_to(phone).into_iter().filter(|text| text.starts_with("INVITE ")).collect();
    assert!(!invites.is_empty(), "{}", world.ladder());
    HEADERS.into_iter().flat_map(|name| header_values(&invites, name)).collect()
}

/// 1001 may make the phones of 1002 pick up.
fn intercom(world: &mut World) {
    let [alice, bob] = ["1001", "1002"].map(|number| Extension::parse(number.as_bytes()).expect("an extension"));
    world.configure(|directory| drop(directory.auto_answer.insert(bob, vec![alice])));
}

fn wish(world: &mut World, phone: PhoneId) {
    world.add_header(phone, "Call-Info", "<sip:203.0.113.1>;answer-after=0");
}

const ASKED: [&str; 4] =
    ["<sip:203.0.113.1>;answer-after=0", "<sip:203.0.113.1>;info=alert-autoanswer;delay=0", "Auto", "normal"];

#[test]
fn a_caller_who_may_makes_a_phone_pick_up_whatever_its_brand() {
    let mut world = World::with_seed(1);
    intercom(&mut world);
    let [alice, bob] = world.phones(["1001", "1002"]);
    world.register(alice, 3600).register(bob, 3600).run_for_s(1);
    wish(&mut world, alice);
    world.dial(alice, "1002").run_for_s(1);
    assert_eq!(asked(&world, bob), ASKED);
}

#[test]
fn a_phone_of_poly_gets_the_word_that_it_is_configured_to() {
    let mut world = World::with_seed(1);
    intercom(&mut world);
    let [alice, bob] = world.phones(["1001", "1002"]);
    world.set_user_agent(bob, "PolyEdge-E450-UA/8.1");
    world.register(alice, 3600).register(bob, 3600).run_for_s(1);
    wish(&mut world, alice);
    world.dial(alice, "1002").run_for_s(1);
    assert_eq!(asked(&world, bob)[1], "Auto-Answer");
}

#[test]
fn no_caller_makes_another_phone_pick_up_who_is_not_allowed_to() {
    let mut world = World::with_seed(1);
    let [alice, bob] = registered(&mut world, ["1001", "1002"]);
    for name in HEADERS {
        let value = match name {
            "Call-Info" => "<sip:203.0.113.1>;answer-after=0",
            "Alert-Info" => "<http://x>;info=alert-autoanswer;delay=0",
            "P-Auto-Answer" => "normal",
            _ => "Auto",
        };
        world.add_header(alice, name, value);
    }
    world.dial(alice, "1002").run_for_s(1);
    assert_states(&world, [bob], [PhoneState::Ringing]);
    assert_eq!(asked(&world, bob), [""; 0]);
    world.hang_up(alice);
    assert_all_over(&mut world);
}

#[test]
fn a_phone_rings_for_who_may_but_does_not_ask_or_is_not_shown() {
    let mut world = World::with_seed(1);
    intercom(&mut world);
    let [alice, bob] = registered(&mut world, ["1001", "1002"]);
    world.dial(alice, "1002").run_for_s(1).hang_up(alice).run_for_s(1);
    wish(&mut world, alice);
    world.dial_as(alice, "1002", &Dial { privacy: Some("id".into()), ..Dial::default() }).run_for_s(1);
    assert_eq!(asked(&world, bob), [""; 0]);
}

#[test]
fn a_phone_that_a_call_is_sent_on_or_transferred_to_rings() {
    let mut world = World::with_seed(1);
    intercom(&mut world);
    let [alice, bob, carol] = registered(&mut world, ["1001", "1002", "1003"]);
    wish(&mut world, alice);
    world.dial(alice, "1003").run_for_s(1).redirect(carol, "sip:1002@203.0.113.1").run_for_s(1);
    assert_eq!(asked(&world, bob), [""; 0], "sent on by 1003");
    world.hang_up(alice).run_for_s(1).dial(alice, "1003").run_for_s(1).answer(carol).run_for_s(1);
    world.transfer(carol, "1002").run_for_s(1);
    assert_eq!(asked(&world, bob), [""; 0], "transferred by 1003");
}

#[test]
fn the_phones_that_ring_later_are_asked_too() {
    let mut world = World::with_seed(1);
    intercom(&mut world);
    let [alice, bob, second] = world.phones(["1001", "1002", "1002"]);
    for phone in [alice, bob] {
        world.register(phone, 3600);
    }
    world.describe(second, ";q=0.5", "").register(second, 3600).run_for_s(1);
    wish(&mut world, alice);
    world.dial(alice, "1002").run_for_s(20);
    assert_eq!([asked(&world, bob), asked(&world, second)], [ASKED, ASKED], "both are phones of 1002");
}

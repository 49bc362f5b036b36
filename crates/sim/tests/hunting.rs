//! Which of an extension's phones ring, in which order, and by which way.

mod support;

use std::time::Duration;

use support::{A_WHILE_S, assert_all_over, assert_states, assert_talking, header_values, registered, requests};
use warden_sim::{PhoneId, PhoneState, Reliability, World};
use warden_sip::status::Status;

const URN: &str = ";+sip.instance=\"<urn:uuid:00000000-0000-1000-8000-000a95a0e128>\"";

/// 1001, and phones of 1002 that register with these parameters of their Contacts.
fn with_phones<const N: usize>(world: &mut World, parameters: [&str; N]) -> (PhoneId, [PhoneId; N]) {
    let [alice] = world.phones(["1001"]);
    let phones = world.phones(["1002"; N]);
    for (phone, parameters) in phones.into_iter().zip(parameters) {
        world.describe(phone, parameters, "outbound, path, gruu").register(phone, 3600).run_for_s(1);
        assert!(world.phone(phone).registered_for().is_some(), "{}", world.ladder());
    }
    (alice, phones)
}

/// How often a phone was called.
fn calls_to(world: &World, phone: PhoneId) -> usize {
    world.sent_to(phone).iter().filter(|text| text.starts_with("INVITE ")).count()
}

#[test]
fn phones_with_a_higher_q_ring_first_and_ring_on_when_the_others_begin() {
    use PhoneState::{Idle, Ringing};
    let mut world = World::with_seed(1);
    let (alice, phones) = with_phones(&mut world, [";q=0.5", "", ";q=0.5", ";q=0.1"]);
    world.dial(alice, "1002").run_for_s(14);
    assert_states(&world, phones, [Idle, Ringing, Idle, Idle]);
    world.run_for_s(2);
    assert_states(&world, phones, [Ringing, Ringing, Ringing, Idle]);
    world.run_for_s(15);
    assert_states(&world, phones, [Ringing; 4]);
    let [_, first, ..] = phones;
    world.answer(first).run_for_s(A_WHILE_S);
    assert_talking(&world, [alice, first]);
    world.hang_up(alice);
    assert_all_over(&mut world);
    assert_eq!(phones.map(|phone| calls_to(&world, phone)), [1; 4], "{}", world.ladder());
}

#[test]
fn nobody_else_begins_to_ring_while_an_answer_waits_for_the_caller() {
    let mut world = World::with_seed(1).delay_ms(40);
    let (alice, [first, other, next]) = with_phones(&mut world, ["", "", ";q=0.5"]);
    let [carol] = registered(&mut world, ["1003"]);
    world.set_reliability(alice, Reliability::Ignored);
    world.dial(alice, "1002").run_for_s(12).answer_early(first).answer(first).run_for_s(1);
    world.redirect(other, "sip:1003@203.0.113.1").run_for(Duration::from_millis(2900));
    assert_states(&world, [alice], [PhoneState::RingBack]);
    world.run_for_s(1);
    assert_talking(&world, [alice, first]);
    assert_eq!([next, carol].map(|phone| calls_to(&world, phone)), [0, 0], "{}", world.ladder());
    world.hang_up(alice);
    assert_all_over(&mut world);
}

#[test]
fn the_next_phones_ring_when_an_answer_that_has_waited_is_of_no_use() {
    let mut world = World::with_seed(1).delay_ms(40);
    let (alice, [first, _, next]) = with_phones(&mut world, ["", "", ";q=0.5"]);
    world.set_reliability(alice, Reliability::Ignored);
    world.dial(alice, "1002").run_for_s(12).answer_early(first).run_for_s(1);
    // Its answer names nobody to talk to.
    let answer = world.sent_by(first).into_iter().rfind(|text| text.starts_with("SIP/2.0 183 ")).unwrap_or_default();
    let answer = answer.replace("183 Session Progress", "200 OK").replace("Contact: ", "X-Contact: ");
    world.send_as(first, answer).run_for_s(3);
    assert_eq!(calls_to(&world, next), 0);
    world.run_for_s(20);
    assert_eq!(calls_to(&world, next), 1, "{}", world.ladder());
    world.hang_up(alice);
    assert_all_over(&mut world);
}

#[test]
fn the_next_phones_ring_at_once_when_all_before_have_refused() {
    let mut world = World::with_seed(1);
    let (alice, [one, other, last]) = with_phones(&mut world, ["", "", ";q=0.5"]);
    world.dial(alice, "1002").run_for_s(1).hang_up(one).run_for_s(1);
    assert_states(&world, [one, other, last], [PhoneState::Idle, PhoneState::Ringing, PhoneState::Idle]);
    world.hang_up(other).run_for_s(1);
    assert_states(&world, [alice, last], [PhoneState::RingBack, PhoneState::Ringing]);
    world.hang_up(last).run_for_s(1);
    assert_states(&world, [alice], [PhoneState::Failed(Status::BUSY_HERE)]);
    assert_all_over(&mut world);
}

#[test]
fn who_declines_for_all_declines_for_those_that_have_not_rung_yet() {
    let mut world = World::with_seed(1);
    let (alice, [first, last]) = with_phones(&mut world, ["", ";q=0.5"]);
    world.dial(alice, "1002").run_for_s(1).decline(first).run_for_s(1);
    assert_states(&world, [alice, last], [PhoneState::Failed(Status::DECLINE), PhoneState::Idle]);
    assert_all_over(&mut world);
    assert_eq!(calls_to(&world, last), 0);
}

#[test]
fn a_caller_who_gives_up_while_the_first_ring_disturbs_nobody_else() {
    let mut world = World::with_seed(1);
    let (alice, [first, last]) = with_phones(&mut world, ["", ";q=0.5"]);
    world.dial(alice, "1002").run_for_s(1).hang_up(alice).run_for_s(60);
    assert_states(&world, [first, last], [PhoneState::Idle; 2]);
    assert_all_over(&mut world);
    assert_eq!(calls_to(&world, last), 0);
}

#[test]
fn a_phone_with_two_ways_is_called_by_the_newer_one_only() {
    let mut world = World::with_seed(1);
    let ways = [format!("{URN};reg-id=1"), format!("{URN};reg-id=2")];
    let (alice, phones) = with_phones(&mut world, ways.each_ref().map(String::as_str));
    world.dial(alice, "1002").run_for_s(1);
    assert_eq!(phones.map(|phone| calls_to(&world, phone)), [0, 1], "{}", world.ladder());
    let [_, second] = phones;
    world.hang_up(second).run_for_s(1);
    assert_states(&world, [alice], [PhoneState::Failed(Status::BUSY_HERE)]);
    assert_eq!(phones.map(|phone| calls_to(&world, phone)), [0, 1], "a refusal is the phone's, not the way's");
    assert_all_over(&mut world);
}

#[test]
fn a_way_that_has_failed_is_replaced_by_the_other() {
    let ways = [format!("{URN};reg-id=1"), format!("{URN};reg-id=2")];
    for is_silent in [true, false] {
        let mut world = World::with_seed(1);
        let (alice, [first, second]) = with_phones(&mut world, ways.each_ref().map(String::as_str));
        if is_silent {
            world.unplug(second).dial(alice, "1002").run_for_s(33);
        } else {
            world.dial(alice, "1002").run_for_s(1).refuse_for_now(second, Status::FLOW_FAILED, "0").run_for_s(1);
        }
        assert_states(&world, [alice, first], [PhoneState::RingBack, PhoneState::Ringing]);
        world.answer(first).run_for_s(A_WHILE_S);
        assert_talking(&world, [alice, first]);
        world.hang_up(first);
        assert_all_over(&mut world);
    }
}

#[test]
fn a_phone_that_has_restarted_at_another_port_is_called_once() {
    let mut world = World::with_seed(1);
    let (alice, [bob]) = with_phones(&mut world, [URN]);
    world.restart(bob).register(bob, 3600).run_for_s(1);
    assert_eq!(world.contacts(), ["sip:1002@192.0.2.2:5062"]);
    world.dial(alice, "1002").run_for_s(1).answer(bob).run_for_s(A_WHILE_S);
    assert_talking(&world, [alice, bob]);
    world.hang_up(bob);
    assert_all_over(&mut world);
    let invites = world.sent_by(alice).iter().filter(|text| text.starts_with("INVITE ")).count();
    assert_eq!((invites, requests(&world, alice, "BYE")), (2, 0), "unsigned and signed");
}

#[test]
fn a_phone_whose_connection_died_unheard_is_called_once_over_the_new_one() {
    let mut world = World::with_seed(1);
    let [alice, bob] = world.phones(["1001", "1002"]);
    world.describe(bob, URN, "").connect(bob).register(bob, 3600).run_for_s(1);
    world.reconnect_unheard(bob).restart(bob).register(bob, 3600).run_for_s(1);
    assert_eq!(world.contacts().len(), 1);
    world.dial(alice, "1002").run_for_s(1);
    assert_eq!(calls_to(&world, bob), 1, "{}", world.ladder());
    world.answer(bob).run_for_s(A_WHILE_S);
    assert_talking(&world, [alice, bob]);
    world.hang_up(alice);
    assert_all_over(&mut world);
}

/// The GRUUs that a phone was given last: the public one, and the temporary one.
fn gruus(world: &World, phone: PhoneId) -> [String; 2] {
    let contacts = header_values(&world.sent_to(phone), "Contact").join("\n");
    ["pub-gruu=\"sip:", "temp-gruu=\"sip:"].map(|name| {
        let rest = contacts.rsplit(name).next().unwrap_or_default();
        rest.split('"').next().unwrap_or_default().to_owned()
    })
}

#[test]
fn a_gruu_rings_one_phone_of_its_extension() {
    let mut world = World::with_seed(1);
    let (alice, [bob, other]) = with_phones(&mut world, [URN, ";+sip.instance=\"<urn:uuid:other>\""]);
    let [_, named] = gruus(&world, other);
    assert!(named.starts_with("tgruu."), "{named}");
    let [public, temporary] = ["1002@pbx;gr=urn:uuid:00000000-0000-1000-8000-000a95a0e128".to_owned(), named];
    for (gruu, rings, rests) in [(public, bob, other), (temporary, other, bob)] {
        world.dial_uri(alice, &format!("sip:{gruu}")).run_for_s(1);
        assert_states(&world, [rings, rests], [PhoneState::Ringing, PhoneState::Idle]);
        world.answer(rings).run_for_s(1);
        assert_talking(&world, [alice, rings]);
        world.hang_up(alice).run_for_s(1);
    }
    world.dial_uri(alice, "sip:1002@pbx;gr=urn:uuid:gone").run_for_s(1);
    assert_states(&world, [alice], [PhoneState::Failed(Status::TEMPORARILY_UNAVAILABLE)]);
    world.dial_uri(alice, "sip:tgruu.00@pbx;gr").run_for_s(1);
    assert_states(&world, [alice], [PhoneState::Failed(Status::NOT_FOUND)]);
    assert_all_over(&mut world);
}

#[test]
fn a_call_to_a_phone_behind_a_proxy_names_the_proxy_as_its_route() {
    let mut world = World::with_seed(1);
    let [alice, bob] = world.phones(["1001", "1002"]);
    world.behind_proxies(bob, "<sip:p2;lr>, <sip:p1;lr>").describe(bob, "", "path").register(bob, 3600).run_for_s(1);
    world.dial(alice, "1002").run_for_s(1);
    let invites: Vec<_> = world.sent_to(bob).into_iter().filter(|text| text.starts_with("INVITE ")).collect();
    assert_eq!(header_values(&invites, "Route"), ["<sip:p2;lr>, <sip:p1;lr>"]);
    world.hang_up(alice).run_for_s(1);
    let cancels: Vec<_> = world.sent_to(bob).into_iter().filter(|text| text.starts_with("CANCEL ")).collect();
    assert_eq!(header_values(&cancels, "Route"), ["<sip:p2;lr>, <sip:p1;lr>"]);
    assert_all_over(&mut world);
}

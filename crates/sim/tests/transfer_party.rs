//! Who phones, lamps and lists believe to be at the other end, while a transfer rings and after.

mod support;

use support::{A_WHILE_S, assert_all_over, assert_hear_each_other, assert_states, header_values, registered};
use warden_call::directory::Extension;
use warden_sim::{Leaving, PhoneId, PhoneState, World};

/// 1001 talks with 1002 and calls 1003, whose phone rings as `ringing`; 1004 watches all three.
fn calling(world: &mut World, [bob, carol]: [PhoneId; 2]) -> [PhoneId; 2] {
    let [alice, dave] = registered(world, ["1001", "1004"]);
    for number in ["1001", "1002", "1003"] {
        world.subscribe(dave, "dialog", number, 600).run_for_s(1);
    }
    world.dial(alice, "1002").run_for_s(1).answer(bob).run_for_s(1);
    world.hold(alice).run_for_s(1).switch_lines(alice).dial(alice, "1003").run_for_s(1);
    assert_states(world, [carol], [PhoneState::Ringing]);
    [alice, dave]
}

/// The values of a header in the messages to a phone that begin so, repeated ones left out.
fn told(world: &World, phone: PhoneId, start: &str, name: &str) -> Vec<String> {
    let sent: Vec<_> = world.sent_to(phone).into_iter().filter(|text| text.starts_with(start)).collect();
    let mut values = header_values(&sent, name);
    values.dedup();
    values
}

fn person(number: &str) -> String {
    format!("\"{}\" <sip:{number}@203.0.113.1>", World::name(number))
}

/// Whom the lamp for 1001, 1002 or 1003 of a watcher shows at the other end, of the calls that are not over.
fn lamp(world: &World, watcher: PhoneId, number: &str) -> Vec<String> {
    let index = ["1001", "1002", "1003"].iter().position(|known| *known == number).unwrap_or_default();
    let body = world.errand(watcher, index).body();
    let dialogs = body.split("<dialog ").skip(1).filter(|dialog| !dialog.contains(">terminated</state>"));
    let peer = |dialog: &str| dialog.split("<remote>").nth(1)?.split("sip:").nth(1)?.get(..4).map(str::to_owned);
    dialogs.map(|dialog| peer(dialog).unwrap_or_default()).collect()
}

fn views(world: &World) -> Vec<[String; 2]> {
    let text = |extension: Option<Extension>| extension.map(|it| it.text().to_owned()).unwrap_or_default();
    world.views().into_iter().map(|view| [text(Some(view.caller)), text(view.callee)]).collect()
}

#[test]
fn a_phone_that_rings_on_for_another_party_is_shown_with_that_one() {
    let mut world = World::with_seed(1).with_media();
    let [bob, carol] = registered(&mut world, ["1002", "1003"]);
    let [alice, dave] = calling(&mut world, [bob, carol]);
    assert_eq!(lamp(&world, dave, "1003"), ["1001"]);
    world.switch_lines(alice).connect_lines(alice).run_for_s(3);
    assert_states(&world, [carol], [PhoneState::Ringing]);
    assert_eq!(lamp(&world, dave, "1003"), ["1002"], "{}", world.ladder());
    world.answer(carol).run_for_s(8);
    assert_hear_each_other(&mut world, [bob, carol]);
    assert_eq!(told(&world, bob, "UPDATE ", "P-Asserted-Identity"), [person("1003")], "{}", world.ladder());
    assert_eq!(told(&world, carol, "UPDATE ", "P-Asserted-Identity"), [person("1002")], "{}", world.ladder());
    let lamps = ["1001", "1002", "1003"].map(|number| lamp(&world, dave, number));
    assert_eq!(lamps, [vec![], vec!["1003"], vec!["1002"]]);
    assert_eq!(views(&world), [["1003", "1002"]]);
    world.hang_up(bob);
    assert_all_over_but_lamps(&mut world);
}

#[test]
fn a_phone_that_begins_to_ring_after_that_shows_the_other_party_and_who_sent_it() {
    let mut world = World::with_seed(1).with_media();
    let [bob, desk] = registered(&mut world, ["1002", "1003"]);
    let [mobile] = world.phones(["1003"]);
    world.describe(mobile, ";q=0.5", "").register(mobile, 3600).run_for_s(1);
    let [alice, _] = calling(&mut world, [bob, desk]);
    world.switch_lines(alice).connect_lines(alice).run_for_s(3).hang_up(desk).run_for_s(3);
    assert_states(&world, [mobile], [PhoneState::Ringing]);
    assert_eq!(world.phone(mobile).caller(), Some(&*World::name("1002")));
    assert_eq!(told(&world, mobile, "INVITE ", "Referred-By"), ["<sip:1001@203.0.113.1>"]);
    world.answer(mobile).run_for_s(8).hang_up(bob).run_for_s(1);
    assert_eq!(told(&world, mobile, "UPDATE ", "P-Asserted-Identity"), [""; 0], "it knows");
    assert_all_over_but_lamps(&mut world);
}

#[test]
fn a_party_that_withholds_its_number_stays_unknown_to_phones_that_ring_on_for_it() {
    let mut world = World::with_seed(1).with_media();
    let [bob, desk] = registered(&mut world, ["1002", "1003"]);
    let [mobile] = world.phones(["1003"]);
    world.describe(mobile, ";q=0.5", "").register(mobile, 3600).add_header(bob, "Privacy", "id").run_for_s(1);
    let [alice, dave] = calling(&mut world, [bob, desk]);
    world.switch_lines(alice).connect_lines(alice).run_for_s(3);
    assert_eq!(lamp(&world, dave, "1003"), [""], "{}", world.ladder());
    world.hang_up(desk).run_for_s(3);
    assert_eq!(world.phone(mobile).caller(), Some("Anonymous"));
    world.answer(mobile).run_for_s(8);
    assert!(world.sent_to(mobile).iter().all(|text| !text.contains("1002")), "{}", world.ladder());
    world.hang_up(bob);
    assert_all_over_but_lamps(&mut world);
}

#[test]
fn who_waits_for_a_transfer_is_shown_with_the_target_once_the_referrer_has_gone() {
    let mut world = World::with_seed(1);
    let [alice, bob, carol, dave] = registered(&mut world, ["1001", "1002", "1003", "1004"]);
    for number in ["1001", "1002", "1003"] {
        world.subscribe(dave, "dialog", number, 600).run_for_s(1);
    }
    world.dial(alice, "1002").run_for_s(1).answer(bob).run_for_s(1).leave(alice, Leaving::Never);
    world.transfer(alice, "1003").run_for_s(3);
    let lamps = ["1001", "1002", "1003"].map(|number| lamp(&world, dave, number));
    assert_eq!(lamps, [vec!["1002"], vec!["1001"], vec!["1002"]], "it may come to nothing");
    assert_eq!(views(&world), [["1001", "1002"]]);
    world.hang_up(alice).run_for_s(A_WHILE_S);
    let lamps = ["1001", "1002", "1003"].map(|number| lamp(&world, dave, number));
    assert_eq!(lamps, [vec![], vec!["1003"], vec!["1002"]], "{}", world.ladder());
    assert_eq!(views(&world), [["1003", "1002"]]);
    world.hang_up(bob).run_for_s(1);
    assert_states(&world, [carol], [PhoneState::Idle]);
    assert_all_over_but_lamps(&mut world);
}

/// As if 1004 had never watched.
fn assert_all_over_but_lamps(world: &mut World) {
    world.run_for_s(700);
    assert_all_over(world);
}

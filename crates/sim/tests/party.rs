//! Who is at the other end, why a call comes and why it ends: what Warden tells a phone, and what it takes from none.

mod support;

use support::{
    A_WHILE_S, assert_all_over, assert_hear_each_other, assert_refused, assert_states, header_values, registered,
};
use warden_call::call_event::Cause;
use warden_call::directory::IdentityHeaders;
use warden_sdp::codec::Format;
use warden_sim::{Dial, PCMA, PCMU, PhoneId, PhoneState, Reliability, World};
use warden_sip::status::Status;

/// The values of a header in the messages to a phone that begin so, repeated ones left out.
fn told(world: &World, phone: PhoneId, start: &str, name: &str) -> Vec<String> {
    let sent: Vec<_> = world.sent_to(phone).into_iter().filter(|text| text.starts_with(start)).collect();
    let mut values = header_values(&sent, name);
    values.dedup();
    values
}

const IDENTITY: [&str; 2] = ["P-Asserted-Identity", "Remote-Party-ID"];

#[test]
fn each_phone_is_told_who_is_at_the_other_end() {
    let mut world = World::with_seed(1);
    let [alice, bob] = registered(&mut world, ["1001", "1002"]);
    world.dial(alice, "1002").run_for_s(1).answer(bob).run_for_s(1).hang_up(alice);
    let own = "203.0.113.1";
    let person = |number: &str| format!("\"{}\" <sip:{number}@{own}>", World::name(number));
    let party = |number: &str, party| format!("{};party={party};privacy=off;screen=yes", person(number));
    let of_alice = [vec![person("1001")], vec![party("1001", "calling")]];
    assert_eq!(IDENTITY.map(|name| told(&world, bob, "INVITE ", name)), of_alice);
    let of_bob = [vec![person("1002")], vec![party("1002", "called")]];
    assert_eq!(IDENTITY.map(|name| told(&world, alice, "SIP/2.0 200 ", name)), of_bob);
    assert_all_over(&mut world);
}

#[test]
fn a_header_that_is_switched_off_is_not_sent() {
    let mut world = World::with_seed(1);
    world.configure(|directory| directory.calls.identity = IdentityHeaders { asserted: false, remote_party: true });
    let [alice, bob] = registered(&mut world, ["1001", "1002"]);
    world.dial(alice, "1002").run_for_s(1).answer(bob).run_for_s(1).hang_up(alice).run_for_s(1);
    for phone in [alice, bob] {
        let counts = IDENTITY.map(|name| told(&world, phone, "", name).len());
        assert_eq!(counts, [0, 1]);
    }
}

#[test]
fn what_a_phone_claims_to_be_is_not_believed() {
    let mut world = World::with_seed(1);
    let [alice, bob, _] = registered(&mut world, ["1001", "1002", "1999"]);
    for phone in [alice, bob] {
        for name in ["P-Asserted-Identity", "P-Preferred-Identity", "Remote-Party-ID", "Diversion", "History-Info"] {
            world.add_header(phone, name, "\"The Boss\" <sip:1999@203.0.113.1>");
        }
    }
    world.dial(alice, "1002").run_for_s(1).answer(bob).run_for_s(1).hang_up(alice).run_for_s(1);
    for phone in [alice, bob] {
        assert!(world.sent_to(phone).iter().all(|text| !text.contains("1999") && !text.contains("Boss")));
    }
}

#[test]
fn who_withholds_the_number_is_in_no_header_at_either_end() {
    let mut world = World::with_seed(1);
    let [alice, bob] = registered(&mut world, ["1001", "1002"]);
    world.add_header(bob, "Privacy", "id");
    world.dial_as(alice, "1002", &Dial { privacy: Some("id".into()), ..Dial::default() }).run_for_s(1);
    world.answer(bob).run_for_s(1).hang_up(alice).run_for_s(1);
    for phone in [alice, bob] {
        assert_eq!(IDENTITY.map(|name| told(&world, phone, "", name)), [vec![""; 0], vec![]]);
    }
    assert!(world.sent_to(bob).iter().filter(|text| text.starts_with("INVITE ")).all(|text| !text.contains("1001")));
}

#[test]
fn a_phone_that_a_call_is_sent_on_to_is_told_by_whom_and_why() {
    let mut world = World::with_seed(1);
    let [alice, bob, carol, dave] = registered(&mut world, ["1001", "1002", "1003", "1004"]);
    world.add_header(carol, "Diversion", "<sip:1003@x>;reason=do-not-disturb");
    world.dial(alice, "1002").run_for_s(1).redirect(bob, "sip:1003@203.0.113.1").run_for_s(1);
    let deflected =
        format!("\"{}\" <sip:1002@203.0.113.1>;reason=deflection;counter=1;privacy=off", World::name("1002"));
    assert_eq!(told(&world, carol, "INVITE ", "Diversion"), std::slice::from_ref(&deflected));
    let first = "<sip:1002@203.0.113.1?Reason=SIP%3Bcause%3D302>;index=1";
    let history = [first, "<sip:1003@203.0.113.1>;index=1.1;mp=1"];
    assert_eq!(told(&world, carol, "INVITE ", "History-Info"), history);

    world.redirect(carol, "sip:1004@203.0.113.1").run_for_s(1);
    let again =
        format!("\"{}\" <sip:1003@203.0.113.1>;reason=do-not-disturb;counter=1;privacy=off", World::name("1003"));
    assert_eq!(told(&world, dave, "INVITE ", "Diversion"), [again, deflected]);
    let history = [
        first,
        "<sip:1003@203.0.113.1?Reason=SIP%3Bcause%3D302>;index=1.1;mp=1",
        "<sip:1004@203.0.113.1>;index=1.1.1;mp=1.1",
    ];
    assert_eq!(told(&world, dave, "INVITE ", "History-Info"), history);
    assert_eq!(told(&world, bob, "INVITE ", "Diversion"), [""; 0]);
    world.answer(dave).run_for_s(1);
    assert_eq!(
        told(&world, alice, "SIP/2.0 200 ", IDENTITY[0]),
        [format!("\"{}\" <sip:1004@203.0.113.1>", World::name("1004"))]
    );
    world.hang_up(alice);
    assert_all_over(&mut world);
}

#[test]
fn a_phone_that_sends_a_call_on_and_withholds_its_number_is_not_named() {
    let mut world = World::with_seed(1);
    let [alice, bob, carol] = registered(&mut world, ["1001", "1002", "1003"]);
    world.add_header(bob, "Privacy", "id");
    world.dial(alice, "1002").run_for_s(1).redirect(bob, "sip:1003@203.0.113.1").run_for_s(1);
    let invites: Vec<_> = world.sent_to(carol).into_iter().filter(|text| text.starts_with("INVITE ")).collect();
    assert!(!invites.is_empty() && invites.iter().all(|text| !text.contains("1002")), "{invites:?}");
    world.hang_up(alice);
    assert_all_over(&mut world);
}

#[test]
fn a_phone_that_sends_calls_on_by_itself_is_shown_as_it_is_known_and_others_as_unscreened() {
    let mut world = World::with_seed(1);
    let [gateway, bob, carol] = registered(&mut world, ["1001", "1002", "1003"]);
    world.add_header(gateway, "Diversion", "\"The Boss\" <sip:1001@x>;reason=user-busy");
    world.add_header(gateway, "Diversion", "\"The Boss\" <sip:+4930123@x>;reason=no-answer;privacy=off");
    world.dial(gateway, "1002").run_for_s(1);
    let own = format!("\"{}\" <sip:1001@203.0.113.1>;reason=user-busy;counter=1;privacy=off", World::name("1001"));
    let outside = "<sip:+4930123@203.0.113.1>;reason=no-answer;counter=1;privacy=off;screen=no".to_owned();
    assert_eq!(told(&world, bob, "INVITE ", "Diversion"), [own.clone(), outside.clone()]);
    let history = [
        "<sip:+4930123@203.0.113.1?Reason=SIP%3Bcause%3D408>;index=1",
        "<sip:1001@203.0.113.1?Reason=SIP%3Bcause%3D486>;index=1.1;mp=1",
        "<sip:1002@203.0.113.1>;index=1.1.1;mp=1.1",
    ];
    assert_eq!(told(&world, bob, "INVITE ", "History-Info"), history);
    let forwards = told(&world, bob, "INVITE ", "Max-Forwards");
    assert_eq!(forwards, ["69"], "what came before took no hop of ours");

    world.redirect(bob, "sip:1003@203.0.113.1").run_for_s(1);
    let since = format!("\"{}\" <sip:1002@203.0.113.1>;reason=deflection;counter=1;privacy=off", World::name("1002"));
    assert_eq!(told(&world, carol, "INVITE ", "Diversion"), [since, own, outside]);
    world.hang_up(gateway);
    assert_all_over(&mut world);
}

#[test]
fn who_has_sent_a_call_on_is_not_told_when_the_caller_is_withheld() {
    for privacy in ["id", "history"] {
        let mut world = World::with_seed(1);
        let [alice, bob] = registered(&mut world, ["1001", "1002"]);
        world.add_header(alice, "Diversion", "<sip:1001@x>;reason=user-busy");
        world.dial_as(alice, "1002", &Dial { privacy: Some(privacy.into()), ..Dial::default() }).run_for_s(1);
        let nobody = "\"Anonymous\" <sip:anonymous@anonymous.invalid>;reason=user-busy;counter=1;privacy=full";
        assert_eq!(told(&world, bob, "INVITE ", "Diversion"), [nobody]);
        assert_eq!(told(&world, bob, "INVITE ", "History-Info")[0].find("1001"), None);
    }
}

#[test]
fn the_reason_of_who_ends_a_call_goes_through() {
    let said = "Q.850;cause=16;text=\"whatever\", SIP;cause=480";
    let heard = ["SIP;cause=480;text=\"Temporarily Unavailable\"", "Q.850;cause=16"];
    let mut world = World::with_seed(1);
    let [alice, bob] = registered(&mut world, ["1001", "1002"]);
    world.add_header(alice, "Reason", said);
    world.dial(alice, "1002").run_for_s(1).hang_up(alice).run_for_s(1);
    assert_eq!(told(&world, bob, "CANCEL ", "Reason"), heard);
    world.dial(alice, "1002").run_for_s(1).answer(bob).run_for_s(1).hang_up(alice).run_for_s(1);
    assert_eq!(told(&world, bob, "BYE ", "Reason"), heard);
    assert_all_over(&mut world);
}

#[test]
fn what_a_phone_explains_its_refusal_with_goes_to_the_caller_in_our_words() {
    let mut world = World::with_seed(1);
    let [alice, bob] = registered(&mut world, ["1001", "1002"]);
    world.add_header(bob, "Warning", "399 bob.internal \"see 10.1.2.3\", 370 bob.internal \"too thin\"");
    world.add_header(bob, "Reason", "Q.850;cause=58;text=\"bearer capability\"");
    world.dial(alice, "1002").run_for_s(1).refuse_media(bob).run_for_s(1);
    assert_eq!(told(&world, alice, "SIP/2.0 488 ", "Warning"), ["370 warden \"Insufficient bandwidth\""]);
    assert_eq!(told(&world, alice, "SIP/2.0 488 ", "Reason"), ["Q.850;cause=58"]);
}

#[test]
fn a_call_that_fails_for_its_codecs_says_so_to_machines_too() {
    let mut world = World::with_seed(1);
    let [alice, bob] = registered(&mut world, ["1001", "1002"]);
    let is_offered =
        |format: &Format| [PCMU, PCMA].iter().any(|offered| offered.codec.is_interchangeable(&format.codec));
    world.configure(|directory| directory.codecs.list.retain(|known| !is_offered(&known.format)));
    world.dial(alice, "1002").run_for_s(A_WHILE_S);
    assert_states(&world, [bob], [PhoneState::Idle]);
    assert_refused(&mut world, alice, Status::NOT_ACCEPTABLE_HERE, Cause::NoCommonCodec);
    assert_eq!(told(&world, alice, "SIP/2.0 488 ", "Warning"), ["305 warden \"Incompatible media format\""]);
}

#[test]
fn who_is_transferred_learns_who_the_new_partner_is() {
    let mut world = World::with_seed(1);
    let [alice, bob, carol] = registered(&mut world, ["1001", "1002", "1003"]);
    world.dial(alice, "1002").run_for_s(1).answer(bob).run_for_s(1).transfer(alice, "1003").run_for_s(1);
    world.answer(carol).run_for_s(1);
    let person = |number: &str| format!("\"{}\" <sip:{number}@203.0.113.1>", World::name(number));
    assert_eq!(told(&world, bob, "UPDATE ", IDENTITY[0]), [person("1003")], "{}", world.ladder());
    assert_eq!(told(&world, carol, "INVITE ", IDENTITY[0]), [person("1002")], "{}", world.ladder());
    world.hang_up(bob).hang_up(alice);
    assert_all_over(&mut world);
}

#[test]
fn a_phone_that_rings_for_a_transfer_is_confirmed_too() {
    let mut world = World::with_seed(1).with_media();
    let [alice, bob, carol] = registered(&mut world, ["1001", "1002", "1003"]);
    world.set_reliability(carol, Reliability::Required);
    world.dial(alice, "1002").run_for_s(1).answer(bob).run_for_s(1).transfer(alice, "1003").run_for_s(1);
    world.answer_early(carol).run_for_s(1).answer(carol).run_for_s(2);
    assert_states(&world, [bob, carol], [PhoneState::InCall; 2]);
    assert_hear_each_other(&mut world, [bob, carol]);
    assert_eq!(world.sent_to(carol).iter().filter(|text| text.starts_with("PRACK ")).count(), 2);
    world.hang_up(bob).hang_up(alice).run_for_s(1);
    assert_states(&world, [carol], [PhoneState::Idle]);
    assert_all_over(&mut world);
}

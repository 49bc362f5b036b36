//! What busy lamps are told of calls (RFC 4235).

mod support;

use support::{A_WHILE_S, everywhere, registered};
use warden_sim::{Dial, PhoneId, World};

fn body(world: &World, id: PhoneId) -> String {
    world.errand(id, 0).body()
}

fn attribute(body: &str, name: &str) -> String {
    let begin = format!(" {name}=\"");
    let after = body.split(&begin).nth(1).unwrap_or_default();
    after.split('"').next().unwrap_or_default().to_owned()
}

/// 1003 watches `number`.
fn watching(world: &mut World, number: &str) -> [PhoneId; 3] {
    let phones = registered(world, ["1001", "1002", "1003"]);
    world.subscribe(phones[2], "dialog", number, 600).run_for_s(A_WHILE_S);
    phones
}

#[test]
fn a_ringing_phone_is_shown_with_its_caller() {
    everywhere(|mut world| {
        let [alice, _, carol] = watching(&mut world, "1002");
        world.dial(alice, "1002").run_for_s(A_WHILE_S);
        let body = body(&world, carol);
        assert_eq!(attribute(&body, "direction"), "recipient");
        assert!(
            body.contains("<remote><identity display=\"Person 1001\">sip:1001@203.0.113.1:5060</identity>"),
            "{body}"
        );
        assert!(
            body.contains("<local><identity display=\"Person 1002\">sip:1002@203.0.113.1:5060</identity>"),
            "{body}"
        );
    });
}

#[test]
fn the_identifiers_of_a_dialog_are_told_to_phones_of_its_extension_and_to_no_others() {
    everywhere(|mut world| {
        let [alice, bob, carol] = watching(&mut world, "1002");
        world.subscribe(bob, "dialog", "1002", 600).run_for_s(A_WHILE_S).dial(alice, "1002").run_for_s(A_WHILE_S);
        let [own, other] = [body(&world, bob), body(&world, carol)];
        let invite = world.sent_to(bob).into_iter().find(|text| text.starts_with("INVITE ")).expect("an INVITE");
        let answer = world.sent_by(bob).into_iter().find(|text| text.starts_with("SIP/2.0 180 ")).expect("a 180");
        let [call_id, phone, ours] = ["call-id", "local-tag", "remote-tag"].map(|name| attribute(&own, name));
        assert!(invite.contains(&format!("Call-ID: {call_id}\r\n")), "{own}\n{invite}");
        assert!(answer.contains(&format!(";tag={phone}\r\n")), "{own}\n{answer}");
        assert!(invite.contains(&format!(";tag={ours}\r\n")), "{own}\n{invite}");
        assert!(other.contains("<state>early</state>"), "{other}");
        for identifier in [call_id, phone, ours] {
            assert!(!identifier.is_empty() && !other.contains(&identifier), "{own}\n{other}");
        }
    });
}

#[test]
fn each_call_has_an_id_of_its_own_for_as_long_as_it_lasts() {
    let mut world = World::with_seed(1);
    let [alice, bob, carol] = watching(&mut world, "1002");
    for _ in 0..2 {
        world.dial(alice, "1002").run_for_s(1).answer(bob).run_for_s(1).hang_up(alice).run_for_s(1);
    }
    let notified = world.errand(carol, 0).notified();
    let bodies: Vec<_> = notified.iter().map(|it| String::from_utf8_lossy(it.body()).into_owned()).collect();
    let mut ids: Vec<_> = bodies.iter().map(|body| attribute(body, "id")).collect();
    ids.dedup();
    assert_eq!(ids, ["idle", "1", "2"], "{bodies:?}");
}

#[test]
fn who_dials_is_shown_with_the_number_and_then_with_who_has_answered() {
    everywhere(|mut world| {
        let [alice, bob, carol] = watching(&mut world, "1001");
        world.dial(alice, "1002").run_for_s(A_WHILE_S);
        let early = body(&world, carol);
        assert_eq!(attribute(&early, "direction"), "initiator");
        assert!(early.contains("<state>early</state>"), "{early}");
        assert!(early.contains("<remote><identity>sip:1002@203.0.113.1:5060</identity>"), "{early}");
        world.answer(bob).run_for_s(A_WHILE_S);
        let up = body(&world, carol);
        assert!(up.contains("<state>confirmed</state>") && up.contains("display=\"Person 1002\""), "{up}");
    });
}

#[test]
fn versions_count_up_by_one_and_every_document_is_full() {
    everywhere(|mut world| {
        let [alice, bob, carol] = watching(&mut world, "1002");
        world
            .dial(alice, "1002")
            .run_for_s(A_WHILE_S)
            .answer(bob)
            .run_for_s(A_WHILE_S)
            .hang_up(bob)
            .run_for_s(A_WHILE_S);
        let bodies = world.errand(carol, 0).notified().iter().map(|it| String::from_utf8_lossy(it.body()));
        for (version, body) in bodies.enumerate() {
            assert!(body.contains(&format!(" version=\"{version}\" state=\"full\"")), "{body}");
        }
    });
}

#[test]
fn a_phone_that_holds_does_not_render() {
    everywhere(|mut world| {
        let [alice, bob, carol] = watching(&mut world, "1002");
        world.dial(alice, "1002").run_for_s(A_WHILE_S).answer(bob).run_for_s(A_WHILE_S);
        assert!(body(&world, carol).contains("pname=\"+sip.rendering\" pval=\"yes\""));
        world.hold(bob).run_for_s(A_WHILE_S);
        assert!(body(&world, carol).contains("pname=\"+sip.rendering\" pval=\"no\""), "{}", world.ladder());
        world.resume(bob).run_for_s(A_WHILE_S);
        assert!(body(&world, carol).contains("pname=\"+sip.rendering\" pval=\"yes\""), "{}", world.ladder());
    });
}

#[test]
fn a_withheld_caller_is_not_shown_while_it_rings_nor_after() {
    everywhere(|mut world| {
        let [alice, bob, carol] = watching(&mut world, "1002");
        world.dial_as(alice, "1002", &Dial { privacy: Some("id".into()), ..Dial::default() }).run_for_s(A_WHILE_S);
        assert!(body(&world, carol).contains("<state>early</state>") && !body(&world, carol).contains("1001"));
        world.answer(bob).run_for_s(A_WHILE_S);
        assert!(body(&world, carol).contains("<state>confirmed</state>") && !body(&world, carol).contains("1001"));
    });
}

#[test]
fn who_begins_to_watch_during_a_call_is_told_of_it() {
    everywhere(|mut world| {
        let [alice, bob, carol] = registered(&mut world, ["1001", "1002", "1003"]);
        world.dial(alice, "1002").run_for_s(A_WHILE_S).answer(bob).run_for_s(A_WHILE_S);
        world.subscribe(carol, "dialog", "1001", 600).run_for_s(A_WHILE_S);
        assert!(body(&world, carol).contains("<state>confirmed</state>"));
        world.hang_up(bob).run_for_s(A_WHILE_S);
        assert!(body(&world, carol).contains("<state>terminated</state>"));
    });
}

#[test]
fn the_other_phones_of_an_extension_fall_silent_when_one_answers() {
    everywhere(|mut world| {
        let [alice, bob, _, carol] = registered(&mut world, ["1001", "1002", "1002", "1003"]);
        world.subscribe(carol, "dialog", "1002", 600).run_for_s(A_WHILE_S).dial(alice, "1002").run_for_s(A_WHILE_S);
        assert_eq!(body(&world, carol).matches("<state>early</state>").count(), 2, "{}", body(&world, carol));
        world.answer(bob).run_for_s(A_WHILE_S);
        let body = body(&world, carol);
        assert_eq!(body.matches("<state>early</state>").count(), 0, "{body}");
        assert_eq!(body.matches("<state>confirmed</state>").count(), 1, "{body}");
        assert_eq!(body.matches("<state>terminated</state>").count(), 1, "{body}");
    });
}

#[test]
fn what_lamps_are_told() {
    let mut world = World::with_seed(1);
    let [alice, bob, carol] = watching(&mut world, "1002");
    world.dial(alice, "1002").run_for_s(1).answer(bob).run_for_s(1).hang_up(alice).run_for_s(1);
    let notified = world.errand(carol, 0).notified().iter();
    let bodies = notified.map(|notify| String::from_utf8_lossy(notify.body()).replace('\r', ""));
    insta::assert_snapshot!(bodies.collect::<Vec<_>>().join("\n"));
}

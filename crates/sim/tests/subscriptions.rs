//! Subscriptions begin, are refreshed and end.

mod support;

use std::time::Duration;

use support::{A_WHILE_S, everywhere, registered};
use warden_sim::{Conditions, PhoneId, World};
use warden_sip::header::HeaderName;
use warden_sip::method::Method;
use warden_sip::status::Status;

fn status(world: &World, id: PhoneId, index: usize) -> u16 {
    world.errand(id, index).status().map_or(0, Status::code)
}

fn header(world: &World, id: PhoneId, index: usize, name: HeaderName) -> String {
    world.errand(id, index).header(name).unwrap_or_default()
}

fn state(world: &World, id: PhoneId, index: usize) -> String {
    world.errand(id, index).state()
}

fn notified(world: &World, id: PhoneId, index: usize) -> usize {
    world.errand(id, index).notified().len()
}

/// 1003 watches 1002, and three are registered.
fn watching(world: &mut World) -> [PhoneId; 3] {
    let phones = registered(world, ["1001", "1002", "1003"]);
    world.subscribe(phones[2], "dialog", "1002", 600).run_for_s(A_WHILE_S);
    assert_eq!((status(world, phones[2], 0), state(world, phones[2], 0).as_str()), (200, "active"));
    phones
}

#[test]
fn a_subscriber_is_told_at_once_and_whenever_something_changes() {
    everywhere(|mut world| {
        let [alice, bob, carol] = watching(&mut world);
        assert!(world.errand(carol, 0).body().contains("<state>terminated</state>"), "{}", world.ladder());
        let expect = |world: &World, state: &str| {
            let body = world.errand(carol, 0).body();
            assert!(body.contains(&format!("<state>{state}</state>")), "{body}\n{}", world.ladder());
        };
        world.dial(alice, "1002").run_for_s(A_WHILE_S);
        expect(&world, "early");
        world.answer(bob).run_for_s(A_WHILE_S);
        expect(&world, "confirmed");
        world.hang_up(alice).run_for_s(A_WHILE_S);
        expect(&world, "terminated");
        assert_eq!(world.kept_subscriptions()[..4], [1, 1, 0, 0]);
    });
}

#[test]
fn a_subscription_that_is_not_refreshed_ends_with_a_word_and_is_then_unknown() {
    everywhere(|mut world| {
        let [_, _, carol] = watching(&mut world);
        world.run_for_s(600);
        assert_eq!(state(&world, carol, 0), "terminated;reason=timeout", "{}", world.ladder());
        world.resubscribe(carol, 0, "dialog", 600).run_for_s(A_WHILE_S);
        assert_eq!(status(&world, carol, 0), 481);
        assert_eq!(world.kept_subscriptions(), [0; 5]);
    });
}

#[test]
fn a_subscription_that_is_refreshed_goes_on_and_one_that_is_given_up_ends() {
    everywhere(|mut world| {
        let [_, _, carol] = watching(&mut world);
        for _ in 0..3 {
            let before = notified(&world, carol, 0);
            world.run_for_s(400).resubscribe(carol, 0, "dialog", 600).run_for_s(A_WHILE_S);
            assert_eq!(status(&world, carol, 0), 200, "{}", world.ladder());
            assert_eq!(notified(&world, carol, 0), before + 1, "told again, and only once");
        }
        world.resubscribe(carol, 0, "dialog", 0).run_for_s(A_WHILE_S);
        assert_eq!(header(&world, carol, 0, HeaderName::Expires), "0");
        assert_eq!(state(&world, carol, 0), "terminated;reason=timeout", "{}", world.ladder());
        assert_eq!(world.kept_subscriptions(), [0; 5]);
    });
}

#[test]
fn a_fetch_is_told_once() {
    everywhere(|mut world| {
        let [carol, _] = registered(&mut world, ["1003", "1002"]);
        world.subscribe(carol, "dialog", "1002", 0).run_for_s(A_WHILE_S);
        assert_eq!(state(&world, carol, 0), "terminated;reason=timeout", "{}", world.ladder());
        assert!(world.errand(carol, 0).body().contains("dialog-info"));
        assert_eq!(world.kept_subscriptions(), [0; 5]);
    });
}

#[test]
fn what_cannot_be_subscribed_to_is_refused_with_what_can() {
    let mut world = World::with_seed(1);
    let [carol, _] = registered(&mut world, ["1003", "1002"]);
    world.subscribe(carol, "conference", "1002", 600);
    world.subscribe(carol, "dialog", "1002", 59);
    world.subscribe(carol, "dialog", "1999", 600);
    world.subscribe(carol, "message-summary", "1002", 600);
    world.subscribe(carol, "reg", "1002", 600);
    let accept = [(HeaderName::Event, "dialog"), (HeaderName::Accept, "application/pidf+xml")];
    world.ask(carol, Method::Subscribe, "1002", &accept, None);
    world.subscribe(carol, "dialog", "1002", 999_999);
    world.subscribe(carol, "reg", "1999", 600);
    world.subscribe(carol, "message-summary", "1999", 600).run_for_s(1);
    let statuses: Vec<_> = (0..9).map(|index| status(&world, carol, index)).collect();
    assert_eq!(statuses, [489, 423, 404, 403, 403, 406, 200, 404, 200], "{}", world.ladder());
    assert_eq!(header(&world, carol, 0, HeaderName::AllowEvents), "dialog, presence, message-summary, reg");
    let answers = world.sent_to(carol);
    for reason in ["403 Not Your Mailbox", "403 Not Your Registration"] {
        assert!(answers.iter().any(|text| text.starts_with(&format!("SIP/2.0 {reason}\r\n"))), "{reason}");
    }
    assert_eq!(header(&world, carol, 1, HeaderName::MinExpires), "60");
    assert_eq!(header(&world, carol, 6, HeaderName::Expires), "3600");
}

#[test]
fn without_the_right_password_nobody_watches() {
    let mut world = World::with_seed(1);
    let [carol, _] = registered(&mut world, ["1003", "1002"]);
    world.configure(|directory| {
        directory.devices.remove(&b"1003"[..]);
    });
    world.subscribe(carol, "dialog", "1002", 600).run_for_s(1);
    assert_eq!(status(&world, carol, 0), 401);
    assert_eq!(world.kept_subscriptions(), [0; 5]);
}

#[test]
fn a_phone_that_knows_nothing_of_it_any_more_is_told_no_more() {
    everywhere(|mut world| {
        let [alice, _, carol] = watching(&mut world);
        world.reboot(carol).dial(alice, "1002").run_for_s(A_WHILE_S);
        assert_eq!(world.kept_subscriptions(), [0; 5], "{}", world.ladder());
    });
}

#[test]
fn a_phone_that_does_not_answer_is_told_no_more() {
    let mut world = World::with_seed(1);
    let [alice, _, carol] = watching(&mut world);
    world.unplug(carol).dial(alice, "1002").run_for_s(60);
    assert_eq!(world.kept_subscriptions(), [0; 5], "{}", world.ladder());
}

#[test]
fn a_phone_that_wants_to_be_left_alone_is_told_later_what_holds_then() {
    let mut world = World::with_seed(1);
    let [alice, bob, carol] = watching(&mut world);
    world.answer_notify(carol, Some(Status::SERVICE_UNAVAILABLE), Some("120"));
    world.dial(alice, "1002").run_for_s(A_WHILE_S);
    let before = world.sent_to(carol).len();
    world.answer_notify(carol, Some(Status::OK), None).answer(bob).run_for_s(100);
    assert_eq!(world.sent_to(carol).len(), before, "{}", world.ladder());
    world.run_for_s(30);
    assert!(world.errand(carol, 0).body().contains("<state>confirmed</state>"), "{}", world.ladder());
}

#[test]
fn one_notify_is_under_way_at_a_time_and_what_comes_meanwhile_is_one_more() {
    let mut world = World::with_seed(1);
    let [alice, bob, carol] = watching(&mut world);
    world.answer_notify(carol, None, None);
    let before = world.sent_to(carol).len();
    world.dial(alice, "1002").run_for(Duration::from_millis(100));
    world.answer(bob).run_for(Duration::from_millis(100)).hang_up(alice).run_for(Duration::from_millis(100));
    assert_eq!(world.sent_to(carol).len(), before + 1, "{}", world.ladder());
    world.answer_notify(carol, Some(Status::OK), None).run_for_s(A_WHILE_S);
    assert_eq!(notified(&world, carol, 0), 3, "the first state, one that was late, and the last\n{}", world.ladder());
    assert!(world.errand(carol, 0).body().contains("<state>terminated</state>"));
}

#[test]
fn a_phone_that_comes_back_over_another_connection_is_told_what_it_has_missed() {
    let mut world = World::with_seed(1);
    let [alice, _, carol] = world.phones(["1001", "1002", "1003"]);
    let bob = support_bob(&mut world);
    world.connect(carol).register(alice, 3600).register(bob, 3600).register(carol, 3600).run_for_s(1);
    world.subscribe(carol, "dialog", "1002", 600).run_for_s(1);
    world.disconnect(carol).run_for_s(1).dial(alice, "1002").run_for_s(A_WHILE_S);
    assert_eq!(notified(&world, carol, 0), 1);
    world.connect(carol).register(carol, 3600).run_for_s(1);
    assert!(world.errand(carol, 0).body().contains("<state>early</state>"), "{}", world.ladder());
}

#[test]
fn a_notify_that_goes_by_a_way_that_the_phone_has_left_does_not_end_the_subscription() {
    let mut world = World::with_seed(1);
    let [alice, bob, carol] = world.phones(["1001", "1002", "1003"]);
    world.connect(carol).register(alice, 3600).register(bob, 3600).register(carol, 3600).run_for_s(1);
    world.subscribe(carol, "dialog", "1002", 600).run_for_s(1);
    world.reconnect_unheard(carol).dial(alice, "1002").run_for_s(1).answer(bob).run_for_s(1);
    assert_eq!(notified(&world, carol, 0), 1, "the next went by the connection that is lost");
    world.register(carol, 3600).run_for_s(40);
    assert_eq!(notified(&world, carol, 0), 2, "{}", world.ladder());
    assert!(world.errand(carol, 0).body().contains("<state>confirmed</state>"), "{}", world.ladder());
    world.hang_up(alice).run_for_s(1);
    assert!(world.errand(carol, 0).body().contains("<state>terminated</state>"), "{}", world.ladder());
}

#[test]
fn a_subscription_that_ends_while_its_connection_does_is_not_kept() {
    let mut world = World::with_seed(1);
    let [alice, bob, carol] = world.phones(["1001", "1002", "1003"]);
    world.connect(carol).register(alice, 3600).register(bob, 3600).register(carol, 3600).run_for_s(1);
    world.subscribe(carol, "dialog", "1002", 60).run_for_s(50);
    world.answer_notify(carol, None, None).dial(alice, "1002").run_for_s(15);
    world.disconnect(carol).run_for_s(60);
    assert_eq!(world.kept_subscriptions(), [0; 5], "{}", world.ladder());
}

/// A second phone of 1002.
fn support_bob(world: &mut World) -> PhoneId {
    let [bob] = world.phones(["1002"]);
    bob
}

#[test]
fn an_extension_that_is_gone_is_watched_no_more_and_watches_nobody() {
    let mut world = World::with_seed(1);
    let [alice, _, carol] = watching(&mut world);
    world.subscribe(alice, "dialog", "1003", 600).run_for_s(1);
    world.remove_extension("1002").run_for_s(1);
    assert_eq!(state(&world, carol, 0), "terminated;reason=noresource");
    world.remove_extension("1001").run_for_s(1);
    assert_eq!(state(&world, alice, 0), "terminated;reason=rejected");
    assert_eq!(world.kept_subscriptions(), [0; 5], "{}", world.ladder());
}

#[test]
fn a_rebooted_phone_at_the_bound_takes_the_place_of_its_former_self() {
    let mut world = World::with_seed(1);
    let [carol, _] = registered(&mut world, ["1003", "1002"]);
    for _ in 0..400 {
        world.subscribe(carol, "dialog", "1002", 600).run_for(Duration::from_millis(1));
    }
    assert_eq!(world.kept_subscriptions()[0], 400);
    world.subscribe(carol, "presence", "1002", 600).run_for_s(1);
    assert_eq!(status(&world, carol, 400), 403, "none of these is for presence");
    world.subscribe(carol, "dialog", "1002", 600).run_for_s(1);
    assert_eq!(status(&world, carol, 401), 200);
    assert_eq!(world.kept_subscriptions()[0], 400);
}

#[test]
fn who_sends_from_elsewhere_must_show_whose_subscription_it_is() {
    let mut world = World::with_seed(1);
    let [_, _, carol] = watching(&mut world);
    let notify = world.errand(carol, 0).notified()[0].clone();
    let text = |name| String::from_utf8_lossy(notify.header(name).expect("a header")).into_owned();
    let forged = format!(
        "SUBSCRIBE sip:1002@203.0.113.1 SIP/2.0\r\nVia: SIP/2.0/UDP 198.51.100.9;rport;branch=z9hG4bKx\r\nMax-Forwards: 70\r\n\
         From: {}\r\nTo: {}\r\nCall-ID: {}\r\nCSeq: 99 SUBSCRIBE\r\nEvent: dialog\r\nExpires: 0\r\n\
         Contact: <sip:evil@198.51.100.9>\r\nContent-Length: 0\r\n\r\n",
        text(HeaderName::To),
        text(HeaderName::From),
        text(HeaderName::CallId)
    );
    world.send_from_nowhere(9, forged).run_for_s(1);
    assert!(world.sent_to_nowhere()[0].starts_with("SIP/2.0 401 "), "{:?}", world.sent_to_nowhere());
    assert_eq!(world.kept_subscriptions()[0], 1);
}

#[test]
fn two_hundred_lamps_are_told_in_lots_and_all_of_them() {
    let mut world = World::with_seed(1);
    let [alice, bob, carol] = registered(&mut world, ["1001", "1002", "1003"]);
    for _ in 0..200 {
        world.subscribe(carol, "dialog", "1002", 600).run_for(Duration::from_millis(5));
    }
    world.run_for_s(5).set_conditions(Conditions { delay: Duration::from_millis(1), ..Conditions::default() });
    let before = world.sent_to(carol).len();
    world.dial(alice, "1002").run_for(Duration::from_millis(9));
    let first = world.sent_to(carol).len() - before;
    assert!((1..=80).contains(&first), "{first} at once");
    world.run_for_s(1).answer(bob).run_for_s(2);
    for errand in world.phone(carol).errands() {
        assert!(errand.body().contains("<state>confirmed</state>"), "{}", errand.body());
    }
}

//! People write to each other (RFC 3428).

mod support;

use std::time::Duration;

use support::{A_WHILE_S, everywhere, header_values, registered};
use warden_call::Event;
use warden_sim::{PhoneId, World};
use warden_sip::header::HeaderName;
use warden_sip::method::Method;
use warden_sip::status::Status;
use warden_sip::write::Body;

fn write<'w>(world: &'w mut World, from: PhoneId, to: &str, text: &str) -> &'w mut World {
    let body = Body { content_type: "text/plain", content: text.to_owned().into() };
    world.ask(from, Method::Message, to, &[], Some(body))
}

fn status(world: &World, id: PhoneId, index: usize) -> u16 {
    world.errand(id, index).status().map_or(0, Status::code)
}

fn read(world: &World, id: PhoneId) -> Vec<String> {
    world.phone(id).unasked().iter().map(|message| String::from_utf8_lossy(message.body()).into_owned()).collect()
}

#[test]
fn a_message_comes_to_every_phone_of_an_extension_from_who_wrote_it() {
    everywhere(|mut world| {
        let [alice, bob, second] = registered(&mut world, ["1001", "1002", "1002"]);
        write(&mut world, alice, "1002", "Lunch?").run_for_s(A_WHILE_S);
        assert_eq!(status(&world, alice, 0), 200, "{}", world.ladder());
        assert_eq!([read(&world, bob), read(&world, second)], [["Lunch?"], ["Lunch?"]]);
        let from = world.phone(bob).unasked()[0].header(HeaderName::From).map(String::from_utf8_lossy);
        assert!(from.as_ref().is_some_and(|it| it.starts_with("\"Person 1001\" <sip:1001@")), "{from:?}");
        assert_eq!(world.message_counts(), [0; 3]);
    });
}

#[test]
fn a_message_to_a_phone_behind_proxies_names_them_as_its_route() {
    let mut world = World::with_seed(1);
    let [alice, bob] = world.phones(["1001", "1002"]);
    world.behind_proxies(bob, "<sip:p2;lr>, <sip:p1;lr>").describe(bob, "", "path").register(bob, 3600).run_for_s(1);
    write(&mut world, alice, "1002", "Lunch?").run_for_s(1);
    let messages: Vec<_> = world.sent_to(bob).into_iter().filter(|text| text.starts_with("MESSAGE ")).collect();
    assert_eq!(header_values(&messages, "Route"), ["<sip:p2;lr>, <sip:p1;lr>"], "{}", world.ladder());
    assert_eq!((status(&world, alice, 0), read(&world, bob)), (200, vec!["Lunch?".into()]));
}

#[test]
fn a_phone_with_two_ways_gets_one_copy_by_the_newer_one() {
    let mut world = World::with_seed(1);
    let [alice, first, second] = two_ways(&mut world);
    write(&mut world, alice, "1002", "Lunch?").run_for_s(1);
    assert_eq!([first, second].map(|way| read(&world, way).len()), [0, 1], "{}", world.ladder());
    assert_eq!((status(&world, alice, 0), world.message_counts()), (200, [0; 3]));
}

/// A phone with two ways; the second one is the newer.
fn two_ways(world: &mut World) -> [PhoneId; 3] {
    let phones = world.phones(["1001", "1002", "1002"]);
    let urn = "<urn:uuid:00000000-0000-1000-8000-000a95a0e128>";
    world.register(phones[0], 3600);
    for (way, number) in [(phones[1], 1), (phones[2], 2)] {
        let parameters = format!(";+sip.instance=\"{urn}\";reg-id={number}");
        world.describe(way, &parameters, "outbound, path").register(way, 3600).run_for_s(1);
    }
    assert_eq!(world.contacts().len(), 3, "{:?}", world.contacts());
    phones
}

#[test]
fn a_message_whose_way_has_failed_goes_by_the_other_way_at_once() {
    let mut world = World::with_seed(1);
    let [alice, first, second] = two_ways(&mut world);
    world.answer_notify(second, Some(Status::FLOW_FAILED), None);
    write(&mut world, alice, "1002", "Lunch?").run_for_s(1);
    assert_eq!((status(&world, alice, 0), read(&world, first)), (200, vec!["Lunch?".into()]), "{}", world.ladder());
    assert_eq!((world.message_counts(), world.saved_messages().count()), ([0; 3], 0));
}

#[test]
fn a_message_that_nobody_answers_is_kept_and_goes_by_the_other_way() {
    let mut world = World::with_seed(1);
    let [alice, first, second] = two_ways(&mut world);
    world.answer_notify(second, None, None);
    write(&mut world, alice, "1002", "Lunch?").run_for_s(6);
    assert_eq!((status(&world, alice, 0), read(&world, first).len()), (202, 0), "{}", world.ladder());
    world.run_for_s(30);
    assert_eq!(read(&world, first), ["Lunch?"], "{}", world.ladder());
    assert_eq!((world.message_counts(), world.saved_messages().count()), ([0; 3], 0));
}

#[test]
fn a_message_that_a_phone_refuses_is_not_sent_to_it_again() {
    let mut world = World::with_seed(1);
    let [alice, first, second] = two_ways(&mut world);
    world.answer_notify(second, Some(Status::DECLINE), None);
    write(&mut world, alice, "1002", "Lunch?").run_for_s(1);
    assert_eq!((status(&world, alice, 0), read(&world, first).len()), (603, 0), "{}", world.ladder());
}

#[test]
fn what_is_written_to_who_cannot_be_reached_is_kept_and_comes_in_order_with_its_date() {
    everywhere(|mut world| {
        let [alice] = registered(&mut world, ["1001"]);
        let [bob] = world.phones(["1002"]);
        world.set_clock(1_289_690_940);
        for text in ["one", "two", "three"] {
            write(&mut world, alice, "1002", text).run_for_s(A_WHILE_S);
        }
        assert_eq!([0, 1, 2].map(|index| status(&world, alice, index)), [202; 3], "{}", world.ladder());
        assert_eq!(world.saved_messages().count(), 3);
        world.run_for_s(3600).register(bob, 3600).run_for_s(3 * A_WHILE_S);
        assert_eq!(read(&world, bob), ["one", "two", "three"], "{}", world.ladder());
        let date = world.phone(bob).unasked()[0].header(HeaderName::Date).map(String::from_utf8_lossy);
        assert!(date.as_ref().is_some_and(|it| it.starts_with("Sat, 13 Nov 2010 23:29:0")), "{date:?}");
        assert_eq!((world.message_counts(), world.saved_messages().count()), ([0; 3], 0));
    });
}

#[test]
fn a_phone_that_is_gone_without_a_word_gets_the_message_when_it_is_back() {
    let mut world = World::with_seed(1);
    let [alice, bob] = registered(&mut world, ["1001", "1002"]);
    world.answer_notify(bob, None, None);
    write(&mut world, alice, "1002", "Lunch?").run_for_s(6);
    assert_eq!(status(&world, alice, 0), 202, "before the sender gives up\n{}", world.ladder());
    world.run_for_s(60).answer_notify(bob, Some(Status::OK), None).register(bob, 3600).run_for_s(1);
    assert_eq!(read(&world, bob).last().map(String::as_str), Some("Lunch?"), "{}", world.ladder());
    assert_eq!((world.message_counts(), world.saved_messages().count()), ([0; 3], 0));
}

#[test]
fn a_phone_that_answers_late_has_the_message_once() {
    let mut world = World::with_seed(1);
    let [alice, bob] = registered(&mut world, ["1001", "1002"]);
    world.answer_notify(bob, None, None);
    write(&mut world, alice, "1002", "Lunch?").run_for_s(10).answer_notify(bob, Some(Status::OK), None).run_for_s(1);
    assert_eq!(status(&world, alice, 0), 202);
    world.register(bob, 3600).run_for_s(10);
    assert_eq!(read(&world, bob), ["Lunch?"]);
    assert_eq!((world.message_counts(), world.saved_messages().count()), ([0; 3], 0));
}

#[test]
fn a_message_whose_way_has_failed_is_kept_until_the_phone_registers_again() {
    let mut world = World::with_seed(1);
    let [alice, bob] = registered(&mut world, ["1001", "1002"]);
    world.answer_notify(bob, Some(Status::FLOW_FAILED), None);
    write(&mut world, alice, "1002", "Lunch?").run_for_s(1);
    assert_eq!((status(&world, alice, 0), world.saved_messages().count()), (202, 1), "{}", world.ladder());
    world.answer_notify(bob, Some(Status::OK), None).register(bob, 3600).run_for_s(1);
    assert_eq!(read(&world, bob).last().map(String::as_str), Some("Lunch?"));
    assert_eq!((world.message_counts(), world.saved_messages().count()), ([0; 3], 0), "{}", world.ladder());
}

#[test]
fn a_refusal_by_the_phone_is_told_to_the_sender() {
    let mut world = World::with_seed(1);
    let [alice, bob] = registered(&mut world, ["1001", "1002"]);
    for (index, refusal) in
        [Status::UNSUPPORTED_MEDIA_TYPE, Status::DECLINE, Status::UNAUTHORIZED].into_iter().enumerate()
    {
        world.answer_notify(bob, Some(refusal), None);
        write(&mut world, alice, "1002", "Lunch?").run_for_s(1);
        let told = if refusal == Status::UNAUTHORIZED { 480 } else { refusal.code() };
        assert_eq!(status(&world, alice, index), told);
    }
    assert_eq!(world.message_counts(), [0; 3]);
}

#[test]
fn what_cannot_be_sent_is_refused_at_once() {
    let mut world = World::with_seed(1);
    let [alice, _] = registered(&mut world, ["1001", "1002"]);
    write(&mut world, alice, "1999", "Lunch?");
    write(&mut world, alice, "1002", &"x".repeat(8 * 1024 + 1));
    let picture = Body { content_type: "image/png", content: "x".into() };
    world.ask(alice, Method::Message, "1002", &[], Some(picture)).run_for_s(1);
    assert_eq!([0, 1, 2].map(|index| status(&world, alice, index)), [404, 413, 415]);
    let accept = world.errand(alice, 2).header(HeaderName::Accept).unwrap_or_default();
    assert!(accept.starts_with("text/plain, text/html"), "{accept}");
}

#[test]
fn fifty_messages_wait_and_one_more_is_refused() {
    let mut world = World::with_seed(1);
    let [alice, carol] = registered(&mut world, ["1001", "1003"]);
    let _ = world.phones(["1002"]);
    for number in 0..51 {
        let sender = if number % 2 == 0 { alice } else { carol };
        write(&mut world, sender, "1002", "Lunch?").run_for_s(2);
    }
    assert_eq!([status(&world, alice, 24), status(&world, carol, 24), status(&world, alice, 25)], [202, 202, 480]);
    assert_eq!(world.saved_messages().count(), 50);
}

#[test]
fn who_writes_too_fast_is_told_to_wait() {
    let mut world = World::with_seed(1);
    let [alice, _] = registered(&mut world, ["1001", "1002"]);
    for _ in 0..21 {
        write(&mut world, alice, "1002", "Lunch?").run_for(Duration::from_millis(10));
    }
    world.run_for_s(1);
    assert_eq!([status(&world, alice, 19), status(&world, alice, 20)], [200, 503]);
    assert_eq!(world.errand(alice, 20).header(HeaderName::RetryAfter).as_deref(), Some("1"));
}

#[test]
fn a_message_that_is_too_old_is_given_up_and_that_is_told() {
    let mut world = World::with_seed(1);
    let [alice] = registered(&mut world, ["1001"]);
    let [bob] = world.phones(["1002"]);
    let body = || Some(Body { content_type: "text/plain", content: "Lunch?".into() });
    world.ask(alice, Method::Message, "1002", &[(HeaderName::Expires, "1800")], body()).run_for_s(1);
    assert_eq!(status(&world, alice, 0), 202);
    world.run_for_s(2500).register(bob, 3600).run_for_s(1);
    assert!(read(&world, bob).is_empty());
    assert!(world.events().iter().any(|event| matches!(event, Event::MessageLost { .. })));
    assert_eq!((world.message_counts(), world.saved_messages().count()), ([0; 3], 0));
}

#[test]
fn what_cannot_be_written_down_is_not_promised() {
    let mut world = World::with_seed(1);
    let [alice] = registered(&mut world, ["1001"]);
    let _ = world.phones(["1002"]);
    write(world.fill_disk(), alice, "1002", "Lunch?").run_for_s(A_WHILE_S);
    assert_eq!(status(&world, alice, 0), 503, "{}", world.ladder());
    assert_eq!(world.message_counts(), [0; 3]);
}

#[test]
fn nobody_writes_as_somebody_else() {
    let mut world = World::with_seed(1);
    let [alice, bob] = registered(&mut world, ["1001", "1002"]);
    let from = [(HeaderName::From, "<sip:1003@203.0.113.1>")];
    let body = Body { content_type: "text/plain", content: "Lunch?".into() };
    world.ask(alice, Method::Message, "1002", &from, Some(body)).run_for_s(1);
    assert_eq!(status(&world, alice, 0), 403);
    assert!(read(&world, bob).is_empty(), "{}", world.ladder());
    assert!(world.events().iter().any(|event| matches!(event, Event::Forbidden { .. })));
}

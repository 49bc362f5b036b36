//! What is told of people (RFC 3856), of their phones (RFC 3680), and of many at once (RFC 4662).

mod support;

use support::{A_WHILE_S, everywhere, extension, registered};
use warden_call::directory::WatchList;
use warden_sim::{PhoneId, World};
use warden_sip::header::HeaderName;
use warden_sip::method::Method;
use warden_sip::status::Status;
use warden_sip::write::Body;

fn body(world: &World, id: PhoneId, index: usize) -> String {
    world.errand(id, index).body()
}

#[test]
fn somebody_is_reachable_while_a_phone_is_registered_and_on_the_phone_while_talking() {
    everywhere(|mut world| {
        let [alice, carol] = registered(&mut world, ["1001", "1003"]);
        let [bob] = world.phones(["1002"]);
        world.subscribe(carol, "presence", "1002", 3000).run_for_s(A_WHILE_S);
        assert!(body(&world, carol, 0).contains("<basic>closed</basic>"), "{}", body(&world, carol, 0));
        world.register(bob, 3600).run_for_s(A_WHILE_S);
        assert!(body(&world, carol, 0).contains("<basic>open</basic>"), "{}", world.ladder());
        world.dial(alice, "1002").run_for_s(A_WHILE_S);
        assert!(!body(&world, carol, 0).contains("on-the-phone"), "it only rings");
        world.answer(bob).run_for_s(A_WHILE_S);
        assert!(body(&world, carol, 0).contains("<rpid:activities><rpid:on-the-phone/></rpid:activities>"));
        world.hang_up(bob).run_for_s(A_WHILE_S);
        assert!(!body(&world, carol, 0).contains("on-the-phone"), "{}", world.ladder());
        world.unregister(bob).run_for_s(A_WHILE_S);
        assert!(body(&world, carol, 0).contains("<basic>closed</basic>"), "{}", world.ladder());
    });
}

#[test]
fn an_extension_is_told_of_its_own_phones() {
    everywhere(|mut world| {
        let [first, second] = registered(&mut world, ["1001", "1001"]);
        world.subscribe(first, "reg", "1001", 3000).run_for_s(A_WHILE_S);
        let both = body(&world, first, 0);
        assert_eq!(both.matches("<contact id=").count(), 2, "{both}");
        assert!(both.contains("<uri>sip:1001@192.0.2.2:5060</uri>"), "{both}");
        world.unregister(second).run_for_s(A_WHILE_S);
        assert_eq!(body(&world, first, 0).matches("<contact id=").count(), 1, "{}", world.ladder());
    });
}

/// 2001 stands for 1001 and 1002.
fn with_list(world: &mut World) {
    let members = ["1001", "1002"].map(extension).to_vec();
    world.configure(|directory| {
        directory.lists.insert(extension("2001"), WatchList { name: "Sales".into(), members });
    });
}

fn subscribe_to_list(world: &mut World, id: PhoneId) {
    let headers = [(HeaderName::Event, "dialog"), (HeaderName::Expires, "600"), (HeaderName::Supported, "eventlist")];
    world.ask(id, Method::Subscribe, "2001", &headers, None).run_for_s(A_WHILE_S);
}

#[test]
fn a_list_is_told_whole_at_first_and_then_what_has_changed() {
    everywhere(|mut world| {
        let [alice, _, carol] = registered(&mut world, ["1001", "1002", "1003"]);
        with_list(&mut world);
        subscribe_to_list(&mut world, carol);
        let whole = body(&world, carol, 0);
        assert!(whole.contains("version=\"0\" fullState=\"true\">\r\n<name>Sales</name>"), "{whole}");
        assert_eq!(whole.matches("<resource uri=").count(), 2, "{whole}");
        assert_eq!(whole.matches("Content-Type: application/dialog-info+xml").count(), 2, "{whole}");
        assert!(whole.ends_with("--warden-list--\r\n"));
        world.dial(alice, "1999").run_for_s(A_WHILE_S).dial(alice, "1003").run_for_s(A_WHILE_S);
        let part = body(&world, carol, 0);
        assert!(part.contains("fullState=\"false\""), "{part}");
        assert_eq!(part.matches("<resource uri=").count(), 1, "{part}");
        assert!(part.contains("entity=\"sip:1001@") && part.contains("<state>early</state>"), "{part}");
        let last = world.errand(carol, 0).notified().last().cloned().expect("a NOTIFY");
        assert_eq!(last.header(HeaderName::Require), Some(&b"eventlist"[..]));
        assert!(last.has_content_type("multipart/related"));
    });
}

#[test]
fn who_knows_nothing_of_lists_is_told_what_it_takes() {
    let mut world = World::with_seed(1);
    let [carol] = registered(&mut world, ["1003"]);
    with_list(&mut world);
    world.subscribe(carol, "dialog", "2001", 600).run_for_s(1);
    let errand = &world.errand(carol, 0);
    assert_eq!(errand.status(), Some(Status::EXTENSION_REQUIRED));
    assert_eq!(errand.header(HeaderName::Require).as_deref(), Some("eventlist"));
}

#[test]
fn a_list_that_has_changed_is_to_be_subscribed_to_anew() {
    let mut world = World::with_seed(1);
    let [carol] = registered(&mut world, ["1003"]);
    with_list(&mut world);
    subscribe_to_list(&mut world, carol);
    world.configure(|directory| directory.lists.values_mut().for_each(|list| list.members.truncate(1))).run_for_s(1);
    assert_eq!(world.errand(carol, 0).state(), "terminated;reason=deactivated");
    assert_eq!(world.kept_subscriptions(), [0; 5]);
}

fn publish(world: &mut World, id: PhoneId, number: &str, if_match: Option<&str>, seconds: &str, basic: Option<&str>) {
    let mut headers = vec![(HeaderName::Event, "presence"), (HeaderName::Expires, seconds)];
    headers.extend(if_match.map(|tag| (HeaderName::SipIfMatch, tag)));
    let document = |basic: &str| {
        let text = format!(
            "<presence xmlns='urn:ietf:params:xml:ns:pidf'><tuple id='a'><status><basic>{basic}</basic></status>\
             <note>At lunch</note></tuple><activities><meal/></activities></presence>"
        );
        Body { content_type: "application/pidf+xml", content: text.into() }
    };
    world.ask(id, Method::Publish, number, &headers, basic.map(document)).run_for_s(A_WHILE_S);
}

fn outcome(world: &World, id: PhoneId, index: usize) -> (u16, String) {
    let errand = world.errand(id, index);
    (errand.status().map_or(0, Status::code), errand.header(HeaderName::SipEtag).unwrap_or_default())
}

#[test]
fn what_somebody_publishes_is_told_until_it_is_taken_back_or_ends() {
    everywhere(|mut world| {
        let [alice, carol] = registered(&mut world, ["1001", "1003"]);
        world.subscribe(carol, "presence", "1001", 3000).run_for_s(A_WHILE_S);
        publish(&mut world, alice, "1001", None, "600", Some("closed"));
        let (status, first) = outcome(&world, alice, 0);
        assert_eq!(status, 200, "{}", world.ladder());
        let told = body(&world, carol, 0);
        assert!(told.contains("<basic>closed</basic>") && told.contains("<note>At lunch</note>"), "{told}");
        assert!(told.contains("<rpid:activities><rpid:meal/></rpid:activities>"), "{told}");
        publish(&mut world, alice, "1001", Some(&first), "600", Some("open"));
        let (status, second) = outcome(&world, alice, 1);
        assert!(status == 200 && first != second);
        assert!(body(&world, carol, 0).contains("<basic>open</basic>"), "{}", world.ladder());
        publish(&mut world, alice, "1001", Some(&first), "600", None);
        assert_eq!(outcome(&world, alice, 2).0, 412, "another tag holds now");
        publish(&mut world, alice, "1001", Some(&second), "600", None);
        let (status, third) = outcome(&world, alice, 3);
        assert_eq!(status, 200);
        world.run_for_s(500);
        assert!(body(&world, carol, 0).contains("At lunch"), "it was refreshed");
        world.run_for_s(200);
        assert!(!body(&world, carol, 0).contains("At lunch"), "{}", world.ladder());
        publish(&mut world, alice, "1001", Some(&third), "0", None);
        assert_eq!(outcome(&world, alice, 4).0, 412, "it has ended");
        publish(&mut world, alice, "1001", None, "600", Some("closed"));
        let (_, last) = outcome(&world, alice, 5);
        assert!(body(&world, carol, 0).contains("<basic>closed</basic>"));
        publish(&mut world, alice, "1001", Some(&last), "0", None);
        assert_eq!(outcome(&world, alice, 6).0, 200);
        assert!(body(&world, carol, 0).contains("<basic>open</basic>"), "{}", world.ladder());
    });
}

#[test]
fn what_cannot_be_published_is_refused() {
    let mut world = World::with_seed(1);
    let [alice, _] = registered(&mut world, ["1001", "1002"]);
    publish(&mut world, alice, "1002", None, "600", Some("open"));
    publish(&mut world, alice, "1001", None, "10", Some("open"));
    publish(&mut world, alice, "1001", None, "600", None);
    publish(&mut world, alice, "1001", None, "600", Some("</nonsense>"));
    let dialog = [(HeaderName::Event, "dialog")];
    world.ask(alice, Method::Publish, "1001", &dialog, None);
    let body = |content_type, content: String| Some(Body { content_type, content: content.into() });
    let presence = [(HeaderName::Event, "presence")];
    world.ask(alice, Method::Publish, "1001", &presence, body("text/plain", "x".into()));
    world.ask(alice, Method::Publish, "1001", &presence, body("application/pidf+xml", "x".repeat(20_000)));
    world.run_for_s(1);
    let statuses: Vec<_> = (0..7).map(|index| outcome(&world, alice, index).0).collect();
    assert_eq!(statuses, [403, 423, 400, 400, 489, 415, 413]);
    for _ in 0..11 {
        publish(&mut world, alice, "1001", None, "600", Some("open"));
    }
    assert_eq!((outcome(&world, alice, 16).0, outcome(&world, alice, 17).0), (200, 403), "ten programs at most");
}

//! What is told of people (RFC 3856), of their phones (RFC 3680), and of many at once (RFC 4662).

mod support;

use support::{A_WHILE_S, everywhere, extension, registered};
use warden_call::directory::WatchList;
use warden_sim::{PhoneId, World};
use warden_sip::header::HeaderName;
use warden_sip::method::Method;
use warden_sip::status::Status;

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

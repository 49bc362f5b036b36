//! Who is heard, and who is not: networks, scanners, floods, devices without a password.

#![expect(clippy::expect_used, reason = "what is wrong here fails the test")]

mod support;

use std::net::IpAddr;

use support::strangers::{answers, bans, challenge, challenge_at, credentials, request};
use support::{header_values, registered, talking};
use warden_call::access::{BanReason, Network, NetworkSet, Pace};
use warden_call::directory::DeviceAccess;
use warden_call::{Acl, Event};
use warden_sim::World;
use warden_sip::digest::{Algorithm, Ha1};

/// The address of [`World::send_from_nowhere`] with this number.
fn nowhere(number: u8) -> IpAddr {
    [198, 51, 100, number].into()
}

fn only(address: IpAddr) -> NetworkSet {
    [Network::from(address)].into_iter().collect()
}

/// Changes how the device of an extension may sign in.
fn configure_device(world: &mut World, number: &str, change: impl FnOnce(&mut DeviceAccess)) {
    world.configure(|directory| {
        let mut device = directory.devices.get(number.as_bytes()).expect("a device").clone();
        change(&mut device.access);
        directory.add_device(number.as_bytes(), device);
    });
}

#[test]
fn a_network_that_is_denied_gets_no_answer_whatever_it_sends() {
    let mut world = World::with_seed(1);
    registered(&mut world, ["1001"]);
    world.configure(|directory| directory.access.deny = only(nowhere(1)));
    let methods = ["REGISTER", "INVITE", "OPTIONS", "CANCEL", "BYE", "PUBLISH", "NONSENSE"];
    let got = answers(&mut world, |world| {
        for (method, branch) in methods.into_iter().zip(0..) {
            world.send_from_nowhere(1, request(method, "911", branch, ""));
        }
        world.send_from_nowhere(1, "INVITE\r\n\r\n").send_from_nowhere(1, request("INVITE", "1001", 99, "CSeq: x\r\n"));
    });
    assert_eq!(got, [""; 0]);
    let other = answers(&mut world, |world| _ = world.send_from_nowhere(2, request("OPTIONS", "1001", 7, "")));
    assert_eq!(other, ["SIP/2.0 200 OK"]);
}

#[test]
fn who_is_allowed_is_heard_out_of_a_network_that_is_denied() {
    let mut world = World::with_seed(1);
    world.configure(|directory| {
        directory.access.deny = [Network::new(nowhere(0), 0).expect("a network")].into_iter().collect();
        directory.access.allow = only(nowhere(1));
    });
    let got = answers(&mut world, |world| {
        world.send_from_nowhere(1, request("OPTIONS", "1001", 1, ""));
        world.send_from_nowhere(2, request("OPTIONS", "1001", 2, ""));
    });
    assert_eq!(got, ["SIP/2.0 200 OK"]);
}

#[test]
fn a_scanner_gets_no_answer_and_its_address_is_banned_at_first_sight() {
    let mut world = World::with_seed(1);
    world.configure(|directory| directory.access.scanners = ["friendly-scanner".into()].into());
    let scan = "User-Agent: friendly-scanner\r\n";
    let got = answers(&mut world, |world| {
        for (method, branch) in ["OPTIONS", "REGISTER", "INVITE", "CANCEL", "NONSENSE"].into_iter().zip(0..) {
            world.send_from_nowhere(1, request(method, "911", branch, scan));
        }
        // By another name, and calling for nobody: the address is known by now.
        world.send_from_nowhere(1, request("OPTIONS", "1001", 10, ""));
        world.run_for_s(60);
    });
    assert_eq!(got, [""; 0]);
    assert_eq!(bans(&world), [BanReason::Scanner], "told once");
    assert_eq!(world.transactions(), (0, 0));
    let other = answers(&mut world, |world| _ = world.send_from_nowhere(2, request("OPTIONS", "1001", 11, "")));
    assert_eq!(other, ["SIP/2.0 200 OK"], "another address is not concerned");
    world.run_for_s(3600);
    let later = answers(&mut world, |world| _ = world.send_from_nowhere(1, request("OPTIONS", "1001", 12, "")));
    assert_eq!(later, ["SIP/2.0 200 OK"], "the ban has ended");
}

#[test]
fn a_banned_address_calls_for_help_all_the_same() {
    let mut world = World::with_seed(1);
    registered(&mut world, ["1001"]);
    world.configure(|directory| directory.access.scanners = ["friendly-scanner".into()].into());
    let scan = request("OPTIONS", "1001", 1, "User-Agent: friendly-scanner\r\n");
    world.send_from_nowhere(1, scan).run_for_s(1);
    let got = answers(&mut world, |world| {
        world.send_from_nowhere(1, request("INVITE", "1001", 2, ""));
        world.send_from_nowhere(1, request("INVITE", "911", 3, ""));
    });
    assert_eq!(got, ["SIP/2.0 401 Unauthorized"], "asked for its password, as every phone is");
    let refused = world.sent_to_nowhere().pop().expect("a challenge");
    let signed = request("INVITE", "911", 4, &credentials(&refused, "INVITE", "1001", 1));
    let got = answers(&mut world, |world| _ = world.send_from_nowhere(1, signed));
    assert_eq!(got, ["SIP/2.0 503 No Way to Emergency Services"], "there is no trunk yet");
}

#[test]
fn nobody_is_banned_for_guesses_in_datagrams_that_another_has_invented() {
    let mut world = World::with_seed(1);
    let [alice] = registered(&mut world, ["1001"]);
    let refused = challenge(&mut world, "REGISTER", "1001", 1);
    for branch in 0..10 {
        let guess = credentials(&refused, "REGISTER", "1001", branch + 1).replace("uri=\"sip:2", "uri=\"sip:3");
        world.send_as(alice, request("REGISTER", "1001", 10 + branch, &guess)).run_for_s(1);
    }
    assert_eq!(bans(&world), []);
    assert!(!world.events().iter().any(|event| matches!(event, Event::SignInFailed { .. })));
    // Where the challenge went to, the same guesses count.
    for branch in 0..5 {
        let guess = credentials(&refused, "REGISTER", "1001", branch + 1).replace("uri=\"sip:2", "uri=\"sip:3");
        world.send_from_nowhere(1, request("REGISTER", "1001", 30 + branch, &guess)).run_for_s(1);
    }
    assert_eq!(bans(&world), [BanReason::WrongPasswords]);
}

#[test]
fn an_invite_that_shows_nothing_is_answered_once_and_not_kept() {
    let mut world = World::with_seed(1);
    registered(&mut world, ["1001"]);
    world.run_for_s(40);
    for (branch, junk) in
        ["", "Authorization: x\r\n", "Proxy-Authorization: Digest realm=\"warden-pbx\"\r\n"].iter().enumerate()
    {
        let before = world.sent_to_nowhere().len();
        let branch = u32::try_from(branch).expect("few");
        world.send_from_nowhere(1, request("INVITE", "911", branch, junk)).run_for_s(1);
        assert_eq!(world.transactions().0, 0, "{junk}");
        world.run_for_s(40);
        assert_eq!(world.sent_to_nowhere().len(), before + 1, "{junk}");
    }
}

#[test]
fn another_password_lifts_the_bans_for_wrong_ones_of_that_user_and_no_others() {
    let mut world = World::with_seed(1);
    world.phones(["1001", "1002"]);
    for (from, username) in [(1, "1001"), (2, "1002")] {
        let refused = challenge_at(&mut world, from, "REGISTER", username, u32::from(from) * 10);
        for nc in 1..=5 {
            let guess = credentials(&refused, "REGISTER", username, nc).replace("uri=\"sip:2", "uri=\"sip:3");
            world
                .send_from_nowhere(from, request("REGISTER", username, u32::from(from) * 10 + nc, &guess))
                .run_for_s(1);
        }
    }
    assert_eq!(bans(&world), [BanReason::WrongPasswords; 2], "{}", world.ladder());
    world.configure(|directory| {
        let mut device = directory.devices.get(&b"1001"[..]).expect("a device").clone();
        device.ha1 = Ha1::derive(b"1001", directory.realm.as_bytes(), b"another one");
        directory.add_device(b"1001", device);
    });
    let mut register = |from, branch| {
        answers(&mut world, |world| _ = world.send_from_nowhere(from, request("REGISTER", "1001", branch, "")))
    };
    assert_eq!(register(1, 50), ["SIP/2.0 401 Unauthorized"], "it may try again");
    assert_eq!(register(2, 51), ["SIP/2.0 403 Too Many Wrong Passwords"]);
}

#[test]
fn guessing_makes_no_ban_milder() {
    let mut world = World::with_seed(1);
    registered(&mut world, ["1001"]);
    world.configure(|directory| directory.access.scanners = ["friendly-scanner".into()].into());
    world.send_from_nowhere(1, request("OPTIONS", "1001", 1, "User-Agent: friendly-scanner\r\n")).run_for_s(1);
    let refused = challenge(&mut world, "INVITE", "911", 2);
    for branch in 0..10 {
        let guess = credentials(&refused, "INVITE", "1001", branch + 1).replace("uri=\"sip:2", "uri=\"sip:3");
        world.send_from_nowhere(1, request("INVITE", "911", 10 + branch, &guess)).run_for_s(1);
    }
    assert_eq!(bans(&world), [BanReason::Scanner]);
    let got = answers(&mut world, |world| _ = world.send_from_nowhere(1, request("OPTIONS", "1001", 30, "")));
    assert_eq!(got, [""; 0], "it still gets no answer");
}

#[test]
fn a_flood_of_datagrams_does_not_shut_out_who_comes_by_connection() {
    let mut world = World::with_seed(1);
    let [alice] = world.phones(["1001"]);
    world.configure(|directory| directory.access.unsigned = Pace { per_second: 1, burst: 5 });
    for branch in 0..100 {
        world.send_as(alice, request("OPTIONS", "1001", branch, ""));
    }
    world.connect(alice).register(alice, 3600).run_for_s(5);
    assert_eq!(world.contacts().len(), 1);
}

#[test]
fn where_phones_are_registered_a_scanner_is_not_answered_and_nobody_is_banned() {
    let mut world = World::with_seed(1);
    let [alice] = registered(&mut world, ["1001"]);
    world.configure(|directory| directory.access.scanners = ["friendly-scanner".into()].into());
    let scan = request("OPTIONS", "1001", 1, "User-Agent: friendly-scanner\r\n");
    let before = world.sent_to(alice).len();
    world.send_as(alice, scan).run_for_s(1);
    assert_eq!((world.sent_to(alice).len(), bans(&world).len()), (before, 0));
    let help = request("INVITE", "911", 2, "User-Agent: friendly-scanner\r\n");
    world.send_as(alice, help).run_for_s(1);
    assert!(
        world.sent_to(alice).iter().skip(before).any(|text| text.starts_with("SIP/2.0 401 ")),
        "{}",
        world.ladder()
    );
}

#[test]
fn a_flood_without_credentials_is_heard_to_the_pace_and_no_further() {
    let mut world = World::with_seed(1);
    let [alice, _] = talking(&mut world);
    world.configure(|directory| directory.access.unsigned = Pace { per_second: 10, burst: 50 });
    let got = answers(&mut world, |world| {
        for branch in 0..1000 {
            world.send_from_nowhere(1, request("REGISTER", "1001", branch, ""));
        }
    });
    assert_eq!(got.len(), 50);
    let help = answers(&mut world, |world| {
        for branch in 2000..2100 {
            world.send_from_nowhere(1, request("OPTIONS", "1001", branch, ""));
        }
        world.send_from_nowhere(1, request("INVITE", "911", 3000, ""));
    });
    assert_eq!(help.iter().filter(|line| line.contains("401")).count(), 1, "a call for help is heard: {help:?}");
    assert!((10..=12).contains(&(help.len() - 1)), "{help:?}");
    let other = answers(&mut world, |world| _ = world.send_from_nowhere(2, request("OPTIONS", "1001", 4000, "")));
    assert_eq!(other, ["SIP/2.0 200 OK"]);
    // A call of a phone beside goes on, and ends.
    world.hang_up(alice).run_for_s(1);
    assert!(world.media_sessions().is_empty());
}

#[test]
fn calls_for_help_from_an_invented_source_are_paced_too_and_those_of_a_phone_are_not() {
    let mut world = World::with_seed(1);
    let [alice, _] = talking(&mut world);
    world.configure(|directory| directory.access.unsigned = Pace { per_second: 10, burst: 50 });
    let flood = |world: &mut World| {
        for branch in 0..1000 {
            world.send_from_nowhere(1, request("INVITE", "911", branch, ""));
        }
    };
    assert_eq!(answers(&mut world, flood).iter().filter(|line| line.contains("401")).count(), 250);
    for branch in 5000..5400 {
        world.send_as(alice, request("INVITE", "911", branch, ""));
    }
    world.run_for_s(1);
    let challenged = |text: &&String| text.starts_with("SIP/2.0 401") && text.contains("Call-ID: n5");
    assert_eq!(world.sent_to(alice).iter().filter(challenged).count(), 400);
}

#[test]
fn a_registration_that_names_a_call_is_paced_like_any_other() {
    let mut world = World::with_seed(1);
    let [alice, _] = talking(&mut world);
    world.configure(|directory| directory.access.unsigned = Pace { per_second: 10, burst: 50 });
    let answer =
        world.sent_to(alice).into_iter().find(|text| text.starts_with("SIP/2.0 200") && text.contains("INVITE"));
    let to = header_values(&[answer.expect("an answer")], "To").remove(0);
    let (_, tag) = to.split_once(";tag=").expect("a tag");
    let got = answers(&mut world, |world| {
        for branch in 0..1000 {
            let request = request("REGISTER", "1001", branch, "");
            world.send_from_nowhere(1, request.replace("To: <sip:1001@a>", &format!("To: <sip:1001@a>;tag={tag}")));
        }
    });
    assert_eq!(got.len(), 50);
}

#[test]
fn requests_within_calls_that_there_are_not_are_heard_to_the_pace_and_those_within_a_call_always() {
    let mut world = World::with_seed(1);
    let [alice, _] = talking(&mut world);
    world.configure(|directory| directory.access.unsigned = Pace { per_second: 10, burst: 50 });
    let methods = ["BYE", "INFO", "INVITE", "UPDATE", "SUBSCRIBE", "NOTIFY", "REFER", "MESSAGE"];
    let stray = |branch: usize| {
        let method = methods[branch % methods.len()];
        let to = if branch.is_multiple_of(2) { "1001" } else { "911" };
        let request = request(method, to, u32::try_from(branch).expect("few"), "");
        request.replace(&format!("To: <sip:{to}@a>"), &format!("To: <sip:{to}@a>;tag={branch:016x}"))
    };
    let got = answers(&mut world, |world| {
        for branch in 0..1000 {
            world.send_from_nowhere(1, stray(branch));
        }
    });
    assert_eq!(got.iter().filter(|line| line.starts_with("SIP/2.0 481 ")).count(), 50, "{got:?}");
    // From the address of a phone in a call.
    for branch in 1000..1200 {
        world.send_as(alice, stray(branch));
    }
    world.hang_up(alice).run_for_s(1);
    assert!(world.media_sessions().is_empty(), "{}", world.ladder());
    assert!(!world.sent_to(alice).iter().any(|text| text.contains("Call-ID: n1199\r\n")), "too many from there");
}

#[test]
fn a_flood_beside_a_phone_does_not_keep_it_from_registering_again() {
    let mut world = World::with_seed(1);
    world.configure(|directory| directory.access.unsigned = Pace { per_second: 1, burst: 5 });
    let [alice] = world.phones(["1001"]);
    world.register(alice, 60).run_for_s(1);
    for second in 0..240 {
        for branch in 0..20 {
            world.send_as(alice, request("OPTIONS", "1001", second * 100 + branch, ""));
        }
        world.run_for_s(1);
    }
    assert_eq!(world.contacts().len(), 1, "its nonce serves for all of them");
}

#[test]
fn an_extension_signs_in_from_its_networks_only_and_calls_for_help_from_everywhere() {
    let mut world = World::with_seed(1);
    let [alice] = registered(&mut world, ["1001"]);
    let address = world.phone(alice).address().ip();
    configure_device(&mut world, "1001", |access| access.networks = Some(only(address)));
    world.register(alice, 3600).run_for_s(1);
    assert_eq!(world.contacts().len(), 1);
    let refused = challenge(&mut world, "REGISTER", "1001", 1);
    let signed = request("REGISTER", "1001", 2, &credentials(&refused, "REGISTER", "1001", 1));
    let got = answers(&mut world, |world| _ = world.send_from_nowhere(1, signed));
    assert_eq!(got, ["SIP/2.0 403 Not From This Network"]);
    let is_told = |event: &Event| matches!(event, Event::Forbidden { acl: Acl::Networks, .. });
    assert_eq!(world.events().iter().filter(|event| is_told(event)).count(), 1);
    let refused = challenge(&mut world, "INVITE", "911", 3);
    let help = request("INVITE", "911", 4, &credentials(&refused, "INVITE", "1001", 1));
    let got = answers(&mut world, |world| _ = world.send_from_nowhere(1, help));
    assert_eq!(got, ["SIP/2.0 503 No Way to Emergency Services"]);
}

/// 1001 needs no password at 198.51.100.1.
fn pin(world: &mut World) {
    configure_device(world, "1001", |access| access.pinned_to = Some(nowhere(1)));
}

#[test]
fn a_pinned_device_needs_no_password_at_its_address_and_one_elsewhere() {
    let mut world = World::with_seed(1);
    world.phones(["1001", "1002"]);
    pin(&mut world);
    let got = answers(&mut world, |world| {
        world.send_from_nowhere(1, request("REGISTER", "1001", 1, ""));
    });
    assert_eq!(got, ["SIP/2.0 200 OK"]);
    assert_eq!(world.contacts(), ["sip:1001@198.51.100.1"]);
    let elsewhere = answers(&mut world, |world| {
        world.send_from_nowhere(2, request("REGISTER", "1001", 2, ""));
        world.send_from_nowhere(2, request("INVITE", "1002", 3, ""));
    });
    assert_eq!(elsewhere, ["SIP/2.0 401 Unauthorized"; 2]);
    // Only as itself, and not as another extension.
    let other = request("REGISTER", "1002", 4, "").replace("sip:1001@a", "sip:1002@a");
    let got = answers(&mut world, |world| _ = world.send_from_nowhere(1, other));
    assert_eq!(got, ["SIP/2.0 401 Unauthorized"]);
    let got = answers(&mut world, |world| _ = world.send_from_nowhere(1, request("REGISTER", "1002", 5, "")));
    assert_eq!(got, ["SIP/2.0 403 Not Your Extension"]);
}

#[test]
fn a_pinned_device_calls_for_help_whoever_it_says_to_be() {
    let mut world = World::with_seed(1);
    world.phones(["1001", "1002"]);
    pin(&mut world);
    let strange = |number: &str, branch| {
        request("INVITE", number, branch, "").replace("From: <sip:1001@a>", "From: <sip:line1@a>")
    };
    let got = answers(&mut world, |world| {
        world.send_from_nowhere(1, strange("911", 1)).send_from_nowhere(1, strange("1002", 2));
    });
    assert_eq!(got, ["SIP/2.0 503 No Way to Emergency Services", "SIP/2.0 401 Unauthorized"]);
    let withheld = request("INVITE", "1777", 3, "").replace("<sip:1001@a>", "<sip:anonymous@anonymous.invalid>");
    let got = answers(&mut world, |world| _ = world.send_from_nowhere(1, withheld));
    assert_eq!(got, ["SIP/2.0 404 Unknown Number"], "the only device there withholds its number");
}

#[test]
fn a_device_that_must_use_sha_256_is_asked_for_it_and_not_heard_with_md5() {
    let mut world = World::with_seed(1);
    let [alice, bob] = world.phones(["1001", "1002"]);
    configure_device(&mut world, "1001", |access| access.algorithm = Some(Algorithm::Sha256));
    world.register(alice, 3600).register(bob, 3600).run_for_s(1);
    assert_eq!(world.contacts().len(), 2, "a phone takes either");
    let asked = |world: &World, phone| -> Vec<String> {
        let sent: Vec<String> = world.sent_to(phone);
        let lines = sent.iter().flat_map(|text| text.lines()).filter(|line| line.starts_with("WWW-Authenticate: "));
        lines
            .map(|line| {
                line.split("algorithm=").nth(1).unwrap_or_default().split(',').next().unwrap_or_default().to_owned()
            })
            .collect()
    };
    assert_eq!((asked(&world, alice), asked(&world, bob)), (vec!["SHA-256".to_owned()], vec!["MD5".to_owned()]));
    // A challenge for MD5 that was asked for in another's name does not serve.
    let as_bob = request("REGISTER", "1002", 1, "").replace("sip:1001@a", "sip:1002@a");
    world.send_from_nowhere(1, as_bob).run_for_s(1);
    let weaker = world.sent_to_nowhere().pop().expect("a challenge");
    assert!(weaker.contains("algorithm=MD5"), "{weaker}");
    let signed = request("REGISTER", "1001", 2, &credentials(&weaker, "REGISTER", "1001", 1));
    world.send_from_nowhere(1, signed).run_for_s(1);
    let answer = world.sent_to_nowhere().pop().expect("an answer");
    assert!(answer.starts_with("SIP/2.0 401 ") && answer.contains("algorithm=SHA-256"), "{answer}");
    let is_strike = |event: &&Event| matches!(event, Event::SignInFailed { .. });
    assert_eq!(world.events().iter().filter(is_strike).count(), 0, "the password was right");
}

#[test]
fn one_source_sets_up_so_many_calls_at_a_time_and_emergency_calls_beyond() {
    let mut world = World::with_seed(1);
    registered(&mut world, ["1001", "1002", "1003", "1004", "1005"]);
    world.configure(|directory| directory.access.half_open = 3);
    let dial = |world: &mut World, number: &str, branch: u32| {
        let refused = challenge(world, "INVITE", number, branch);
        let signed = request("INVITE", number, branch + 1, &credentials(&refused, "INVITE", "1001", 1));
        answers(world, |world| _ = world.send_from_nowhere(1, signed)).pop().expect("an answer")
    };
    for (number, branch) in [("1002", 0), ("1003", 10), ("1004", 20)] {
        assert_eq!(dial(&mut world, number, branch), "SIP/2.0 180 Ringing");
    }
    assert_eq!(dial(&mut world, "1005", 100), "SIP/2.0 503 Too Many Calls In Set-Up");
    assert_eq!(dial(&mut world, "911", 200), "SIP/2.0 503 No Way to Emergency Services");
    world.configure(|directory| directory.access.peers = only(nowhere(1)));
    assert_eq!(dial(&mut world, "1005", 300), "SIP/2.0 180 Ringing", "a trunk has as many as it has lines");
}

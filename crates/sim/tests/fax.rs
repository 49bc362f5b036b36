//! Calls that become a fax by T.38, are refused it, or begin as one; and what may happen to a call meanwhile.

mod support;

use support::{
    A_WHILE_S, assert_all_over, assert_ended, assert_hear_each_other, assert_refused, assert_states, assert_talking,
    everywhere, everywhere_with_media, extension, only_record, registered, requests, talking,
};
use warden_call::call_event::{Cause, Ender};
use warden_call::encryption::Srtp;
use warden_call::media::MediaCommand;
use warden_sim::{FaxManner, PhoneId, PhoneState, World};
use warden_sip::header::Transport;
use warden_sip::status::Status;

/// 1001 has called 1002, and they talk; both take fax.
fn gateways(world: &mut World) -> [PhoneId; 2] {
    let phones = registered(world, ["1001", "1002"]);
    let [alice, bob] = phones;
    world.set_fax(alice, FaxManner::Takes).set_fax(bob, FaxManner::Takes);
    world.dial(alice, "1002").run_for_s(A_WHILE_S).answer(bob).run_for_s(A_WHILE_S);
    assert_talking(world, phones);
    phones
}

fn assert_faxing(world: &mut World, phones: [PhoneId; 2], is_fax: bool) {
    for phone in phones {
        assert_eq!(world.phone(phone).is_faxing(), is_fax, "{}", world.ladder());
    }
    assert_hear_each_other(world, phones);
}

/// The fax that 1001 or 1002 has begun is refused, and the call goes on.
fn assert_no_fax(world: &mut World, phones: [PhoneId; 2], by: PhoneId) {
    assert_eq!(world.phone(by).failure(), Some(Status::NOT_ACCEPTABLE_HERE), "{}", world.ladder());
    assert_talking(world, phones);
    assert_faxing(world, phones, false);
}

#[test]
fn either_side_may_begin_a_fax_and_go_back_to_sound() {
    everywhere_with_media(|mut world| {
        let phones = gateways(&mut world);
        for by in phones {
            world.begin_fax(by).run_for_s(A_WHILE_S);
            assert_faxing(&mut world, phones, true);
            world.end_fax(by).run_for_s(A_WHILE_S);
            assert_faxing(&mut world, phones, false);
        }
        // The one begins it, the other ends it; and by UPDATE.
        let [alice, bob] = phones;
        world.begin_fax_by_update(bob).run_for_s(A_WHILE_S);
        assert_faxing(&mut world, phones, true);
        world.end_fax(alice).run_for_s(A_WHILE_S);
        assert_faxing(&mut world, phones, false);
        world.hang_up(alice);
        assert_ended(&mut world, phones, Ender::Caller, Cause::HungUp);
    });
}

#[test]
fn the_record_of_a_fax_names_it_though_the_call_ends_as_sound() {
    let mut world = World::with_seed(1).with_media();
    let phones = gateways(&mut world);
    let [alice, bob] = phones;
    world.begin_fax(bob).run_for_s(5).end_fax(bob).run_for_s(5).hang_up(alice);
    assert_ended(&mut world, phones, Ender::Caller, Cause::HungUp);
    let measured = only_record(&world).measured.expect("measured");
    for measured in *measured {
        assert_eq!(measured.codec.as_deref(), Some("T.38"));
        assert!(measured.packets > 500, "{measured:?}");
    }
}

#[test]
fn a_fax_that_the_other_phone_refuses_is_488_and_the_call_goes_on() {
    let words = [488, 415, 606, 400, 501].map(|code| Status::from_code(code).map(FaxManner::Refuses));
    for manner in words.into_iter().flatten().chain([FaxManner::Unknown]) {
        let mut world = World::with_seed(1).with_media();
        let phones = gateways(&mut world);
        let [alice, bob] = phones;
        world.set_fax(alice, manner.clone()).begin_fax(bob).run_for_s(2);
        assert_no_fax(&mut world, phones, bob);
        world.hang_up(alice);
        assert_ended(&mut world, phones, Ender::Caller, Cause::HungUp);
    }
}

/// RFC 3264 would have it that nothing is left of the stream then; so the phone is told that its sound goes on.
#[test]
fn a_fax_that_is_accepted_with_port_0_or_answered_with_sound_is_488_and_the_call_goes_on() {
    for media in ["m=image 0 udptl t38", "m=audio 4000 RTP/AVP 0", "m=image 4000 tcp t38", "a=x"] {
        for seed in 0..2 {
            let mut world = World::with_seed(seed).loss(0.05).delay_ms(40).with_media();
            let phones = gateways(&mut world);
            let [alice, bob] = phones;
            world.set_fax(alice, FaxManner::Describes(media.into()));
            let before = requests(&world, bob, "INVITE");
            world.begin_fax(bob).run_for_s(A_WHILE_S);
            assert_no_fax(&mut world, phones, bob);
            assert!(requests(&world, bob, "INVITE") > before);
            let told = world.sent_to(alice).into_iter().rfind(|text| text.starts_with("INVITE "));
            assert!(told.is_some_and(|text| text.contains("\r\nm=audio 1")), "{}", world.ladder());
            world.hang_up(alice);
            assert_ended(&mut world, phones, Ender::Caller, Cause::HungUp);
        }
    }
}

#[test]
fn a_phone_that_thinks_about_a_fax_for_too_long_does_not_end_the_call() {
    let mut world = World::with_seed(1).with_media();
    let phones = gateways(&mut world);
    let [alice, bob] = phones;
    world.hesitate(alice).begin_fax(bob).run_for_s(60);
    assert_talking(&world, phones);
    assert!(!world.phone(bob).is_changing() && world.phone(bob).failure().is_some(), "{}", world.ladder());
    assert_faxing(&mut world, phones, false);
}

#[test]
fn a_call_may_begin_as_a_fax() {
    everywhere_with_media(|mut world| {
        let phones = registered(&mut world, ["1001", "1002"]);
        let [alice, bob] = phones;
        world.load_page(alice).set_fax(bob, FaxManner::Takes);
        world.dial(alice, "1002").run_for_s(A_WHILE_S).answer(bob).run_for_s(A_WHILE_S);
        assert_talking(&world, phones);
        assert_faxing(&mut world, phones, true);
        world.end_fax(bob).run_for_s(A_WHILE_S);
        assert_faxing(&mut world, phones, false);
        world.hang_up(bob);
        assert_ended(&mut world, phones, Ender::Callee, Cause::HungUp);
    });
}

#[test]
fn a_call_that_begins_as_a_fax_with_a_phone_that_will_not_is_488() {
    for manner in [FaxManner::Unknown, FaxManner::Describes("m=image 0 udptl t38".into())] {
        let mut world = World::with_seed(1);
        let [alice, bob] = registered(&mut world, ["1001", "1002"]);
        world.load_page(alice).set_fax(bob, manner).dial(alice, "1002").run_for_s(2).answer(bob).run_for_s(2);
        assert_refused(&mut world, alice, Status::NOT_ACCEPTABLE_HERE, Cause::NoCommonCodec);
        assert_states(&world, [bob], [PhoneState::Idle]);
    }
    for code in [415, 606] {
        let mut world = World::with_seed(1);
        let [alice, bob] = registered(&mut world, ["1001", "1002"]);
        world.load_page(alice).dial(alice, "1002").run_for_s(2);
        world.refuse_for_now(bob, Status::from_code(code).expect("a status"), "0").run_for_s(2);
        assert_refused(&mut world, alice, Status::NOT_ACCEPTABLE_HERE, Cause::NoCommonCodec);
    }
}

#[test]
fn refreshes_in_a_fax_change_nothing_and_nobody_is_missed_in_an_hour() {
    for by_invite in [false, true] {
        let mut world = World::with_seed(1).with_media();
        let phones = registered(&mut world, ["1001", "1002"]);
        let [alice, bob] = phones;
        for phone in phones {
            world.set_fax(phone, FaxManner::Takes).set_session_timer(phone, Some(600));
            if by_invite {
                world.refresh_by_invite(phone);
            }
        }
        world.dial(alice, "1002").run_for_s(2).answer(bob).run_for_s(2).begin_fax(bob).run_for_s(2);
        assert_faxing(&mut world, phones, true);
        // A page that is received takes long, and who receives it says nothing.
        world.silence(alice, true).run_for_s(3600);
        assert_talking(&world, phones);
        assert!(phones.iter().all(|phone| world.phone(*phone).is_faxing()), "{}", world.ladder());
    }
}

#[test]
fn two_faxes_at_once_are_one_in_time() {
    everywhere(|mut world| {
        let phones = gateways(&mut world);
        let [alice, bob] = phones;
        world.begin_fax(alice).begin_fax(bob).run_for_s(40);
        assert_talking(&world, phones);
        assert!(phones.iter().all(|phone| world.phone(*phone).is_faxing()), "{}", world.ladder());
        assert!(!phones.iter().any(|phone| world.phone(*phone).is_changing()), "{}", world.ladder());
        world.hang_up(alice).run_for_s(A_WHILE_S);
        assert_all_over(&mut world);
    });
}

#[test]
fn a_fax_can_be_held_and_taken_back() {
    everywhere_with_media(|mut world| {
        let phones = gateways(&mut world);
        let [alice, bob] = phones;
        world.begin_fax(bob).run_for_s(A_WHILE_S).hold(alice).run_for_s(A_WHILE_S);
        assert!(world.phone(alice).is_on_hold() && world.phone(bob).is_held(), "{}", world.ladder());
        world.forget_heard().run_for_s(2);
        assert!(world.phone(alice).heard().is_empty(), "{}", world.ladder());
        world.resume(alice).run_for_s(A_WHILE_S);
        assert_faxing(&mut world, phones, true);
    });
}

#[test]
fn a_fax_on_hold_is_told_so_and_gets_no_music() {
    let mut world = World::with_seed(1).with_media();
    let phones = gateways(&mut world);
    let [alice, bob] = phones;
    world.begin_fax(bob).run_for_s(2).hold(alice).run_for_s(2);
    let plays = |command: &MediaCommand| matches!(command, MediaCommand::Play { .. });
    assert!(world.phone(bob).is_held() && !world.media_commands().iter().any(plays), "{}", world.ladder());
    world.end_fax(bob).run_for_s(2);
    assert!(world.media_commands().iter().any(plays), "{}", world.ladder());
}

#[test]
fn who_is_in_a_fax_and_is_transferred_talks_to_the_third_party() {
    for by_caller in [true, false] {
        for seed in 0..2 {
            let mut world = World::with_seed(seed).loss(0.05).delay_ms(40).with_media();
            let [alice, bob] = gateways(&mut world);
            let [carol] = registered(&mut world, ["1003"]);
            let [referrer, left] = if by_caller { [alice, bob] } else { [bob, alice] };
            world.begin_fax(bob).run_for_s(A_WHILE_S);
            world.transfer(referrer, "1003").run_for_s(A_WHILE_S);
            assert_states(&world, [left, carol], [PhoneState::InCall, PhoneState::Ringing]);
            world.answer(carol).run_for_s(A_WHILE_S);
            assert_states(&world, [referrer, left, carol], [PhoneState::Idle, PhoneState::InCall, PhoneState::InCall]);
            assert_faxing(&mut world, [left, carol], false);
            world.hang_up(left).run_for_s(A_WHILE_S);
            assert_all_over(&mut world);
        }
    }
}

#[test]
fn a_stranger_sends_no_fax_and_gets_none() {
    let mut world = World::with_seed(1).with_media();
    let phones = gateways(&mut world);
    let [alice, bob] = phones;
    let [carol] = registered(&mut world, ["1003"]);
    world.begin_fax(bob).run_for_s(2);
    assert_faxing(&mut world, phones, true);
    for datagram in [&[0, 1, 2, 3, 4, 0, 0][..], &[0; 40], &[0x80; 172]] {
        world.spray(carol, datagram).forget_heard().run_for_s(1);
        assert!(world.phone(carol).heard().is_empty(), "{}", world.ladder());
    }
    assert_faxing(&mut world, phones, true);
    world.hang_up(alice);
    assert_ended(&mut world, phones, Ender::Caller, Cause::HungUp);
}

/// Whether any leg was ever set up for fax.
fn has_fax(world: &World) -> bool {
    world.media_commands().iter().any(|command| match command {
        MediaCommand::SetUp { setup, .. } => setup.is_fax,
        MediaCommand::Open { legs, .. } => legs.iter().any(|leg| leg.setup.is_fax),
        MediaCommand::Replace { leg, .. } => leg.setup.is_fax,
        MediaCommand::Bind { .. }
        | MediaCommand::Play { .. }
        | MediaCommand::Stop { .. }
        | MediaCommand::Digit { .. }
        | MediaCommand::Record { .. }
        | MediaCommand::Close { .. } => false,
    })
}

/// 1001 and 1002 over TLS; the sound of the second is encrypted so.
fn encrypted(srtp: Srtp) -> (World, [PhoneId; 2]) {
    let mut world = World::with_seed(1).with_media();
    world.configure(|directory| {
        directory.encryption.own.insert(extension("1002"), srtp);
    });
    let phones = world.phones(["1001", "1002"]);
    for phone in phones {
        world.connect_by(phone, Transport::Tls).set_encryption(phone, Srtp::Optional).register(phone, 3600);
        world.set_fax(phone, FaxManner::Takes);
    }
    world.run_for_s(1);
    (world, phones)
}

#[test]
fn a_leg_that_must_be_encrypted_has_no_fax() {
    for by_that_leg in [false, true] {
        let (mut world, phones) = encrypted(Srtp::Required);
        let [alice, bob] = phones;
        world.dial(alice, "1002").run_for_s(2).answer(bob).run_for_s(2);
        let by = if by_that_leg { bob } else { alice };
        world.begin_fax(by).run_for_s(2);
        assert_no_fax(&mut world, phones, by);
        assert_eq!(world.phone(by).failure_reason(), Some("Fax Cannot Be Encrypted"));
        assert!(!has_fax(&world));
    }
    let (mut world, [alice, _]) = encrypted(Srtp::Required);
    world.load_page(alice).dial(alice, "1002").run_for_s(2);
    assert_refused(&mut world, alice, Status::NOT_ACCEPTABLE_HERE, Cause::NoCommonCodec);
    assert_eq!(world.phone(alice).failure_reason(), Some("Fax Cannot Be Encrypted"));
}

#[test]
fn after_a_fax_sound_is_encrypted_again() {
    let (mut world, phones) = encrypted(Srtp::Optional);
    let [alice, bob] = phones;
    world.dial(alice, "1002").run_for_s(2).answer(bob).run_for_s(2);
    let keys =
        |world: &World| phones.map(|phone| world.phone(phone).negotiated().and_then(|agreed| agreed.srtp.clone()));
    let before = keys(&world);
    assert!(before.iter().all(Option::is_some));
    world.begin_fax(bob).run_for_s(2);
    assert_faxing(&mut world, phones, true);
    world.end_fax(bob).run_for_s(2);
    assert_faxing(&mut world, phones, false);
    assert_eq!(keys(&world), before);
}

#[test]
fn a_call_without_fax_is_as_it_was() {
    let mut world = World::with_seed(1).with_media();
    talking(&mut world);
    assert!(!has_fax(&world));
}

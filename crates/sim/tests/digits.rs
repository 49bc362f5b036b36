//! Digits from phone to phone: every way to every way, over lines that lose and double, with every codec.

#![expect(clippy::unwrap_used, reason = "what is wrong here fails the test")]

mod support;

use std::fmt::Write as _;
use std::time::Duration;

use support::{A_WHILE_S, assert_all_over, assert_states, assert_talking, extension, registered};
use warden_call::Event;
use warden_call::digits::{DigitBy, DigitMethod};
use warden_call::encryption::Srtp;
use warden_call::media::MediaCommand;
use warden_media::relay::{Program, Side};
use warden_media::tone::{Plan, Tone};
use warden_sdp::codec::{Codec, Encoding, Format};
use warden_sdp::{Capabilities, Capability, Use};
use warden_sim::{Conditions, G722, Leaving, PCMU, PhoneId, PhoneState, World};
use warden_sip::header::Transport;
use warden_sip::status::Status;

const ALL: &str = "1234567890*#ABCD";
const NUMBERS: [&str; 2] = ["1001", "1002"];
const WAYS: [DigitMethod; 3] = [DigitMethod::Rfc2833, DigitMethod::SipInfo, DigitMethod::Inband];
/// How long each key is pressed, and how far its length may be off after it was said in another way.
const PRESSED_MS: u64 = 120;
const OFF_MS: u64 = 25;

fn opus() -> Format {
    Format::new(107, Codec::opus())
}

/// Everything is enabled, and each extension has its method.
fn configured(world: &mut World, methods: [DigitMethod; 2]) {
    world.configure(|directory| {
        let sounds = [G722, PCMU, opus()].map(|format| Capability { format, used_for: Use::Any });
        let events = [(101, 8000), (102, 48_000)].map(|(number, clock_rate_hz)| Capability {
            format: Format::new(number, Codec::telephone_event(clock_rate_hz)),
            used_for: Use::Any,
        });
        directory.codecs = Capabilities { list: sounds.iter().chain(&events).cloned().collect() };
        for (number, method) in NUMBERS.into_iter().zip(methods) {
            directory.own_digits.insert(extension(number), method);
            if !method.takes_events() {
                directory.own_codecs.insert(extension(number), Capabilities { list: sounds.to_vec() });
            }
        }
    });
}

fn by(method: DigitMethod) -> DigitBy {
    match method {
        DigitMethod::Rfc2833 | DigitMethod::Auto => DigitBy::Event,
        DigitMethod::SipInfo => DigitBy::Info,
        DigitMethod::Inband => DigitBy::Tone,
    }
}

/// A call of 1001 to 1002.
fn called(world: &mut World, methods: [DigitMethod; 2]) -> [PhoneId; 2] {
    configured(world, methods);
    let phones = registered(world, NUMBERS);
    talk(world, phones);
    phones
}

fn talk(world: &mut World, [alice, bob]: [PhoneId; 2]) {
    world.dial(alice, "1002").run_for_s(A_WHILE_S).answer(bob).run_for_s(A_WHILE_S);
}

fn heard(world: &World, phone: PhoneId, by: DigitBy) -> String {
    let digits = world.phone(phone).heard_digits().iter();
    digits.filter(|digit| digit.0 == by).map(|digit| digit.1).collect()
}

/// What programs were told of the digits.
fn told(world: &World) -> String {
    let digit = |event: &Event| if let Event::Digit { digit, .. } = event { Some(digit.char()) } else { None };
    world.events().iter().filter_map(digit).collect()
}

/// 1002 hears exactly `digits`, by its way, with their length.
fn assert_heard(world: &World, phone: PhoneId, method: DigitMethod, digits: &str, pressed_ms: u64) {
    let heard = world.phone(phone).heard_digits();
    let mut said = String::new();
    for (_, digit, _) in heard {
        write!(said, "{digit}").unwrap();
    }
    assert_eq!(said, digits, "{heard:?}");
    assert!(heard.iter().all(|digit| digit.0 == by(method)), "{heard:?}");
    assert!(heard.iter().all(|digit| digit.2.abs_diff(pressed_ms) <= OFF_MS), "{heard:?}");
}

fn press_all(world: &mut World, phone: PhoneId, method: DigitMethod) {
    world.press(phone, by(method), ALL, PRESSED_MS).run_for_s(12);
}

#[test]
fn every_digit_gets_by_every_way_to_every_way_once_in_order_and_with_its_length() {
    for from in WAYS {
        for to in WAYS {
            let mut world = World::with_seed(1).with_media();
            let [alice, bob] = called(&mut world, [from, to]);
            press_all(&mut world, alice, from);
            assert_heard(&world, bob, to, ALL, PRESSED_MS);
            press_all(&mut world, bob, to);
            assert_heard(&world, alice, from, ALL, PRESSED_MS);
            if (from, to) != (DigitMethod::Inband, DigitMethod::Inband) {
                assert_eq!(told(&world), ALL.repeat(2), "{from:?} to {to:?}");
            }
            world.hang_up(alice);
            assert_all_over(&mut world);
        }
    }
}

#[test]
fn a_line_that_loses_and_doubles_packets_loses_and_doubles_no_digit() {
    for seed in 1..=5 {
        for (from, to) in [(DigitMethod::Rfc2833, DigitMethod::SipInfo), (DigitMethod::SipInfo, DigitMethod::Rfc2833)] {
            let mut world = World::with_seed(seed).with_media();
            let [alice, bob] = called(&mut world, [from, to]);
            let bad = Conditions { loss_ppm: 50_000, duplication_ppm: 50_000, ..Conditions::default() };
            world.set_conditions(bad);
            for digit in ALL.chars() {
                // Who sends the next INFO before the last is answered has them refused that were overtaken.
                let pause_s = if from == DigitMethod::SipInfo { 8 } else { 0 };
                world.press(alice, by(from), &digit.to_string(), PRESSED_MS).run_for_s(pause_s);
            }
            world.run_for_s(40);
            assert_eq!(heard(&world, bob, by(to)), ALL, "seed {seed}, {from:?} to {to:?}");
            assert_eq!(told(&world), ALL);
        }
    }
}

#[test]
fn a_key_that_is_held_for_three_seconds_is_one_digit() {
    for (from, to) in [(0, 1), (0, 2), (1, 0), (2, 0), (2, 1), (0, 0)].map(|(from, to)| (WAYS[from], WAYS[to])) {
        let mut world = World::with_seed(1).with_media();
        let [alice, bob] = called(&mut world, [from, to]);
        world.press(alice, by(from), "5", 3000).run_for_s(10);
        assert_heard(&world, bob, to, "5", 3000);
    }
}

#[test]
fn digits_get_through_where_sound_is_converted_and_where_clocks_differ() {
    for (codecs, to) in [
        ([PCMU, opus()], DigitMethod::Rfc2833),
        ([opus(), PCMU], DigitMethod::Rfc2833),
        ([opus(), PCMU], DigitMethod::Inband),
        ([PCMU, opus()], DigitMethod::SipInfo),
        ([G722, PCMU], DigitMethod::Inband),
        ([opus(), G722], DigitMethod::SipInfo),
    ] {
        let mut world = World::with_seed(1).with_media();
        configured(&mut world, [DigitMethod::Rfc2833, to]);
        let phones = registered(&mut world, NUMBERS);
        for (phone, codec) in phones.into_iter().zip(&codecs) {
            world.set_formats(phone, &[codec.clone(), events(codec)]);
        }
        talk(&mut world, phones);
        press_all(&mut world, phones[0], DigitMethod::Rfc2833);
        assert_heard(&world, phones[1], to, ALL, PRESSED_MS);
        press_all(&mut world, phones[1], to);
        assert_heard(&world, phones[0], DigitMethod::Rfc2833, ALL, PRESSED_MS);
        world.press(phones[0], DigitBy::Event, "#", 3000).run_for_s(10);
        let held = world.phone(phones[1]).heard_digits().last().copied().unwrap();
        assert!(held.1 == '#' && held.2.abs_diff(3000) <= OFF_MS, "{codecs:?}: {held:?}");
    }
}

/// Telephone events on the clock of a codec.
fn events(codec: &Format) -> Format {
    Format::new(
        if codec.codec.encoding == Encoding::Opus { 96 } else { 100 },
        Codec::telephone_event(codec.codec.clock_rate_hz),
    )
}

#[test]
fn digits_get_through_encrypted_legs() {
    for to in WAYS {
        let mut world = World::with_seed(1).with_media();
        configured(&mut world, [DigitMethod::Rfc2833, to]);
        let phones = world.phones(NUMBERS);
        for phone in phones {
            world.connect_by(phone, Transport::Tls).set_encryption(phone, Srtp::Required).register(phone, 3600);
        }
        world.run_for_s(1);
        talk(&mut world, phones);
        press_all(&mut world, phones[0], DigitMethod::Rfc2833);
        assert_heard(&world, phones[1], to, ALL, PRESSED_MS);
    }
}

#[test]
fn a_digit_that_comes_by_two_ways_is_told_once() {
    for (one, other) in
        [(DigitBy::Event, DigitBy::Info), (DigitBy::Info, DigitBy::Event), (DigitBy::Tone, DigitBy::Info)]
    {
        let mut world = World::with_seed(1).with_media();
        let [alice, bob] = called(&mut world, [DigitMethod::Auto, DigitMethod::SipInfo]);
        for digit in ["5", "5", "6"] {
            world.press(alice, one, digit, 100).run_for(Duration::from_millis(100));
            world.press(alice, other, digit, 100).run_for(Duration::from_millis(1500));
        }
        assert_eq!(heard(&world, bob, DigitBy::Info), "556", "{one:?}, {other:?}");
        assert_eq!(told(&world), "556");
    }
}

#[test]
fn a_phone_that_refuses_info_is_told_digits_by_tones() {
    let mut world = World::with_seed(1).with_media();
    let [alice, bob] = called(&mut world, [DigitMethod::Rfc2833, DigitMethod::SipInfo]);
    world.answer_info(bob, Some(Status::UNSUPPORTED_MEDIA_TYPE));
    press_all(&mut world, alice, DigitMethod::Rfc2833);
    assert_eq!(heard(&world, bob, DigitBy::Tone), ALL, "{}", world.ladder());
}

#[test]
fn digits_are_heard_and_said_while_a_tone_plays() {
    let mut world = World::with_seed(1).with_media();
    let [alice, bob] = called(&mut world, [DigitMethod::Rfc2833, DigitMethod::Rfc2833]);
    let call = world.calls()[0];
    world
        .order_media(MediaCommand::Play { call, side: Side::B, program: Program::Tone(Tone::ring_back(Plan::Eu)) })
        .run_for_s(1);
    world.press(alice, DigitBy::Event, "12", PRESSED_MS).press(bob, DigitBy::Event, "34", PRESSED_MS).run_for_s(3);
    assert_heard(&world, bob, DigitMethod::Rfc2833, "12", PRESSED_MS);
    assert_heard(&world, alice, DigitMethod::Rfc2833, "34", PRESSED_MS);
}

/// A call of two phones that have agreed to no events.
fn without_events(world: &mut World, methods: [DigitMethod; 2]) -> [PhoneId; 2] {
    configured(world, methods);
    let phones = registered(world, NUMBERS);
    for phone in phones {
        world.set_formats(phone, &[PCMU]);
    }
    talk(world, phones);
    phones
}

#[test]
fn tones_between_phones_without_events_stay_in_the_sound_though_both_allow_info() {
    for method in [DigitMethod::Rfc2833, DigitMethod::Auto] {
        let mut world = World::with_seed(1).with_media();
        let [alice, bob] = without_events(&mut world, [method; 2]);
        press_all(&mut world, alice, DigitMethod::Inband);
        assert_heard(&world, bob, DigitMethod::Inband, ALL, PRESSED_MS);
        // One that sends digits by INFO is told tones as before: they are in the sound, and it may know no more.
        world.press(bob, DigitBy::Info, "7", PRESSED_MS).run_for_s(2);
        assert_eq!(heard(&world, alice, DigitBy::Tone), "7", "{}", world.ladder());
        world.hold(alice).run_for_s(2).resume(alice).run_for_s(2);
        world.press(alice, DigitBy::Tone, "58", PRESSED_MS).run_for_s(2);
        assert_eq!(heard(&world, bob, DigitBy::Tone), format!("{ALL}58"));
        assert_eq!(heard(&world, bob, DigitBy::Info), "");
    }
}

#[test]
fn a_phone_without_events_is_told_tones_until_it_has_sent_a_digit_by_info() {
    let mut world = World::with_seed(1).with_media();
    configured(&mut world, [DigitMethod::Rfc2833; 2]);
    let phones = registered(&mut world, NUMBERS);
    let [alice, bob] = phones;
    world.set_formats(bob, &[PCMU]);
    talk(&mut world, phones);
    world.press(alice, DigitBy::Event, "12", PRESSED_MS).run_for_s(3);
    assert_heard(&world, bob, DigitMethod::Inband, "12", PRESSED_MS);
    world.press(bob, DigitBy::Info, "3", PRESSED_MS).run_for_s(2);
    assert_heard(&world, alice, DigitMethod::Rfc2833, "3", PRESSED_MS);
    world.press(alice, DigitBy::Event, "45", PRESSED_MS).run_for_s(3);
    assert_eq!((heard(&world, bob, DigitBy::Tone), heard(&world, bob, DigitBy::Info)), ("12".into(), "45".into()));
}

/// How the INFOs of a phone were answered.
fn answers_to_info(world: &World, phone: PhoneId) -> Vec<String> {
    let is_answer = |text: &String| text.starts_with("SIP/2.0 ") && text.contains(" INFO\r\n");
    let texts = world.sent_to(phone).into_iter().filter(is_answer);
    texts.map(|text| text.lines().next().unwrap_or_default().to_owned()).collect()
}

#[test]
fn digits_by_info_that_the_other_phone_refuses_get_there_by_tones() {
    for code in [405, 415, 488, 489, 501] {
        let mut world = World::with_seed(1).with_media();
        let phones = called(&mut world, [DigitMethod::SipInfo; 2]);
        let [alice, bob] = phones;
        world.answer_info(bob, Status::from_code(code));
        press_all(&mut world, alice, DigitMethod::SipInfo);
        assert_heard(&world, bob, DigitMethod::Inband, ALL, PRESSED_MS);
        assert_eq!(answers_to_info(&world, alice), ["SIP/2.0 200 OK"; 16]);
        assert_talking(&world, phones);
    }
}

#[test]
fn digits_that_the_other_phone_leaves_unanswered_get_there_by_tones_and_cost_no_call() {
    for from in WAYS {
        let mut world = World::with_seed(1).with_media();
        let phones = called(&mut world, [from, DigitMethod::SipInfo]);
        let [alice, bob] = phones;
        world.answer_info(bob, None).press(alice, by(from), "123", PRESSED_MS).run_for_s(7);
        assert_eq!(heard(&world, bob, DigitBy::Tone), "123", "{from:?}: {}", world.ladder());
        world.press(alice, by(from), "45", PRESSED_MS).run_for_s(2);
        assert_eq!(heard(&world, bob, DigitBy::Tone), "12345", "{from:?}: {}", world.ladder());
        world.run_for_s(60);
        assert_talking(&world, phones);
        world.hang_up(alice);
        assert_all_over(&mut world);
    }
}

#[test]
fn a_phone_that_takes_digits_by_info_and_is_silent_for_a_while_is_told_them_by_info_again() {
    let mut world = World::with_seed(1).with_media();
    let [alice, bob] = called(&mut world, [DigitMethod::Rfc2833, DigitMethod::SipInfo]);
    world.press(alice, DigitBy::Event, "1", PRESSED_MS).run_for_s(2);
    world.answer_info(bob, None).press(alice, DigitBy::Event, "23", PRESSED_MS).run_for_s(8);
    world.answer_info(bob, Some(Status::OK)).press(alice, DigitBy::Event, "4", PRESSED_MS).run_for_s(2);
    assert_eq!((heard(&world, bob, DigitBy::Info), heard(&world, bob, DigitBy::Tone)), ("14".into(), "23".into()));
}

#[test]
fn a_phone_that_knows_nothing_of_the_call_when_it_is_told_a_digit_ends_it() {
    let mut world = World::with_seed(1).with_media();
    let phones = called(&mut world, [DigitMethod::SipInfo; 2]);
    let [alice, bob] = phones;
    world.answer_info(bob, Some(Status::CALL_DOES_NOT_EXIST)).press(alice, DigitBy::Info, "1", PRESSED_MS).run_for_s(2);
    assert_states(&world, phones, [PhoneState::Idle; 2]);
    assert_all_over(&mut world);
}

#[test]
fn a_digit_that_comes_by_two_ways_is_told_once_though_infos_are_lost() {
    for lost_for_ms in [300, 1000, 2000] {
        let mut world = World::with_seed(1).with_media();
        let [alice, bob] = called(&mut world, [DigitMethod::Auto, DigitMethod::SipInfo]);
        world.press(alice, DigitBy::Event, "5", 100).run_for(Duration::from_millis(200));
        world.set_conditions(Conditions { loss_ppm: 1_000_000, ..Conditions::default() }).send_digit(alice, '5');
        world.run_for(Duration::from_millis(lost_for_ms)).set_conditions(Conditions::default()).run_for_s(4);
        assert_eq!(heard(&world, bob, DigitBy::Info), "5", "{lost_for_ms}: {}", world.ladder());
        assert_eq!(told(&world), "5");
    }
}

#[test]
fn fast_digits_by_two_ways_are_told_once_though_one_way_comes_late() {
    for digits in ["12", "11", "1221", "12121"] {
        for info_is_late in [true, false] {
            let mut world = World::with_seed(1).with_media();
            let [alice, bob] = called(&mut world, [DigitMethod::Auto, DigitMethod::SipInfo]);
            let by_info = |world: &mut World| {
                for digit in digits.chars() {
                    world.send_digit(alice, digit).run_for(Duration::from_millis(20));
                }
            };
            if !info_is_late {
                by_info(&mut world);
            }
            world.press(alice, DigitBy::Event, digits, 50).run_for(Duration::from_millis(1200));
            if info_is_late {
                by_info(&mut world);
            }
            world.run_for_s(5);
            assert_eq!(heard(&world, bob, DigitBy::Info), digits, "{info_is_late}: {}", world.ladder());
            assert_eq!(told(&world), digits);
        }
    }
}

#[test]
fn a_digit_that_comes_by_all_three_ways_is_told_once_and_each_of_two_presses_is() {
    let mut world = World::with_seed(1).with_media();
    let [alice, bob] = called(&mut world, [DigitMethod::Auto, DigitMethod::SipInfo]);
    for _ in 0..2 {
        world.press(alice, DigitBy::Event, "5", 100).press(alice, DigitBy::Tone, "5", 100);
        world.run_for(Duration::from_millis(700)).send_digit(alice, '5').run_for(Duration::from_millis(300));
    }
    // What comes long after is another one.
    world.run_for_s(6).send_digit(alice, '5').run_for_s(2);
    assert_eq!((heard(&world, bob, DigitBy::Info), told(&world)), ("555".into(), "555".into()));
}

#[test]
fn digits_for_a_phone_that_is_cut_off_are_not_said_when_it_is_back() {
    for under_way in [false, true] {
        let mut world = World::with_seed(1).with_media();
        configured(&mut world, [DigitMethod::Rfc2833, DigitMethod::SipInfo]);
        let phones = world.phones(NUMBERS);
        let [alice, bob] = phones;
        world.connect(bob).register(alice, 3600).register(bob, 3600).run_for_s(1);
        talk(&mut world, phones);
        if under_way {
            world.answer_info(bob, None).press(alice, DigitBy::Event, "789", PRESSED_MS).run_for_s(1);
        }
        world.disconnect(bob).run_for_s(1).press(alice, DigitBy::Event, "123", PRESSED_MS).run_for_s(20);
        world.answer_info(bob, Some(Status::OK)).connect(bob).register(bob, 3600).run_for_s(2);
        world.press(alice, DigitBy::Event, "45", PRESSED_MS).run_for_s(3);
        assert_heard(&world, bob, DigitMethod::SipInfo, "45", PRESSED_MS);
        assert_talking(&world, phones);
        world.hang_up(alice);
        assert_all_over(&mut world);
    }
}

/// 1001 is told digits by INFO and gives 1002, whose method is `method`, to 1003, which rings and has no events.
fn transferred(world: &mut World, method: DigitMethod, leaving: Leaving) -> [PhoneId; 3] {
    configured(world, [DigitMethod::SipInfo, method]);
    let [alice, bob, carol] = registered(world, ["1001", "1002", "1003"]);
    world.set_formats(carol, &[PCMU]);
    talk(world, [alice, bob]);
    world.leave(alice, leaving).transfer(alice, "1003").run_for_s(A_WHILE_S);
    assert_eq!(world.phone(carol).state(), PhoneState::Ringing);
    [alice, bob, carol]
}

#[test]
fn digits_of_who_waits_for_a_transfer_are_not_said_to_the_referrer_while_phones_ring() {
    for method in WAYS {
        let mut world = World::with_seed(1).with_media();
        let [alice, bob, carol] = transferred(&mut world, method, Leaving::WhenMade);
        world.press(bob, by(method), "12", PRESSED_MS).run_for_s(3);
        assert_eq!(world.phone(alice).heard_digits(), [], "{method:?}: {}", world.ladder());
        world.decline(carol).run_for_s(A_WHILE_S).press(bob, by(method), "3", PRESSED_MS).run_for_s(3);
        assert_heard(&world, alice, DigitMethod::SipInfo, "3", PRESSED_MS);
        world.hang_up(alice);
        assert_all_over(&mut world);
    }
}

#[test]
fn digits_of_who_waits_for_a_transfer_are_said_to_a_target_that_is_heard_before_it_answers() {
    for method in WAYS {
        for leaving in [Leaving::WhenMade, Leaving::AtOnce] {
            let mut world = World::with_seed(1).with_media();
            let [alice, bob, carol] = transferred(&mut world, method, leaving);
            world.answer_early(carol).run_for_s(2).press(bob, by(method), "12", PRESSED_MS).run_for_s(3);
            assert_eq!(world.phone(alice).heard_digits(), [], "{method:?}: {}", world.ladder());
            assert_eq!(heard(&world, carol, DigitBy::Tone), "12", "{method:?}: {}", world.ladder());
            world.answer(carol).run_for_s(A_WHILE_S).press(bob, by(method), "3", PRESSED_MS).run_for_s(3);
            assert_eq!(heard(&world, carol, DigitBy::Tone), "123", "{method:?}: {}", world.ladder());
            world.hang_up(bob);
            assert_all_over(&mut world);
        }
    }
}

#[test]
fn tones_stay_in_the_sound_until_the_call_is_answered() {
    let mut world = World::with_seed(1).with_media();
    configured(&mut world, [DigitMethod::Rfc2833; 2]);
    let [alice, bob] = registered(&mut world, NUMBERS);
    world.set_formats(alice, &[PCMU]).dial(alice, "1002").run_for_s(1).answer_early(bob).run_for_s(2);
    world.press(alice, DigitBy::Tone, "12", PRESSED_MS).run_for_s(2);
    assert_heard(&world, bob, DigitMethod::Inband, "12", PRESSED_MS);
    world.answer(bob).run_for_s(A_WHILE_S).press(alice, DigitBy::Tone, "34", PRESSED_MS).run_for_s(2);
    assert_eq!((heard(&world, bob, DigitBy::Tone), heard(&world, bob, DigitBy::Event)), ("12".into(), "34".into()));
}

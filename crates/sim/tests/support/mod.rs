//! What the tests share: worlds to run a scenario in, calls through Warden, and what holds when all is over.

#![allow(dead_code, unreachable_pub, reason = "each test program uses a part of it")]
#![expect(clippy::expect_used, reason = "what is wrong here fails the test")]

pub mod strangers;

use warden_call::Kept;
use warden_call::call_event::{CallEvent, Cause, Disposition, Ender, Ending};
use warden_call::cdr::Cdr;
use warden_call::directory::Extension;
use warden_sim::{PhoneId, PhoneState, World};
use warden_sip::status::Status;

/// Long enough for a message to get through a bad network.
pub const A_WHILE_S: u64 = 10;

/// Runs a scenario on a perfect network and on five bad ones: 5 % loss, 40 ms delay.
pub fn everywhere(scenario: impl Fn(World)) {
    scenario(World::with_seed(1));
    for seed in 0..5 {
        scenario(World::with_seed(seed).loss(0.05).delay_ms(40));
    }
}

/// The same with media.
pub fn everywhere_with_media(scenario: impl Fn(World)) {
    everywhere(|world| scenario(world.with_media()));
}

pub fn extension(number: &str) -> Extension {
    Extension::parse(number.as_bytes()).expect("an extension")
}

/// Phones with these numbers, all registered.
pub fn registered<const N: usize>(world: &mut World, numbers: [&str; N]) -> [PhoneId; N] {
    let phones = world.phones(numbers);
    for phone in phones {
        world.register(phone, 3600);
    }
    world.run_for_s(2 * A_WHILE_S);
    for phone in phones {
        assert!(world.phone(phone).registered_for().is_some(), "{}", world.ladder());
    }
    phones
}

/// 1001 has called 1002, whose phone rings.
pub fn ringing(world: &mut World) -> [PhoneId; 2] {
    let phones = registered(world, ["1001", "1002"]);
    let [alice, bob] = phones;
    world.dial(alice, "1002").run_for_s(A_WHILE_S);
    assert_states(world, phones, [PhoneState::RingBack, PhoneState::Ringing]);
    assert_eq!(world.phone(bob).caller(), Some(&*World::name("1001")));
    phones
}

/// 1001 has called 1002, and they talk.
pub fn talking(world: &mut World) -> [PhoneId; 2] {
    let phones = ringing(world);
    let [_, bob] = phones;
    world.answer(bob).run_for_s(A_WHILE_S);
    assert_talking(world, phones);
    phones
}

pub fn assert_states<const N: usize>(world: &World, phones: [PhoneId; N], states: [PhoneState; N]) {
    let shown = phones.map(|phone| world.phone(phone).state());
    assert_eq!(shown, states, "{}", world.ladder());
}

pub fn assert_talking(world: &World, phones: [PhoneId; 2]) {
    assert_states(world, phones, [PhoneState::InCall; 2]);
    assert_eq!(world.media_sessions().len(), 1, "{}", world.ladder());
}

/// Each of two phones hears the other and nobody else.
pub fn assert_hear_each_other(world: &mut World, [first, second]: [PhoneId; 2]) {
    world.run_for_s(1).forget_heard().run_for_s(2);
    for (listener, speaker) in [(first, second), (second, first)] {
        let number = world.phone(speaker).number();
        let heard = world.phone(listener).heard();
        assert!(world.phone(listener).hears_only(number), "heard {heard:?}\n{}", world.ladder());
    }
}

/// Lets what is under way come to its end; then nothing may be left of any call.
pub fn assert_all_over(world: &mut World) {
    world.run_for_s(80);
    assert_eq!(world.media_sessions(), [], "{}", world.ladder());
    assert_eq!(world.media_faults(), [""; 0], "{}", world.ladder());
    assert_eq!(world.transactions(), (0, 0), "{}", world.ladder());
    assert_eq!(world.kept(), Kept::default(), "{}", world.ladder());
    assert_eq!(world.pooled_ports(), world.free_ports(), "{}", world.ladder());
    assert_eq!(world.records().len(), world.calls().len(), "a call has no end\n{}", world.ladder());
    for call in world.calls() {
        let events = world.call_events(call);
        let ends = events.iter().filter(|(_, event)| matches!(event, CallEvent::Ended(_))).count();
        assert_eq!(ends, 1, "{events:?}");
    }
}

/// The record of the only call.
pub fn only_record(world: &World) -> Cdr {
    let records = world.records();
    assert_eq!(records.len(), 1, "{records:?}\n{}", world.ladder());
    records.into_iter().next().expect("one")
}

/// Both are idle, and the record says who ended the call, and why.
pub fn assert_ended(world: &mut World, phones: [PhoneId; 2], by: Ender, cause: Cause) {
    world.run_for_s(A_WHILE_S);
    assert_states(world, phones, [PhoneState::Idle; 2]);
    assert_all_over(world);
    let record = only_record(world);
    assert_eq!(record.ending, Ending { by, cause, status: None }, "{}", world.ladder());
    assert_eq!(record.disposition, Disposition::Answered);
    assert!(record.answered.is_some_and(|answered| answered.extension.text() == "1002"));
}

/// The caller was told `status`, and the record says why.
pub fn assert_refused(world: &mut World, caller: PhoneId, status: Status, cause: Cause) -> Cdr {
    assert_states(world, [caller], [PhoneState::Failed(status)]);
    assert_all_over(world);
    let record = world.records().pop().expect("a record");
    assert_eq!((record.ending.cause, record.ending.status), (cause, Some(status.code())), "{}", world.ladder());
    assert_eq!(record.answered, None);
    record
}

/// How many requests of this method a phone has sent, repeated ones too.
pub fn requests(world: &World, from: PhoneId, method: &str) -> usize {
    let line = format!("{method} ");
    world.sent_by(from).iter().filter(|text| text.starts_with(&line)).count()
}

/// The values of a header in the messages that a phone was sent.
pub fn header_values(texts: &[String], name: &str) -> Vec<String> {
    let prefix = format!("{name}: ");
    let lines = texts.iter().flat_map(|text| text.lines());
    lines.filter_map(|line| line.strip_prefix(&prefix).map(str::to_owned)).collect()
}

//! Phones that share no codec, through the built `warden`: each hears the tone of the other.

use crate::support::{Linphone, Options, PASSWORD, Warden, connect, phone_with};

const EXTENSIONS: [(&str, &str); 2] = [("1001", PASSWORD), ("1002", PASSWORD)];

fn server() -> Warden {
    Warden::start_with(&EXTENSIONS, |text| text + "codecs: {enabled: [PCMU, PCMA, G722, opus, G726, iLBC, Speex]}\n")
}

/// A call of two phones that have one codec each; both hear the other one, and the record names what came from each.
fn hear_each_other(one: &str, other: &str) {
    let server = server();
    let phone = |number, tone_hz, codecs| {
        phone_with(&server, &Options { codecs, ..Options::registered(&server, number, PASSWORD, tone_hz) })
    };
    let (mut alice, mut bob) = (phone("1001", 440, one), phone("1002", 1000, other));
    connect(&mut alice, &mut bob, "1002");
    assert!(alice.hears_only(1000), "{one} hears {other}");
    assert!(bob.hears_only(440), "{other} hears {one}");
    bob.hang_up();
    assert!(alice.call_ended().is_some() && bob.call_ended().is_some());
}

#[test]
fn pcmu_and_g722() {
    hear_each_other("PCMU/8000/1", "G722/16000/1");
}

#[test]
fn opus_and_pcma() {
    hear_each_other("opus/48000/2", "PCMA/8000/1");
}

#[test]
fn g722_and_opus() {
    hear_each_other("G722/16000/1", "opus/48000/2");
}

#[test]
fn g726_and_pcmu() {
    hear_each_other("G726-32/8000/1", "PCMU/8000/1");
}

#[test]
fn opus_and_g726_as_atm_packs_it() {
    hear_each_other("opus/48000/2", "AAL2-G726-24/8000/1");
}

#[test]
fn linphone_with_speex_and_baresip_with_pcmu() {
    let server = server();
    let mut carol = Linphone::register_speaking(&["speex"], "udp", &server, "1001", PASSWORD, 440);
    let mut bob = phone_with(&server, &Options::registered(&server, "1002", PASSWORD, 1000));
    carol.dial("1002");
    bob.rings().expect("it rings");
    bob.answer();
    assert!(carol.is_in_call() && bob.is_in_call());
    assert!(bob.hears_only(440));
    assert!(carol.hears_only(1000));
    bob.hang_up();
    assert!(carol.call_ended().is_some());
}

/// linphone packs G.726 the other way round from what RFC 3551 says, so only linphones understand it.
#[test]
fn two_linphones_with_g726() {
    let server = server();
    let phone = |number, tone_hz| Linphone::register_speaking(&["G726-32"], "udp", &server, number, PASSWORD, tone_hz);
    let (mut carol, mut dave) = (phone("1001", 440), phone("1002", 1000));
    carol.dial("1002");
    dave.rings().expect("it rings");
    dave.answer();
    assert!(carol.is_in_call() && dave.is_in_call());
    assert!(carol.hears_only(1000));
    assert!(dave.hears_only(440));
}

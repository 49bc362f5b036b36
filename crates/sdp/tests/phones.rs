//! Descriptions as devices send them, cleaned of names and addresses, in `testdata/`.

#![expect(clippy::expect_used, reason = "what is wrong here fails the test")]

mod support;

use std::collections::BTreeMap;

use support::{STAMP, audio, capabilities, endpoint, local, media_lines, numbers, parse};
use warden_sdp::description::Description;
use warden_sdp::srtp::Encryption;
use warden_sdp::{Direction, Order, Refusal, answer, relayed_offer};

/// The descriptions of a folder by file name.
#[expect(clippy::disallowed_methods, reason = "a test reads its data")]
fn folder(name: &str) -> BTreeMap<String, String> {
    let path = format!("{}/testdata/{name}", env!("CARGO_MANIFEST_DIR"));
    let files = std::fs::read_dir(path).expect("the folder").map(|entry| entry.expect("an entry").path());
    files
        .map(|path| {
            let stem = path.file_stem().expect("a name").to_string_lossy().into_owned();
            (stem, std::fs::read_to_string(path).expect("a text"))
        })
        .collect()
}

fn phone(name: &str) -> Description {
    parse(folder("phones").get(name).expect("a file of this name"))
}

#[test]
fn every_phone_is_understood_with_either_line_end() {
    let phones = folder("phones");
    assert!(phones.len() >= 10);
    for (name, text) in phones.into_iter().chain(folder("refused")) {
        let description = parse(&text);
        assert_eq!(description, parse(&text.replace('\n', "\r\n")), "{name}");
        assert_eq!(description.text(), text.replace('\n', "\r\n").as_bytes(), "{name}");
    }
}

#[test]
fn every_phone_is_answered_in_its_own_numbers() {
    for (name, text) in folder("phones") {
        let offer = parse(&text);
        for order in [Order::Ours, Order::Theirs] {
            let answer = answer(&offer, &local(), order, STAMP).unwrap_or_else(|refusal| panic!("{name}: {refusal}"));
            assert_eq!(Description::parse(answer.description.text()).as_ref(), Ok(&answer.description), "{name}");
            assert_eq!(answer.description.media_count(), offer.media_count(), "{name}");
            for (ours, theirs) in answer.description.media().zip(offer.media()) {
                let offered: Vec<_> = theirs.format_words().collect();
                assert!(ours.format_words().all(|format| offered.contains(&format)), "{name}");
                assert_eq!((ours.kind(), ours.protocol()), (theirs.kind(), theirs.protocol()), "{name}");
            }
        }
    }
}

#[test]
fn every_phone_can_be_passed_on_to_another() {
    for (name, text) in folder("phones") {
        let offer = parse(&text);
        let theirs = offer.media().find(|media| media.kind_text() == b"audio").expect("audio").codecs();
        let local =
            relayed_offer(&offer, &Encryption::default(), &capabilities(), endpoint(20_000), None).expect("audio");
        let onward = warden_sdp::offer(&local, STAMP);
        let passed: Vec<_> = audio(&onward).codecs();
        assert!(passed.iter().any(|format| format.codec.is_audio()), "{name}");
        for format in passed.iter().filter(|format| format.codec.is_audio()) {
            assert!(theirs.iter().any(|their| their.codec == format.codec), "{name}: {format:?}");
        }
    }
}

#[test]
fn what_cannot_be_taken_is_refused_with_its_reason() {
    let reasons: BTreeMap<_, _> = folder("refused")
        .into_iter()
        .map(|(name, text)| (name, answer(&parse(&text), &local(), Order::Ours, STAMP).expect_err("a refusal")))
        .collect();
    let protocol = |protocol: &str| Refusal::Protocol { protocol: protocol.into() };
    let expected = BTreeMap::from([
        ("chrome".into(), protocol("UDP/TLS/RTP/SAVPF")),
        ("snom_savp".into(), protocol("RTP/SAVP")),
        ("fax_gateway_t38".into(), Refusal::NoAudio),
        ("g723_only".into(), Refusal::NoCommonCodec { offered: "G723, telephone-event".into() }),
    ]);
    assert_eq!(reasons, expected);
}

#[test]
fn a_yealink_keeps_its_number_for_opus() {
    let answer = answer(&phone("yealink_t46s"), &local(), Order::Ours, STAMP).expect("answered");
    assert_eq!(media_lines(&answer.description), ["audio 10000 RTP/AVP 9 8 0 102 101"]);
    assert_eq!(answer.negotiated.remote_rtcp, Some(([192, 0, 2, 21], 11_787).into()));
}

#[test]
fn digits_follow_the_clock_of_the_sound() {
    let linphone = phone("linphone_video");
    let taken = answer(&linphone, &local(), Order::Theirs, STAMP).expect("answered");
    assert_eq!(media_lines(&taken.description), ["audio 10000 RTP/AVPF 96 0 8 101 100", "video 0 RTP/AVPF 96 97"]);
    assert_eq!(taken.negotiated.dtmf.map(|dtmf| (dtmf.payload_type, dtmf.clock_rate_hz)), Some((101, 48_000)));
    let taken = answer(&linphone, &local(), Order::Ours, STAMP).expect("answered");
    assert_eq!(taken.negotiated.dtmf.map(|dtmf| (dtmf.payload_type, dtmf.clock_rate_hz)), Some((100, 8000)));
}

#[test]
fn a_phone_that_offers_digits_for_one_clock_only_gets_them() {
    let taken = answer(&phone("baresip"), &local(), Order::Theirs, STAMP).expect("answered");
    assert_eq!(numbers(&taken.negotiated.send), [96, 0, 8, 101]);
    assert_eq!(taken.negotiated.dtmf.map(|dtmf| dtmf.payload_type), Some(101));
}

#[test]
fn the_old_hold_is_answered_as_a_hold() {
    let taken = answer(&phone("hold_by_zeros"), &local(), Order::Ours, STAMP).expect("answered");
    assert_eq!(audio(&taken.description).direction(), Direction::RecvOnly);
    assert_eq!((taken.negotiated.direction, taken.negotiated.remote_rtp), (Direction::RecvOnly, None));
}

#[test]
fn audio_is_found_behind_other_media() {
    let taken = answer(&phone("ipv6_with_application"), &local(), Order::Ours, STAMP).expect("answered");
    let lines = ["application 0 TCP/BFCP *", "audio 10000 RTP/AVP 8 101", "video 0 RTP/AVP 96"];
    assert_eq!(media_lines(&taken.description), lines);
    assert_eq!(taken.negotiated.remote_rtp, Some("[2001:db8::21]:49170".parse().expect("an address")));
    assert_eq!(taken.negotiated.direction, Direction::SendOnly);
}

#[test]
fn packet_times_are_those_of_the_phone_within_its_limit() {
    let ptime = |name| answer(&phone(name), &local(), Order::Ours, STAMP).expect("answered").negotiated.ptime_ms;
    assert_eq!([ptime("cisco_spa112"), ptime("twilio_trunk"), ptime("polycom_vvx")], [30, 20, 20]);
    let limited = parse("v=0\nc=IN IP4 192.0.2.1\nm=audio 4000 RTP/AVP 0\na=ptime:60\na=maxptime:40\n");
    assert_eq!(answer(&limited, &local(), Order::Ours, STAMP).expect("answered").negotiated.ptime_ms, 40);
}

#[test]
fn a_phone_without_maps_is_answered_with_them() {
    let taken = answer(&phone("old_gateway_without_maps"), &local(), Order::Theirs, STAMP).expect("answered");
    let maps: Vec<_> = audio(&taken.description).attributes().filter(|attribute| attribute.is("rtpmap")).collect();
    assert_eq!(maps.iter().filter_map(|map| map.value).collect::<Vec<_>>(), [b"8 PCMA/8000", b"0 PCMU/8000"]);
}

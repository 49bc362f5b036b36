//! Any bytes as a session description: what is accepted prints and parses again as the same, and an answer to it
//! parses, has as many media lines and is an answer that its offerer could read.

use warden_sdp::codec::{Codec, Encoding, Format};
use warden_sdp::description::{Description, Media};
use warden_sdp::srtp::{Encryption, Srtp, Suite};
use warden_sdp::t38::{Parameter, T38};
use warden_sdp::{
    Capabilities, Capability, Direction, Endpoint, LocalMedia, Order, Session, Stamp, Use, answer, offer,
    relayed_answer, relayed_offer,
};

fn local() -> LocalMedia {
    let codecs = [
        (9, Codec::narrow(Encoding::G722)),
        (0, Codec::narrow(Encoding::Pcmu)),
        (8, Codec::narrow(Encoding::Pcma)),
        (107, Codec::opus().with_fmtp("useinbandfec=1")),
        (18, Codec::narrow(Encoding::G729)),
        (97, Codec::narrow(Encoding::Ilbc).with_fmtp("mode=20")),
        (101, Codec::telephone_event(8000)),
        (102, Codec::telephone_event(48_000)),
    ];
    LocalMedia {
        endpoint: Endpoint { address: [192, 0, 2, 200].into(), rtp_port: 10_000, rtcp_port: 10_001, rtcp_mux: true },
        direction: Direction::SendRecv,
        ptime_ms: Some(20),
        codecs: codecs.map(|(number, codec)| Format::new(number, codec)).into(),
        fax: None,
    }
}

/// Runs the target.
pub(crate) fn run(data: &[u8]) {
    let Ok(description) = Description::parse(data) else { return };
    let again = Description::parse(description.text()).expect("printed");
    assert_eq!(again, description);
    assert!(again.lines().eq(description.lines()));

    // The bytes as an offer.
    let local = local();
    let enable = |format: &Format| Capability { format: format.clone(), used_for: Use::Any };
    let enabled = Capabilities { list: local.codecs.iter().map(enable).collect() };
    for order in [Order::Ours, Order::Theirs] {
        let stamp = Stamp { session_id: 1, version: 1 };
        let Ok(answered) = answer(&description, &local, order, stamp) else { continue };
        assert_eq!(Description::parse(answered.description.text()).as_ref(), Ok(&answered.description));
        assert_eq!(answered.description.media_count(), description.media_count());
        assert_eq!(answered.description.media().filter(Media::is_live).count(), 1);
        for (ours, theirs) in answered.description.media().zip(description.media()) {
            let offered: Vec<_> = theirs.format_words().collect();
            assert!(ours.format_words().all(|word| offered.contains(&word)));
        }
        let b = answered.negotiated;
        let Some(back) = relayed_answer(&description, &Encryption::default(), &b, &enabled, local.endpoint) else {
            continue;
        };
        if let Ok(a) = answer(&description, &back, order, stamp) {
            assert!(a.negotiated.send.iter().any(|format| format.codec.is_audio()));
        }
    }
    if let Some(onward) = relayed_offer(&description, &Encryption::default(), &enabled, local.endpoint, Some(&enabled))
    {
        let onward = offer(&onward, Stamp { session_id: 1, version: 1 });
        assert_eq!(Description::parse(onward.text()).as_ref(), Ok(&onward));
    }

    fax(&description, &local);
    for policy in [Srtp::Off, Srtp::Optional, Srtp::Required] {
        converse(description.clone(), policy, &local);
    }
}

/// The bytes as an offer of fax, which goes on to another leg and is answered with what that has said.
fn fax(description: &Description, local: &LocalMedia) {
    let stamp = Stamp { session_id: 1, version: 1 };
    let said: T38 = [Parameter::Version(0)].into_iter().collect();
    let ours = LocalMedia { fax: Some(said.clone()), codecs: Vec::new(), ..local.clone() };
    let Ok(answered) = answer(description, &ours, Order::Ours, stamp) else { return };
    assert_eq!(Description::parse(answered.description.text()).as_ref(), Ok(&answered.description));
    assert_eq!(answered.description.media_count(), description.media_count());
    assert_eq!(answered.description.media().filter(Media::is_live).count(), 1);
    let theirs = answered.negotiated.fax.clone();
    let onward = offer(&LocalMedia { fax: theirs.clone(), ..ours.clone() }, stamp);
    assert_eq!(Description::parse(onward.text()).as_ref(), Ok(&onward));
    let back = answer(&onward, &ours, Order::Ours, stamp).expect("our own fax");
    assert_eq!(back.negotiated.fax, theirs, "what was said arrives");
}

/// The bytes as an answer, then as a new offer, which we answer and follow by one of ours.
fn converse(description: Description, policy: Srtp, local: &LocalMedia) {
    let mut session = Session::new(1);
    session.encrypt(Encryption::new(policy, &Suite::ALL, |room| room.fill(7)));
    session.offer(local).expect("the first offer");
    if session.accept(description.clone()).is_err() {
        session.reject();
    }
    session.receive_offer(description).expect("nothing is open");
    if session.answer(local, Order::Ours).is_err() {
        session.reject();
    }
    if let Some(keys) = session.negotiated().and_then(|agreed| agreed.srtp.as_ref()) {
        assert!(policy != Srtp::Off && keys.send.suite() == keys.receive.suite());
    }
    assert!(policy != Srtp::Required || session.negotiated().is_none_or(|agreed| agreed.srtp.is_some()));
    let lines = session.local().map_or(1, Description::media_count);
    let offer = session.offer(local).expect("nothing is open");
    assert_eq!(offer.media_count(), lines);
    assert_eq!(Description::parse(offer.text()).as_ref(), Ok(&*offer));
}

//! The hot path allocates nothing.

use std::hint::black_box;

use bytes::Bytes;
use warden_sip::message::Message;

const INVITE: &[u8] = include_bytes!("../testdata/messages/invite.sip");

#[test]
fn parsing_an_invite_and_reading_its_essentials_allocates_nothing() {
    let bytes = Bytes::from_static(INVITE);
    let counted = allocation_counter::measure(|| {
        let message = Message::parse(bytes).expect("valid");
        black_box((message.method(), message.call_id(), message.from_tag(), message.to_tag(), message.sequence()));
        black_box((message.branch(), message.sent_by(), message.body(), message.body_bytes()));
        black_box((message.via().expect("valid"), message.request_uri().expect("valid")));
        let uris = [message.from(), message.to()].map(|address| address.expect("valid").uri().is_ok());
        black_box((
            uris,
            message.max_forwards().is_ok(),
            message.supports("timer"),
            message.has_content_type("application/sdp"),
            message.session_description().expect("valid").is_some(),
        ));
    });
    assert_eq!(counted.count_total, 0);
}

#[test]
fn a_message_from_a_stream_costs_the_allocation_that_holds_it() {
    let mut framer = warden_sip::framer::StreamFramer::new();
    framer.push(INVITE);
    assert!(framer.next_frame().is_ok());
    let counted = allocation_counter::measure(|| {
        framer.push(INVITE);
        black_box(framer.next_frame().expect("valid"));
        assert_eq!(framer.next_frame(), Ok(None));
    });
    assert_eq!(counted.count_total, 1);
}

//! How often reading and answering a usual offer allocates, so that it does not creep.

mod support;

use std::hint::black_box;

use support::{STAMP, local};
use warden_sdp::description::Description;
use warden_sdp::{Order, answer};

const OFFER: &[u8] = include_bytes!("../testdata/phones/grandstream_gxp2170.sdp");

#[test]
fn an_offer_costs_its_text_its_lines_and_its_media() {
    let counted = allocation_counter::measure(|| {
        black_box(Description::parse(black_box(OFFER)).expect("valid"));
    });
    assert_eq!(counted.count_total, 3);
}

#[test]
fn an_answer_to_eight_codecs_costs_twenty_allocations() {
    let (offer, local) = (Description::parse(OFFER).expect("valid"), local());
    let counted = allocation_counter::measure(|| {
        black_box(answer(black_box(&offer), &local, Order::Ours, STAMP).expect("answered"));
    });
    assert_eq!(counted.count_total, 20);
}

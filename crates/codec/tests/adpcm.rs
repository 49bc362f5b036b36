//! The ADPCM codecs take whatever comes; neither they nor the concealment of what they lose allocate anything.

use proptest::prelude::*;
use warden_codec::conceal::Concealer;
use warden_codec::{g722, g726};

const RATES: [g726::Rate; 4] = [g726::Rate::Kbit16, g726::Rate::Kbit24, g726::Rate::Kbit32, g726::Rate::Kbit40];
const PACKINGS: [g726::Packing; 2] = [g726::Packing::Rfc3551, g726::Packing::Aal2];

#[test]
fn two_seconds_of_g722_allocate_nothing() {
    let (mut encoder, mut decoder) = (g722::Encoder::new(), g722::Decoder::new());
    let (mut samples, mut payload) = ([0i16; 320], [0; 160]);
    let counted = allocation_counter::measure(|| {
        for n in 0..100 {
            samples.rotate_left(7);
            samples[n] = 9000;
            assert_eq!(encoder.encode(&samples, &mut payload), Some(160));
            assert_eq!(decoder.decode(&payload, &mut samples), Some(320));
        }
    });
    assert_eq!(counted.count_total, 0);
}

#[test]
fn two_seconds_of_g726_allocate_nothing_in_any_rate() {
    for (rate, packing) in RATES.into_iter().flat_map(|rate| PACKINGS.map(|packing| (rate, packing))) {
        let (mut encoder, mut decoder) = (g726::Encoder::new(rate, packing), g726::Decoder::new(rate, packing));
        let (mut samples, mut payload, len) = ([0i16; 160], [0; 100], 20 * rate.bits());
        let counted = allocation_counter::measure(|| {
            for n in 0..100 {
                samples.rotate_left(7);
                samples[n] = 9000;
                assert_eq!(encoder.encode(&samples, &mut payload), Some(len));
                assert_eq!(decoder.decode(&payload[..len], &mut samples), Some(160));
            }
        });
        assert_eq!(counted.count_total, 0, "{rate:?}");
    }
}

#[test]
fn two_seconds_of_gaps_allocate_nothing() {
    let mut concealer = Concealer::new(16_000);
    let mut samples = [0i16; 320];
    let counted = allocation_counter::measure(|| {
        for n in 0..100 {
            samples[n] = 9000;
            if n % 5 < 2 { concealer.lost(&mut samples) } else { concealer.good(&mut samples) }
        }
    });
    assert_eq!(counted.count_total, 0);
}

proptest! {
    #[test]
    fn g726_decodes_any_bytes_and_encodes_any_samples(
        payload in prop::collection::vec(any::<u8>(), 0..500),
        given in prop::collection::vec(any::<i16>(), 0..1500),
        room in 0..2500usize,
        rate in prop::sample::select(&RATES),
        packing in prop::sample::select(&PACKINGS),
    ) {
        let mut out = vec![0; room];
        let len = payload.len() * 8 / rate.bits();
        let fits = !payload.is_empty() && payload.len().is_multiple_of(rate.bytes_in_unit()) && room >= len;
        prop_assert_eq!(g726::Decoder::new(rate, packing).decode(&payload, &mut out), fits.then_some(len));
        let mut out = vec![0; room];
        let len = given.len() * rate.bits() / 8;
        let fits = !given.is_empty() && given.len().is_multiple_of(rate.samples_in_unit()) && room >= len;
        prop_assert_eq!(g726::Encoder::new(rate, packing).encode(&given, &mut out), fits.then_some(len));
    }

    #[test]
    fn g722_decodes_any_bytes_and_encodes_any_samples(
        payload in prop::collection::vec(any::<u8>(), 0..2000),
        given in prop::collection::vec(any::<i16>(), 0..2000),
        room in 0..4000usize,
    ) {
        let mut out = vec![0; room];
        let len = g722::Decoder::new().decode(&payload, &mut out);
        prop_assert_eq!(len, (!payload.is_empty() && room >= payload.len() * 2).then_some(payload.len() * 2));
        let mut out = vec![0; room];
        let len = g722::Encoder::new().encode(&given, &mut out);
        let fits = !given.is_empty() && given.len().is_multiple_of(2) && room >= given.len() / 2;
        prop_assert_eq!(len, fits.then_some(given.len() / 2));
    }
}

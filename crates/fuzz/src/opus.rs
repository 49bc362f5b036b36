//! Any bytes as payloads of Opus, some of them lost, at any rate, and as the parameters of a peer. Whatever a peer asks
//! for, an encoder can be made that gives it.

use warden_codec::opus::{Decoder, Encoder, EncoderSettings, LARGEST_PAYLOAD, Parameters};

use crate::choices::Choices;

const RATES_HZ: [u32; 5] = [8000, 12_000, 16_000, 24_000, 48_000];
const LONGEST: usize = 5760;

// A byte for the rate; then payloads, each a byte for what becomes of it, one for its length, and its bytes.
/// Runs the target.
pub(crate) fn run(data: &[u8]) {
    encode_for(&Parameters::parse(&String::from_utf8_lossy(data)));
    let mut choices = Choices::new(data);
    let rate_hz = choices.pick(&RATES_HZ);
    let mut decoder = Decoder::new(rate_hz).expect("a rate of Opus");
    let mut samples = [0; LONGEST];
    while !choices.is_over() {
        let (what, length) = (choices.byte(), choices.byte());
        let payload: Vec<u8> = (0..length).map(|_| choices.byte()).collect();
        let room = &mut samples[..usize::from(what) * LONGEST / 255];
        match what % 4 {
            0 => decoder.conceal(room),
            1 => decoder.recover(&payload, room),
            _ => {
                let room = room.len();
                let count = decoder.decode(&payload, &mut samples[..room]);
                assert!(count.is_none_or(|count| (1..=room).contains(&count)));
            }
        }
    }
}

fn encode_for(peer: &Parameters) {
    for rate_hz in RATES_HZ {
        let mut encoder = Encoder::new(EncoderSettings::for_peer(peer, rate_hz)).expect("settings that libopus takes");
        let frame = vec![1000; rate_hz as usize / 50];
        let length = encoder.encode(&frame, &mut [0; LARGEST_PAYLOAD]);
        assert!(length.is_some_and(|length| (1..=LARGEST_PAYLOAD).contains(&length)));
    }
}

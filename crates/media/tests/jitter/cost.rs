//! What a jitter buffer costs: no allocation.

use std::hint::black_box;
use std::time::Duration;

use warden_codec::g711::Law;
use warden_codec::{Codec, opus};
use warden_media::jitter::{Content, JitterBuffer, Packet};

use crate::stream::start;

#[test]
fn a_jitter_buffer_allocates_nothing_once_it_is_made() {
    for codec in [Codec::G711(Law::Pcma), Codec::G722, Codec::Opus(opus::Parameters::default())] {
        let now = start();
        let mut buffer = JitterBuffer::new(codec, 48_000).unwrap();
        let (payload, mut frame) = ([0x55; 160], [0; 960]);
        let counted = allocation_counter::measure(|| {
            for number in 0..1000u32 {
                // Every 20th is lost, and some come late, so that sound is made up, shortened and lengthened.
                let late = Duration::from_millis(u64::from(number * 7 % 50));
                let content = match number % 100 {
                    90..95 => Content::Noise(&[40, 100]),
                    _ => Content::Sound(black_box(&payload)),
                };
                let timestamp = number * codec.clock_rate_hz() / 50;
                let packet = Packet { epoch: 1, extended: u64::from(number), timestamp, content };
                let at = now + Duration::from_millis(20) * number;
                if number % 20 > 0 {
                    buffer.put(at + late, packet);
                }
                buffer.pull(at, &mut frame);
            }
        });
        assert_eq!(counted.count_total, 0, "{codec:?}");
    }
}

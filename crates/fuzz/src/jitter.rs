//! Packets of any content, order and time into a jitter buffer, of every codec and rate: a frame can always be pulled, of
//! sound that lasts as long as its frames say, and the counts agree.

use std::time::{Duration, Instant};

use warden_codec::g711::Law;
use warden_codec::{Codec, g726, ilbc, opus, speex};
use warden_media::jitter::{Content, JitterBuffer, Packet};

use crate::choices::Choices;

const RATES_HZ: [u32; 5] = [8000, 16_000, 24_000, 32_000, 48_000];

fn codec(choices: &mut Choices<'_>) -> Codec {
    match choices.below(9) {
        0 => Codec::G722,
        1 => Codec::G726(g726::Rate::Kbit24, g726::Packing::Aal2),
        2 => Codec::Ilbc(ilbc::Mode::Ms20),
        3 => Codec::Ilbc(ilbc::Mode::Ms30),
        4 => Codec::Opus(opus::Parameters::default()),
        5 => Codec::Speex(speex::Band::Narrow),
        6 => Codec::Speex(speex::Band::Wide),
        7 => Codec::G711(Law::Pcmu),
        _ => Codec::G711(Law::Pcma),
    }
}

// Two bytes for the codec and the rate; then packets, each with bytes for the time that passes before it, for its
// number, its timestamp, what it is, its length, and as many of content. Frames are pulled in between.
/// Runs the target.
pub(crate) fn run(data: &[u8]) {
    let mut choices = Choices::new(data);
    let (codec, rate_hz) = (codec(&mut choices), choices.pick(&RATES_HZ));
    let mut buffer = JitterBuffer::new(codec, rate_hz).expect("a rate that can be made");
    let mut frame = vec![0; rate_hz as usize / 50];
    let (mut now, mut next_pull) = (Instant::now(), Instant::now());
    let (mut epoch, mut extended, mut timestamp, mut put) = (1, 70_000_u64, 0_u32, 0);
    while !choices.is_over() {
        now += Duration::from_millis(u64::from(choices.byte()) / 4);
        while next_pull <= now {
            buffer.pull(next_pull, &mut frame);
            next_pull += Duration::from_millis(20);
        }
        let step = choices.byte();
        (extended, epoch) = match step {
            0..200 => (extended.wrapping_add(1), epoch),
            200..240 => (extended.wrapping_add(u64::from(step)).wrapping_sub(220), epoch),
            240..250 => (extended.wrapping_add(1 << (step % 64)), epoch),
            250..=255 => (u64::from(step - 250).wrapping_neg(), epoch + 1),
        };
        timestamp = match choices.byte() {
            0..200 => timestamp.wrapping_add(codec.clock_rate_hz() / 50),
            step => timestamp.wrapping_add(u32::from(step).wrapping_pow(4)),
        };
        let (what, length) = (choices.below(8), usize::from(choices.byte()));
        let mut payload: Vec<u8> = (0..length).map(|_| choices.byte()).collect();
        let content = match what {
            0 => Content::Nothing,
            1 => Content::Noise(&payload),
            2 => {
                payload.resize(length * 10, 0x55);
                Content::Sound(&payload)
            }
            _ => Content::Sound(&payload),
        };
        buffer.put(now, Packet { epoch, extended, timestamp, content });
        put += 1;
    }
    let counts = buffer.statistics();
    assert!(counts.packets == put && counts.duplicates + counts.dropped + counts.late <= put);
    assert!((Duration::from_millis(20)..=Duration::from_millis(200)).contains(&counts.target_delay));
}

//! How long encryption takes: one packet of 20 ms of G.711, by suite.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use warden_media::rtp::Fields;
use warden_media::srtp::{MAX_GROWTH, MAX_MASTER_LEN, MasterKey, Receiver, Sender, Suite};

const LEN: usize = 172;

fn srtp(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("srtp");
    group.throughput(Throughput::Elements(1));
    for suite in Suite::ALL {
        let Some(key) = MasterKey::new(suite, [7; MAX_MASTER_LEN].split_at(suite.master_len()).0) else { continue };
        let (Ok(mut sender), Ok(mut receiver)) = (Sender::new(&key), Receiver::new(&key)) else { continue };
        let mut packet = [0x55; LEN + MAX_GROWTH];
        let mut number = 0u32;
        group.bench_function(format!("protect/{}", suite.name()), |bencher| {
            bencher.iter(|| {
                number = number.wrapping_add(1);
                numbered(&mut packet, number);
                sender.protect(black_box(&mut packet), LEN)
            });
        });
        let Ok(mut sender) = Sender::new(&key) else { continue };
        let mut number = 0u32;
        group.bench_function(format!("both/{}", suite.name()), |bencher| {
            bencher.iter(|| {
                number = number.wrapping_add(1);
                numbered(&mut packet, number);
                let len = sender.protect(&mut packet, LEN)?;
                receiver.unprotect(black_box(packet.get_mut(..len)?)).ok()
            });
        });
    }
    group.finish();
}

fn numbered(packet: &mut [u8], number: u32) {
    let [.., high, low] = number.to_be_bytes();
    let sequence = u16::from_be_bytes([high, low]);
    Fields { marker: false, payload_type: 0, sequence, timestamp: number, ssrc: 3 }.write(packet);
}

criterion_group!(benches, srtp);
criterion_main!(benches);

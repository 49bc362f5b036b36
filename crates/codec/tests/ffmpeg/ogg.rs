//! As much of Ogg (RFC 3533) as one stream needs.

/// A stream of these packets, one on each page. `granules` is how far each of them moves the position, the first two
/// are headers and do not.
pub(crate) fn write(packets: &[Vec<u8>], granules: u64) -> Vec<u8> {
    let (mut stream, mut position) = (Vec::new(), 0);
    for (number, packet) in (0_u32..).zip(packets) {
        let last = number as usize + 1 == packets.len();
        position += if number < 2 { 0 } else { granules };
        let start = stream.len();
        stream.extend_from_slice(b"OggS\0");
        stream.push(if number == 0 { 2 } else { u8::from(last) * 4 });
        stream.extend_from_slice(&position.to_le_bytes());
        stream.extend_from_slice(&7_u32.to_le_bytes());
        stream.extend_from_slice(&number.to_le_bytes());
        stream.extend_from_slice(&[0; 4]);
        let full = packet.len() / 255;
        stream.push(u8::try_from(full + 1).expect("a small packet"));
        stream.extend(std::iter::repeat_n(255, full));
        stream.push(u8::try_from(packet.len() % 255).expect("below 255"));
        stream.extend_from_slice(packet);
        let sum = checksum(&stream[start..]);
        stream[start + 22..start + 26].copy_from_slice(&sum.to_le_bytes());
    }
    stream
}

/// The packets of a stream.
pub(crate) fn read(mut stream: &[u8]) -> Vec<Vec<u8>> {
    let (mut packets, mut packet) = (Vec::new(), Vec::new());
    while let Some(rest) = stream.strip_prefix(b"OggS") {
        let segments = usize::from(rest[22]);
        let (lengths, mut content) = rest[23..].split_at(segments);
        for length in lengths {
            let (segment, later) = content.split_at(usize::from(*length));
            packet.extend_from_slice(segment);
            content = later;
            if *length < 255 {
                packets.push(std::mem::take(&mut packet));
            }
        }
        stream = content;
    }
    assert!(stream.is_empty() && packet.is_empty());
    packets
}

fn checksum(page: &[u8]) -> u32 {
    page.iter().fold(0, |sum, byte| {
        (0..8).fold(sum ^ (u32::from(*byte) << 24), |sum, _| (sum << 1) ^ ((sum >> 31) * 0x04C1_1DB7))
    })
}

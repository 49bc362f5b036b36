//! Bits into bytes and back, most significant first.

/// Fills bytes from the first on.
pub(super) struct Writer<'a> {
    bytes: std::slice::IterMut<'a, u8>,
    pending: u32,
    count: u32,
}

impl<'a> Writer<'a> {
    pub(super) fn new(bytes: &'a mut [u8]) -> Self {
        Self { bytes: bytes.iter_mut(), pending: 0, count: 0 }
    }

    /// The lowest `count` bits of `value`, at most 8. What comes after the last byte is dropped.
    #[expect(clippy::cast_possible_truncation, reason = "the byte that is full")]
    pub(super) fn push(&mut self, value: u8, count: u32) {
        self.pending = self.pending << count | u32::from(value) & !(u32::MAX << count);
        self.count += count;
        if let Some(left) = self.count.checked_sub(8) {
            self.count = left;
            if let Some(byte) = self.bytes.next() {
                *byte = (self.pending >> left) as u8;
            }
        }
    }
}

/// Reads bytes from the first on; after the last one it reads zeros.
pub(super) struct Reader<'a> {
    bytes: std::slice::Iter<'a, u8>,
    pending: u32,
    count: u32,
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes: bytes.iter(), pending: 0, count: 0 }
    }

    /// The next `count` bits, at most 8.
    #[expect(clippy::cast_possible_truncation, reason = "at most 8 bits are left by the mask")]
    pub(super) fn pull(&mut self, count: u32) -> u8 {
        if self.count < count {
            self.pending = self.pending << 8 | self.bytes.next().map_or(0, |&byte| u32::from(byte));
            self.count += 8;
        }
        self.count -= count;
        (self.pending >> self.count & !(u32::MAX << count)) as u8
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_in_the_same_order() {
        let values = [(0b101, 3), (0, 0), (0xFF, 8), (1, 1), (0, 5), (0b11_0110, 6), (1, 1)];
        let mut bytes = [0; 3];
        let mut writer = Writer::new(&mut bytes);
        for (value, count) in values {
            writer.push(value, count);
        }
        assert_eq!(bytes, [0b1011_1111, 0b1111_0000, 0b0110_1101]);
        let mut reader = Reader::new(&bytes);
        assert!(values.iter().all(|&(value, count)| reader.pull(count) == value));
        assert_eq!(reader.pull(8), 0);
    }
}

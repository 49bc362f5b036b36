//! The numbers of packets: guessed from 16 bits of them, and each taken once (RFC 3711 §3.3.1 and §3.3.2).

/// How many packets back one may come late.
const WINDOW: u32 = u128::BITS;

/// The number of a packet of RTP has 48 bits: rollover counter, then sequence number.
const MAX_RTP_INDEX: u64 = (1 << 48) - 1;

/// The highest number so far, and which of the ones up to it have been.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Window {
    highest: u64,
    /// Bit `n` stands for `highest - n`.
    seen: u128,
}

impl Window {
    /// One that has seen `index` only.
    pub(super) fn starting_at(index: u64) -> Self {
        Self { highest: index, seen: 1 }
    }

    /// Whether `index` is new, and not too old to be told.
    #[inline]
    pub(super) fn is_new(&self, index: u64) -> bool {
        match self.highest.checked_sub(index).map(u32::try_from) {
            None => true,
            Some(Ok(age)) => self.seen.checked_shr(age).is_some_and(|seen| seen & 1 == 0),
            Some(Err(_)) => false,
        }
    }

    /// Remembers `index`, which has turned out to be genuine.
    #[inline]
    pub(super) fn take(&mut self, index: u64) {
        if let Some(age) = self.highest.checked_sub(index) {
            self.seen |= u32::try_from(age).ok().and_then(|age| 1u128.checked_shl(age)).unwrap_or(0);
            return;
        }
        let ahead = u32::try_from(index - self.highest).unwrap_or(WINDOW);
        self.seen = self.seen.checked_shl(ahead).unwrap_or(0) | 1;
        self.highest = index;
    }

    /// The number nearest to the highest one that ends with `sequence`; `None` when that would be below 0 or above
    /// what the key may be used for.
    #[inline]
    pub(super) fn guess(&self, sequence: u16) -> Option<u64> {
        let [.., high, low] = self.highest.to_be_bytes();
        let ahead = sequence.wrapping_sub(u16::from_be_bytes([high, low])).cast_signed();
        self.highest.checked_add_signed(ahead.into()).filter(|index| *index <= MAX_RTP_INDEX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rollover_counter_follows_the_sequence_number_over_its_end_and_back() {
        let window = |index| Window::starting_at(index);
        assert_eq!(window(65_535).guess(0), Some(0x1_0000));
        assert_eq!(window(0x1_0000).guess(65_535), Some(65_535));
        assert_eq!(window(0x1_0005).guess(7), Some(0x1_0007));
        assert_eq!(window(5).guess(32_772), Some(32_772));
        assert_eq!(window(0x1_8000).guess(0), Some(0x1_0000));
        assert_eq!(window(0x1_8001).guess(0), Some(0x2_0000));
    }

    #[test]
    fn no_number_is_below_zero_or_above_the_life_of_a_key() {
        assert_eq!(Window::starting_at(3).guess(65_000), None);
        assert_eq!(Window::starting_at(MAX_RTP_INDEX).guess(65_535), Some(MAX_RTP_INDEX));
        assert_eq!(Window::starting_at(MAX_RTP_INDEX).guess(0), None);
    }

    #[test]
    fn each_number_is_taken_once_within_the_window_and_none_before_it() {
        let mut window = Window::starting_at(1000);
        for index in [1000, 1003, 1001, 1002, 1200, 1073, 1328] {
            assert_eq!(window.is_new(index), index != 1000, "{index}");
            window.take(index);
            assert!(!window.is_new(index), "{index}");
        }
        assert!(window.is_new(1329) && window.is_new(1201) && !window.is_new(1200));
        let mut window = Window::starting_at(1000);
        assert!(window.is_new(873) && !window.is_new(872));
        window.take(1001);
        assert!(window.is_new(874) && !window.is_new(873));
        window.take(1 << 40);
        assert!(!window.is_new(1001) && window.is_new((1 << 40) - 127));
        assert_eq!(Window::starting_at(0), Window { highest: 0, seen: 1 });
    }
}

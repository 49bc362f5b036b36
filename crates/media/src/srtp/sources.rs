//! What is known of each SSRC, within a bound; the one asked for last is in front.

/// At most `N` sources.
#[derive(Clone, Debug)]
pub(super) struct Sources<T, const N: usize> {
    slots: [Option<(u32, T)>; N],
}

impl<T: Copy, const N: usize> Sources<T, N> {
    pub(super) fn new() -> Self {
        Self { slots: [None; N] }
    }

    /// What is known of `ssrc`. Its place in the order stays.
    #[inline]
    pub(super) fn get(&self, ssrc: u32) -> Option<&T> {
        self.slots.iter().flatten().find(|(known, _)| *known == ssrc).map(|(_, value)| value)
    }

    /// Whether nothing is known.
    pub(super) fn is_empty(&self) -> bool {
        self.slots.iter().all(Option::is_none)
    }

    /// Whether there is no room for another one.
    pub(super) fn is_full(&self) -> bool {
        self.slots.iter().all(Option::is_some)
    }

    /// Puts what is known of `ssrc` now in front; when it is new and there is no room, the one not heard of for longest
    /// is forgotten.
    #[inline]
    pub(super) fn put(&mut self, ssrc: u32, value: T) {
        let known = self.slots.iter().position(|slot| slot.is_some_and(|(known, _)| known == ssrc));
        let end = known.unwrap_or(N.saturating_sub(1));
        if let Some(part) = self.slots.get_mut(..=end) {
            part.rotate_right(1);
        }
        if let Some(first) = self.slots.first_mut() {
            *first = Some((ssrc, value));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_source_not_heard_of_for_longest_is_forgotten() {
        let mut sources = Sources::<u8, 3>::new();
        for (ssrc, value) in [(1, 10), (2, 20), (3, 30), (1, 11)] {
            sources.put(ssrc, value);
        }
        assert!(sources.is_full());
        sources.put(4, 40);
        let known = [1, 2, 3, 4].map(|ssrc| sources.get(ssrc).copied());
        assert_eq!(known, [Some(11), None, Some(30), Some(40)]);
    }
}

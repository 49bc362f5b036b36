//! Which numbers have come: told apart are packets that come twice.

/// So far from the newest one a number is another stream's.
const FAR: u64 = 3000;

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Numbers {
    newest: Option<u64>,
    /// Bit n tells whether `newest` - n has come.
    seen: u128,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Number {
    New,
    Twice,
    /// It cannot belong to those before.
    Far,
}

impl Numbers {
    pub(super) fn note(&mut self, extended: u64) -> Number {
        let newest = *self.newest.get_or_insert(extended);
        let away = newest.abs_diff(extended);
        if away > FAR {
            return Number::Far;
        }
        if extended > newest {
            self.newest = Some(extended);
            self.seen = u32::try_from(away).ok().and_then(|away| self.seen.checked_shl(away)).unwrap_or(0) | 1;
            return Number::New;
        }
        // Older than what is remembered is late for certain, and need not be told apart.
        let bit = u32::try_from(away).ok().and_then(|away| 1u128.checked_shl(away)).unwrap_or(0);
        if self.seen & bit != 0 {
            return Number::Twice;
        }
        self.seen |= bit;
        Number::New
    }
}

#[cfg(test)]
mod tests {
    use super::Number::{Far, New, Twice};
    use super::*;

    #[test]
    fn numbers_that_come_twice_or_from_elsewhere_are_told_apart() {
        let mut numbers = Numbers::default();
        let noted = [10, 12, 11, 11, 12, 10, 300, 12, 299, 5000].map(|extended| numbers.note(extended));
        assert_eq!(noted, [New, New, New, Twice, Twice, Twice, New, New, New, Far]);
    }
}

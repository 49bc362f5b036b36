//! Requests are numbered by part of the core, so that an answer finds the part that asked.

use warden_sip::endpoint::ClientId;

/// The bits of a number below those that name the part.
const BITS: u32 = 56;

/// A part of the core that sends requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// Everything within calls, and the INVITEs that begin them.
    Calls,
    /// NOTIFY of subscriptions.
    Subscriptions,
    /// Registrations of our own at other servers.
    Registrant,
    /// The questions that keep ways to phones open.
    KeepAlives,
    /// MESSAGE.
    InstantMessages,
}

impl Part {
    /// In the order of the enum.
    const ALL: &[Self] = &[Self::Calls, Self::Subscriptions, Self::Registrant, Self::KeepAlives, Self::InstantMessages];

    /// Whose request that was; `None` for a number that none has given.
    pub(crate) fn of(id: ClientId) -> Option<Self> {
        Self::ALL.get(usize::try_from(id.0 >> BITS).ok()?).copied()
    }
}

/// The numbers of one part: each is given once, and none are left after 2^56 of them.
#[derive(Debug)]
pub(crate) struct Numbers {
    last: u64,
}

impl Numbers {
    pub(crate) fn new(part: Part) -> Self {
        Self { last: (part as u64) << BITS }
    }

    pub(crate) fn next(&mut self) -> ClientId {
        self.last += 1;
        ClientId(self.last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_given_once_and_tells_whose_it_is() {
        for part in Part::ALL {
            let mut numbers = Numbers::new(*part);
            let (first, second) = (numbers.next(), numbers.next());
            assert_ne!(first, second);
            assert_eq!([Part::of(first), Part::of(second)], [Some(*part); 2]);
        }
        assert_eq!(Part::of(ClientId(1 << 62)), None);
    }
}

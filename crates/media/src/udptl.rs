//! Fax datagrams (UDPTL, ITU-T T.38 §9.1) as far as whoever passes them on must know them: whether it is one, and its number.

use warden_sdp::t38::MAX_DATAGRAM;

/// The sequence number of `datagram`; `None` when it is longer than [`MAX_DATAGRAM`] or its parts do not fit into it, so
/// that it is something else. What is in the parts is not looked at.
///
/// It must be told from RTP that is still on its way when a call becomes a fax: a receiver that takes such a packet for
/// fax would believe its number, and drop everything that comes after.
#[inline]
#[must_use]
pub fn sequence(datagram: &[u8]) -> Option<u16> {
    let (head, rest) = datagram.split_first_chunk::<2>()?;
    let is_short = u32::try_from(datagram.len()).is_ok_and(|len| len <= MAX_DATAGRAM);
    let mut rest = Parts(rest).filter(is_short)?;
    rest.part()?;
    // What was sent before is repeated, or there is parity; the other bits fill up to the next byte.
    match rest.byte()? {
        0x00 => rest.list()?,
        0x80 => {
            // How many packets each parity stands for: a number with its length.
            rest.part()?;
            rest.list()?;
        }
        _ => return None,
    }
    Some(u16::from_be_bytes(*head))
}

/// What is left of a datagram, by the aligned packed encoding rules (ITU-T X.691).
struct Parts<'a>(&'a [u8]);

impl Parts<'_> {
    fn filter(self, is_so: bool) -> Option<Self> {
        is_so.then_some(self)
    }

    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    /// One byte up to 127, two up to 16,383; more comes in pieces, and fits into no datagram.
    fn length(&mut self) -> Option<usize> {
        match self.byte()? {
            short @ 0..=0x7F => Some(short.into()),
            high @ 0x80..=0xBF => Some(usize::from(high & 0x3F) << 8 | usize::from(self.byte()?)),
            0xC0..=0xFF => None,
        }
    }

    /// Bytes with their length in front.
    fn part(&mut self) -> Option<()> {
        let length = self.length()?;
        self.0 = self.0.get(length..)?;
        Some(())
    }

    /// Any number of parts, with the number in front.
    fn list(&mut self) -> Option<()> {
        (0..self.length()?).try_for_each(|_| self.part())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A datagram with the number 0x0102.
    fn read(rest: &[u8]) -> Option<u16> {
        sequence(&[&[1, 2], rest].concat())
    }

    #[test]
    fn datagrams_with_and_without_repeats_and_parity_are_known() {
        assert_eq!(read(&[1, 6, 0, 0]), Some(0x0102), "nothing is repeated");
        assert_eq!(read(&[2, 6, 7, 0, 2, 1, 5, 2, 4, 4]), Some(0x0102), "two are repeated");
        assert_eq!(read(&[2, 6, 7, 0x80, 1, 3, 2, 1, 5, 0]), Some(0x0102), "parity");
        assert_eq!(read(&[1, 6, 0, 0, 9, 9]), Some(0x0102), "something follows");
        let long = [&[0x80, 200][..], &[6; 200], &[0, 0]].concat();
        assert_eq!(read(&long), Some(0x0102));
    }

    #[test]
    fn what_does_not_fit_is_no_fax() {
        let short: [&[u8]; 10] = [
            &[],
            &[1],
            &[2, 6],
            &[1, 6],
            &[1, 6, 0],
            &[1, 6, 0, 1],
            &[1, 6, 0, 1, 2, 5],
            &[1, 6, 0x80, 1],
            &[1, 6, 0x80, 1, 3, 1],
            &[1, 6, 0x01, 0],
        ];
        for rest in short {
            assert_eq!(read(rest), None, "{rest:?}");
        }
        assert_eq!((sequence(&[]), sequence(&[1])), (None, None));
        assert_eq!(read(&[&[0xC1][..], &[0; 300]].concat()), None, "in pieces");
    }

    #[test]
    fn a_datagram_longer_than_any_is_no_fax() {
        let with = |more: usize| read(&[&[1, 6, 0, 0][..], &vec![0; more]].concat());
        assert_eq!((with(1494).is_some(), with(1495)), (true, None));
    }

    #[test]
    fn hardly_any_sound_is_taken_for_fax() {
        let (mut random, mut taken) = (crate::random::Mix::new(1), 0);
        for number in 0..20_000u16 {
            let mut packet: Vec<u8> =
                std::iter::repeat_with(|| random.next_u64().to_be_bytes()).take(22).flatten().collect();
            let [high, low] = number.to_be_bytes();
            packet.splice(..4, [0x80, 0, high, low]);
            taken += u32::from(sequence(&packet).is_some());
        }
        assert!(taken < 100, "{taken} of 20000");
    }
}

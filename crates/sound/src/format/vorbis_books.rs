//! The codebooks of a Vorbis file (Vorbis I §3.2.1), walked through before lewton reads them: it takes as much memory as
//! they claim to need, which may be more than there is.

use crate::error::Refusal;

/// What all books of a file may have together: 16 MB of numbers. What encoders write has some 100,000.
const MOST_NUMBERS: u64 = 1 << 22;

/// Checks the third packet of a stream.
pub(super) fn check(setup: &[u8]) -> Result<(), Refusal> {
    let mut bits = Bits { bytes: setup.get(7..).unwrap_or_default(), at: 0 };
    are_within_bounds(&mut bits).filter(|within| *within).map(|_| ()).ok_or("its codebooks are damaged".into())
}

/// `None` when the packet ends before the books do.
fn are_within_bounds(bits: &mut Bits<'_>) -> Option<bool> {
    let books = bits.take(8)? + 1;
    let mut numbers = 0;
    for _ in 0..books {
        let _sync = bits.take(24)?;
        let (dimensions, entries) = (bits.take(16)?, bits.take(24)?);
        numbers += u64::from(dimensions.max(1)) * u64::from(entries);
        if numbers > MOST_NUMBERS {
            return Some(false);
        }
        skip_lengths(bits, entries)?;
        let lookup = bits.take(4)?;
        if lookup == 0 {
            continue;
        }
        if dimensions == 0 || entries == 0 {
            return Some(false);
        }
        let (_lowest, _step) = (bits.take(32)?, bits.take(32)?);
        let width = bits.take(4)? + 1;
        let _sequence = bits.take(1)?;
        let values =
            if lookup == 1 { root(entries, dimensions).into() } else { u64::from(entries) * u64::from(dimensions) };
        bits.skip(values * u64::from(width))?;
    }
    Some(true)
}

fn skip_lengths(bits: &mut Bits<'_>, entries: u32) -> Option<()> {
    if bits.take(1)? == 1 {
        let _first = bits.take(5)?;
        let mut done = 0;
        while done < entries {
            done += bits.take(u32::BITS - (entries - done).leading_zeros())?;
        }
        return Some(());
    }
    let is_sparse = bits.take(1)? == 1;
    for _ in 0..entries {
        if !is_sparse || bits.take(1)? == 1 {
            bits.skip(5)?;
        }
    }
    Some(())
}

/// The largest number whose `power`th power is at most `of`.
fn root(of: u32, power: u32) -> u32 {
    let fits = |base: u32| u64::from(base).checked_pow(power).is_some_and(|product| product <= of.into());
    (1..=of).take_while(|base| fits(*base)).last().unwrap_or_default()
}

/// Bits, the lowest of each byte first.
struct Bits<'a> {
    bytes: &'a [u8],
    at: u64,
}

impl Bits<'_> {
    fn take(&mut self, count: u32) -> Option<u32> {
        (0..count).try_fold(0, |value, place| {
            let byte = self.bytes.get(usize::try_from(self.at / 8).ok()?)?;
            let bit = u32::from(byte >> (self.at % 8) & 1);
            self.at += 1;
            Some(value | bit << place)
        })
    }

    fn skip(&mut self, count: u64) -> Option<()> {
        self.at = self.at.checked_add(count)?;
        (self.at <= u64::try_from(self.bytes.len()).ok()?.checked_mul(8)?).then_some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roots_are_those_of_the_specification() {
        assert_eq!(
            [(1025, 10), (1024, 10), (1023, 10), (3125, 5), (3124, 5), (1, 1)].map(|(of, power)| root(of, power)),
            [2, 2, 1, 5, 4, 1]
        );
    }

    #[test]
    fn books_that_claim_gigabytes_are_refused() {
        // One book: sync, then all ones for dimensions and entries.
        let mut setup = b"\x05vorbis\x00BCV".to_vec();
        setup.extend([0xFF; 5]);
        setup.extend([0; 64]);
        assert!(check(&setup).is_err());
        assert!(check(b"\x05vorbis").is_err());
    }
}

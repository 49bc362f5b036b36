//! Telephone events and comfort noise run on the clock of the sound beside them (RFC 4733 §2.1).

use smallvec::SmallVec;

use super::Codec;

/// Leaves out what has a clock that no sound in the list has.
///
/// Some devices know events with 8000 Hz only, whatever the sound: when nothing fits, everything stays.
pub(crate) fn drop_foreign_clocks<T>(list: &mut Vec<T>, codec: impl Fn(&T) -> &Codec) {
    let clocks: SmallVec<[u32; 8]> =
        list.iter().map(&codec).filter(|codec| codec.is_audio()).map(|codec| codec.clock_rate_hz).collect();
    let fits = |item: &T| clocks.contains(&codec(item).clock_rate_hz);
    if list.iter().any(|item| !codec(item).is_audio() && fits(item)) {
        list.retain(fits);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::Encoding;

    fn left(list: &[Codec]) -> Vec<u32> {
        let mut list = list.to_vec();
        drop_foreign_clocks(&mut list, |codec| codec);
        list.iter().map(|codec| codec.clock_rate_hz).collect()
    }

    #[test]
    fn events_stay_where_a_sound_has_their_clock() {
        let (narrow, opus) = (Codec::narrow(Encoding::Pcmu), Codec::opus());
        let [slow, fast] = [8000, 48_000].map(Codec::telephone_event);
        assert_eq!(left(&[narrow.clone(), slow.clone(), fast.clone()]), [8000, 8000]);
        assert_eq!(left(&[opus.clone(), slow.clone(), fast.clone()]), [48_000, 48_000]);
        assert_eq!(left(&[opus.clone(), narrow, slow.clone(), fast]), [48_000, 8000, 8000, 48_000]);
        assert_eq!(left(&[opus, slow]), [48_000, 8000], "better than none");
    }
}

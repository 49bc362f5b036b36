//! Samples on their way out: what has just been heard, for what must be joined to it, and what waits to be.

use warden_codec::stretch::Stretch;

#[derive(Debug)]
pub(super) struct Line {
    /// First what is over, then what waits, then room.
    samples: Box<[i16]>,
    /// How much is over.
    past: usize,
    /// How much waits.
    len: usize,
    stretch: Stretch,
    /// Room for what is put in between.
    added: Box<[i16]>,
}

impl Line {
    /// With room for so many samples at this rate.
    pub(super) fn new(rate_hz: u32, room: usize) -> Self {
        let stretch = Stretch::at(rate_hz);
        let past = stretch.longest();
        let samples = vec![0; past + room].into_boxed_slice();
        Self { samples, past, len: 0, stretch, added: vec![0; past].into_boxed_slice() }
    }

    /// How many samples wait.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// How many must wait so that [`Line::shorten`] leaves a `frame`.
    pub(super) fn enough_to_shorten(&self, frame: usize) -> usize {
        (frame + self.stretch.longest()).max(2 * self.stretch.longest())
    }

    /// Where more can be written; then they are [`added`](Line::added).
    pub(super) fn room(&mut self) -> &mut [i16] {
        self.samples.get_mut(self.past + self.len..).unwrap_or_default()
    }

    /// The next `count` samples of the room wait from now on. The answer are they.
    pub(super) fn added(&mut self, count: usize) -> &mut [i16] {
        let begin = self.past + self.len;
        self.len = (self.len + count).min(self.samples.len() - self.past);
        self.samples.get_mut(begin..self.past + self.len).unwrap_or_default()
    }

    /// Sounds out what waits last: `samples` begin with what mirrors it, fading, besides what they are.
    pub(super) fn sound_out(&mut self, count: usize, samples: usize) {
        let begin = (self.past + self.len).saturating_sub(samples);
        let count = count.min(samples);
        let (before, after) = self.samples.split_at_mut(begin);
        let Some((last, before)) = before.split_last() else { return };
        let whole = i32::try_from(count).unwrap_or(i32::MAX);
        for ((part, sample), earlier) in (1..).zip(after.iter_mut().take(count)).zip(before.iter().rev()) {
            let mirrored = 2 * i32::from(*last) - i32::from(*earlier);
            let heard = i32::from(*sample) + mirrored * (whole - part) / whole;
            *sample = i16::try_from(heard).unwrap_or(if heard < 0 { i16::MIN } else { i16::MAX });
        }
    }

    /// Leaves a period out: how many samples.
    pub(super) fn shorten(&mut self, at_least: f32) -> Option<usize> {
        let waiting = self.samples.get_mut(self.past..self.past + self.len)?;
        let step = self.stretch.shorten(waiting, at_least)?;
        self.samples.copy_within(self.past + step..self.past + self.len, self.past);
        self.len -= step;
        Some(step)
    }

    /// Puts a period in: how many samples.
    pub(super) fn lengthen(&mut self, at_least: f32) -> Option<usize> {
        let (past, waiting) = self.samples.get(..self.past + self.len)?.split_at_checked(self.past)?;
        let step = self.stretch.lengthen(past, waiting, &mut self.added, at_least)?;
        let end = self.past + self.len + step;
        self.samples.get(..end)?; // there is room
        self.samples.copy_within(self.past..self.past + self.len, self.past + step);
        self.samples.get_mut(self.past..self.past + step)?.copy_from_slice(self.added.get(..step)?);
        self.len += step;
        Some(step)
    }

    /// Takes the next samples out, as many as `out` has, which wait.
    pub(super) fn take(&mut self, out: &mut [i16]) {
        let count = out.len().min(self.len);
        if let Some((out, taken)) = out.get_mut(..count).zip(self.samples.get(self.past..self.past + count)) {
            out.copy_from_slice(taken);
        }
        self.samples.copy_within(count..self.past + self.len, 0);
        self.len -= count;
    }
}

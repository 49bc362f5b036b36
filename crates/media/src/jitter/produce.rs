//! Samples of what is next: decoded, made up, or noise.

use warden_codec::comfort::Noise;

use super::cursor::State;
use super::play::GAP_US;
use super::slots::Head;
use super::{FRAME_MS, JitterBuffer, Played};

/// More than this is not made up; after it there is noise.
const MADE_UP_US: i64 = 100_000;
/// How long sound fades into noise, and noise into sound.
const FADE_OUT_MS: usize = 10;
const FADE_IN_MS: usize = 4;

impl JitterBuffer {
    /// Sound is over, and fades into noise.
    pub(super) fn fall_silent(&mut self, noise: Option<Noise>) {
        if self.cursor.state != State::Waiting {
            self.cursor.state = State::Waiting;
            self.fade_out(noise, self.missing().max(FADE_OUT_MS * self.per_ms()));
        }
    }

    /// As much noise as is missing to a frame.
    pub(super) fn pass_silence(&mut self) {
        self.add_noise(self.missing());
    }

    /// So many samples of noise, into which fades what was heard.
    fn fade_out(&mut self, noise: Option<Noise>, count: usize) {
        self.background.begin(noise);
        self.add_noise(count);
        self.line.sound_out(FADE_OUT_MS * self.per_ms(), count);
    }

    fn add_noise(&mut self, count: usize) {
        let kind = if self.background.is_silent() { Played::Silence } else { Played::Noise };
        (self.cursor.kind, self.cursor.joins) = (kind, true);
        self.background.fill(self.line.added(count));
    }

    fn missing(&self) -> usize {
        self.frame.len().saturating_sub(self.line.len())
    }

    /// What waits under this number is heard.
    pub(super) fn decode(&mut self, head: Head) {
        if matches!(self.cursor.state, State::Playing { starved_us } if starved_us > 0) {
            self.counts.underruns += u64::from(head.media_us < self.cursor.end_us + GAP_US);
            self.cursor.state = State::Playing { starved_us: 0 };
        }
        let payload = self.slots.payload(head.extended);
        let decoded = self.decoder.decode(payload, self.line.room()).filter(|count| *count > 0);
        self.slots.remove(head.extended);
        self.cursor.skip_to(head.extended.saturating_add(1));
        let Some(count) = decoded else {
            self.counts.unreadable += 1;
            self.cursor.end_us = head.media_us + self.timeline.packet_us();
            return self.make_up(self.cursor.packet, None);
        };
        let fade = FADE_IN_MS * self.per_ms();
        let samples = self.line.added(count);
        if std::mem::take(&mut self.cursor.joins) {
            let fade = fade.min(samples.len());
            self.background.pass_into(samples.get_mut(..fade).unwrap_or_default());
        }
        (self.cursor.packet, self.cursor.kind, self.cursor.made_up_us) = (count, Played::Sound, 0);
        self.timeline.set_packet(self.samples_us(count));
        self.cursor.end_us = head.media_us + self.samples_us(count);
    }

    /// Makes up so many samples; `next` is what comes right after them, if it is there.
    pub(super) fn make_up(&mut self, count: usize, next: Option<Head>) {
        self.cursor.made_up_us += self.samples_us(count);
        if self.cursor.made_up_us > MADE_UP_US + self.samples_us(count) {
            return if self.cursor.kind == Played::MadeUp { self.fade_out(None, count) } else { self.add_noise(count) };
        }
        let Some(room) = self.line.room().get_mut(..count) else { return };
        match next {
            Some(next) => self.decoder.recover(self.slots.payload(next.extended), room),
            None => self.decoder.conceal(room),
        }
        self.line.added(count);
        self.cursor.kind = Played::MadeUp;
    }

    /// Hands a frame out, at the rate that is wanted.
    pub(super) fn give(&mut self, frame: &mut [i16]) {
        match &mut self.resampler {
            Some(resampler) => {
                let whole = resampler.room_for(self.frame.len()).min(frame.len());
                let room = frame.get_mut(..whole).unwrap_or_default();
                if resampler.resample(&self.frame, room).is_none() {
                    room.fill(0);
                }
            }
            None => frame.iter_mut().zip(&self.frame).for_each(|(out, sample)| *out = *sample),
        }
    }

    fn per_ms(&self) -> usize {
        self.frame.len() / FRAME_MS as usize
    }
}

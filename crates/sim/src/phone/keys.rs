//! A phone's keypad: digits pressed one after another, each for its time, and the digits that it has heard.

#![expect(clippy::cast_possible_truncation, reason = "samples of 16 bits")]

use std::collections::VecDeque;
use std::f64::consts::TAU;
use std::time::{Duration, Instant};

use warden_call::digits::{Digit, DigitBy};
use warden_media::dtmf::{Detector, EventOut, EventPacket, EventPayload, EventReceiver, EventSender, Heard};
use warden_media::rtp::RtpHeader;
use warden_sip::status::Status;

/// Of every packet, in ms.
const PACKET_MS: u8 = 20;
/// Packets between two digits.
const GAP: u32 = 5;
/// Of each frequency, of 32,767.
const AMPLITUDE: f64 = 6000.0;

/// A digit that was heard: how, which, and for how many milliseconds.
pub type HeardDigit = (DigitBy, char, u64);

#[derive(Clone, Copy)]
struct Press {
    by: DigitBy,
    digit: Digit,
    duration: Duration,
}

/// What is done in the packet time that has come.
pub(super) enum Act {
    Event { out: EventOut, timestamp: u32 },
    Tone(Vec<i16>),
    Info(Digit, Duration),
}

enum Doing {
    Nothing,
    Event(EventSender, u32),
    /// Since when, for how long, in samples.
    Tone(Digit, u32, u32),
    Gap(u32),
}

pub(super) struct Keys {
    pressed: VecDeque<Press>,
    doing: Doing,
    events: EventReceiver,
    detector: Detector,
    extended: u64,
    heard: Vec<HeardDigit>,
    /// What INFO is answered; nothing when `None`.
    pub(super) info_status: Option<Status>,
}

impl Keys {
    pub(super) fn new() -> Self {
        Self {
            pressed: VecDeque::new(),
            doing: Doing::Nothing,
            events: EventReceiver::default(),
            detector: Detector::new(8000),
            extended: 1 << 16,
            heard: Vec::new(),
            info_status: Some(Status::OK),
        }
    }

    pub(super) fn press(&mut self, by: DigitBy, digits: &str, ms: u64) {
        let pressed = digits.chars().filter_map(Digit::from_char);
        self.pressed.extend(pressed.map(|digit| Press { by, digit, duration: Duration::from_millis(ms) }));
    }

    pub(super) fn heard(&self) -> &[HeardDigit] {
        &self.heard
    }

    pub(super) fn note_info(&mut self, digit: char, ms: u64) {
        self.heard.push((DigitBy::Info, digit, ms));
    }

    /// What is done in this packet time instead of talking, by clocks of these rates.
    pub(super) fn next(&mut self, timestamp: u32, clock_rate_hz: u32, sample_rate_hz: u32) -> Option<Act> {
        match &mut self.doing {
            Doing::Gap(left) if *left > 0 => {
                *left -= 1;
                None
            }
            Doing::Event(sender, began) => {
                if let Some(out) = sender.next_packet() {
                    return Some(Act::Event { out, timestamp: began.wrapping_add(out.ahead as u32) });
                }
                self.doing = Doing::Gap(GAP);
                None
            }
            Doing::Tone(digit, at, length) => {
                let samples = tone(*digit, *at, *length, sample_rate_hz);
                *at += sample_rate_hz / 50;
                if at >= length {
                    self.doing = Doing::Gap(GAP);
                }
                Some(Act::Tone(samples))
            }
            Doing::Nothing | Doing::Gap(_) => self.begin(timestamp, clock_rate_hz, sample_rate_hz),
        }
    }

    fn begin(&mut self, timestamp: u32, clock_rate_hz: u32, sample_rate_hz: u32) -> Option<Act> {
        self.doing = Doing::Nothing;
        let Press { by, digit, duration } = self.pressed.pop_front()?;
        match by {
            DigitBy::Event => {
                let sender = EventSender::new(digit, duration, PACKET_MS, clock_rate_hz, 10);
                self.doing = Doing::Event(sender, timestamp);
                self.next(timestamp, clock_rate_hz, sample_rate_hz)
            }
            DigitBy::Tone => {
                let length = u64::from(sample_rate_hz) * duration.as_millis() as u64 / 1000;
                self.doing = Doing::Tone(digit, 0, length as u32);
                self.next(timestamp, clock_rate_hz, sample_rate_hz)
            }
            DigitBy::Info => {
                self.doing = Doing::Gap(GAP + duration.as_millis() as u32 / u32::from(PACKET_MS));
                Some(Act::Info(digit, duration))
            }
        }
    }

    pub(super) fn hear_event(&mut self, header: &RtpHeader, packet: &[u8], clock_rate_hz: u32, now: Instant) {
        let Some(payload) = EventPayload::parse(header.payload(packet)) else { return };
        self.count(header.sequence);
        let RtpHeader { timestamp, marker, .. } = *header;
        let packet = EventPacket {
            stream: 0,
            extended: self.extended,
            timestamp,
            clock_rate_hz,
            marker,
            payload,
            passed: false,
        };
        let heard = self.events.take(&packet, now);
        self.heard.extend(heard.into_iter().flatten().map(told));
    }

    pub(super) fn hear_samples(&mut self, header: &RtpHeader, samples: &[i16], now: Instant) {
        self.count(header.sequence);
        self.events.hear_sound();
        self.heard.extend(self.events.poll(now).map(told));
        let heard = &mut self.heard;
        self.detector.hear(samples, &mut |digit, duration| {
            heard.push((DigitBy::Tone, digit.char(), duration.as_millis() as u64));
        });
    }

    /// The number without wrapping.
    fn count(&mut self, sequence: u16) {
        let step = sequence.wrapping_sub(self.extended as u16).cast_signed();
        self.extended = self.extended.saturating_add_signed(i64::from(step));
    }
}

fn told(heard: Heard) -> HeardDigit {
    (DigitBy::Event, heard.digit.char(), heard.duration.as_millis() as u64)
}

/// 20 ms of a digit's tone, from sample `at` on; after its `length` silence.
fn tone(digit: Digit, at: u32, length: u32, sample_rate_hz: u32) -> Vec<i16> {
    let frequencies_hz = digit.frequencies_hz().unwrap_or_default();
    let sample = |at: u32| {
        let time_s = f64::from(at) / f64::from(sample_rate_hz);
        let sum: f64 = frequencies_hz.iter().map(|hz| (TAU * f64::from(*hz) * time_s).sin()).sum();
        if at < length { (sum * AMPLITUDE) as i16 } else { 0 }
    };
    (at..at + sample_rate_hz / 50).map(sample).collect()
}

//! Numbers, dates and times, spoken from prompts: what is said becomes a list of names such as `digits/20`.
//!
//! The names are those of Asterisk's sound packs, which exist in many languages. How a language puts them together is a
//! [`Language`]; where the sounds are, and that they are played one after the other, is left to others.

mod english;
mod moment;

use std::borrow::Cow;

pub use english::English;
pub use moment::{Date, Moment, Time};

/// The name of a prompt.
pub type Prompt = Cow<'static, str>;

/// How numbers and dates are said in one language. Another language is another implementation, found by [`language`].
pub trait Language: Sync {
    /// A number, as in `three hundred twelve`.
    fn number(&self, number: i64) -> Vec<Prompt>;

    /// A number that tells a place in a row, as in `third`.
    fn ordinal(&self, number: u32) -> Vec<Prompt>;

    /// Every digit and sign by itself: telephone numbers, PINs, extensions. What has no sound is left out.
    fn digits(&self, text: &str) -> Vec<Prompt>;

    /// Letters, digits and signs, one by one: names and e-mail addresses.
    fn spelled(&self, text: &str) -> Vec<Prompt>;

    /// A day, with its weekday and its year.
    fn date(&self, date: Date) -> Vec<Prompt>;

    /// A time of day.
    fn time(&self, time: Time) -> Vec<Prompt>;

    /// A moment as voicemail tells it: `today at`, `yesterday at`, the weekday within a week, else the date.
    fn moment(&self, moment: Moment, today: Date) -> Vec<Prompt>;

    /// How long, to the second: `two minutes five seconds`.
    fn duration(&self, seconds: u32) -> Vec<Prompt>;
}

/// The language of a tag such as `en-GB`. Numbers in a language that is not known are said in English, as its prompts
/// are that are missing.
#[must_use]
pub fn language(_tag: &str) -> &'static dyn Language {
    &English
}

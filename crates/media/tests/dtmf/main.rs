//! Digits as tones: the limits of ITU-T Q.24, sounds that are none, and libspandsp as the judge of both directions.

#![expect(clippy::unwrap_used, reason = "what is wrong here fails the test")]

mod oracle;
mod q24;
mod sound;
mod talk_off;

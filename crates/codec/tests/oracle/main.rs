//! Our codecs against libspandsp and ffmpeg, which are run here as `scripts/need.sh test` installs them.

#![cfg(test)]

mod g722;
mod g726;
mod oracle;
#[path = "../programs/mod.rs"]
mod programs;
mod signals;
#[path = "../sound/mod.rs"]
mod sound;

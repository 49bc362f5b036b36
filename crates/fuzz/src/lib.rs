//! What each fuzz target does with bytes. It panics when something does not hold that should.
//!
//! The programs in `fuzz/` hand what libFuzzer makes up to [`TARGETS`]; a test here does the same with the committed
//! corpora, so that every input that once found something is tried again.

#![expect(clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a surprise is what is looked for")]

mod adpcm;
mod choices;
mod dialogs;
mod ilbc;
mod jitter;
mod opus;
mod pidf;
mod rtp;
mod sdp;
mod sip_message;
mod sip_uri;
mod speex;
mod stream_framer;
mod stun;
mod telephone_event;
mod transactions;
mod udptl;
mod unreadable;

/// Something that takes any bytes, by its name in `fuzz/`.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Of its program and of the folder of its corpus.
    pub name: &'static str,
    /// Takes the bytes.
    ///
    /// # Panics
    /// When something does not hold that should.
    pub run: fn(&[u8]),
}

/// All of them, in order of their names.
pub const TARGETS: &[Target] = &[
    Target { name: "adpcm", run: adpcm::run },
    Target { name: "dialogs", run: dialogs::run },
    Target { name: "ilbc", run: ilbc::run },
    Target { name: "jitter", run: jitter::run },
    Target { name: "opus", run: opus::run },
    Target { name: "pidf", run: pidf::run },
    Target { name: "rtp", run: rtp::run },
    Target { name: "sdp", run: sdp::run },
    Target { name: "sip_message", run: sip_message::run },
    Target { name: "sip_uri", run: sip_uri::run },
    Target { name: "speex", run: speex::run },
    Target { name: "stream_framer", run: stream_framer::run },
    Target { name: "stun", run: stun::run },
    Target { name: "telephone_event", run: telephone_event::run },
    Target { name: "transactions", run: transactions::run },
    Target { name: "udptl", run: udptl::run },
];

/// Runs the target with this name.
///
/// # Panics
/// When there is none, and when something does not hold that should.
pub fn run(name: &str, data: &[u8]) {
    let target = TARGETS.iter().find(|target| target.name == name).expect("a target has this name");
    (target.run)(data);
}

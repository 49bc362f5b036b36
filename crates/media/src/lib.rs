//! Media without I/O: RTP and RTCP, who the peer is, encryption, the relay between two legs, quality, tones,
//! and music that many legs hear.
//!
//! Sockets, threads, clock and port pool are the shell's. Bytes, time and randomness come in as arguments, what to send
//! comes out as values, and a packet costs no allocation. What the payload types are is agreed elsewhere.

pub mod dtmf;
pub mod jitter;
pub mod latch;
pub mod mixer;
pub mod quality;
pub mod receiver;
pub mod recording;
pub mod relay;
pub mod rtcp;
pub mod rtp;
pub mod srtp;
pub mod station;
pub mod tone;
pub mod udptl;
pub mod voice;

mod random;
#[cfg(test)]
mod start;
mod ticks;

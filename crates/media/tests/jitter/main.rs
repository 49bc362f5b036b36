//! The jitter buffer in simulated time: what networks and senders do, and what is heard of it.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests")]

mod adaptation;
mod codecs;
mod cost;
mod drift;
mod listening;
mod oddities;
mod silence;
mod stream;

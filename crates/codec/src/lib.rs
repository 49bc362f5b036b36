//! Sound as samples and as the payloads of RTP packets: codecs, resampling, what is heard where a packet is lost or nobody
//! speaks, and how to gain or lose time.
//!
//! Samples are linear, 16 bits, one channel. What a payload type means, when packets come and where they go is left to
//! others. Payloads come from outside: a decoder takes any bytes.
//!
//! Every codec is a module with an `Encoder` and a `Decoder` that have the same methods where it keeps state:
//!
//! - `Encoder::encode(&mut self, samples, payload) -> Option<usize>`: whole frames of the codec in, the length of the
//!   payload out; `None` when the samples are no whole frames or the room is too small.
//! - `Decoder::decode(&mut self, payload, samples) -> Option<usize>`: one payload in, the number of samples out; `None`
//!   when it is no payload of this codec or the room is too small. The state is as if it had not come.
//! - `Decoder::conceal(&mut self, samples)`, where the codec knows how: what is heard in place of a payload that is lost.
//!   For the others there is [`conceal`].
//!
//! None of them allocates once it is made.

mod codec;
pub mod comfort;
pub mod conceal;
pub mod g711;
pub mod g722;
pub mod g726;
pub mod ilbc;
pub mod opus;
pub mod resample;
mod running;
pub mod stretch;

pub use codec::Codec;
pub use running::{Decoder, Encoder};
pub use warden_g729 as g729;
pub use warden_speex as speex;

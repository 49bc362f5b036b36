//! Media threads: sockets for RTP and RTCP around the sessions of `warden_media`.
//!
//! A call's two legs live on one thread, and a packet never leaves it: a thread waits for its sockets, reads, lets the
//! session rewrite the packet in place, and sends. Free sockets are held by [`MediaThreads`], on the signalling thread,
//! and travel with the orders, so that no two threads ever have the same one.

mod binder;
mod broadcast;
mod call;
mod clock;
mod dispatcher;
mod io;
mod obey;
mod orders;
mod pair;
mod radio;
mod record;
mod tally;
#[cfg(test)]
mod tests;
mod thread;
mod token;
mod told;
mod wire;
mod worker;

pub use dispatcher::{MediaSettings, MediaThreads};
pub(crate) use told::Told;

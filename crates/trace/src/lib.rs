//! What happened to a call, message by message and decision by decision: kept within bounds while it lasts, made free of
//! secrets, and then drawn for people or written for Wireshark and Homer.
//!
//! [`Recorder`] sits beside the engines and keeps messages as they are. What leaves it, a [`Recording`], becomes a
//! [`Trace`], which has no secrets and can be stored. Files, sockets and clocks are the shell's.

mod explain;
pub mod hep;
mod ladder;
mod parties;
pub mod pcap;
mod recorder;
mod recording;
pub mod redact;
mod summary;
mod text;
mod trace;

pub use explain::explain;
pub use recorder::{Key, Recorder};
pub use recording::{Clock, Item, Recording, Tapped, Way};
pub use summary::summary;
pub use trace::{Decision, Line, Message, Trace};

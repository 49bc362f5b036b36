//! What a phone system decides: who may register, and where a call goes. It does nothing itself.
//!
//! [`Pbx`] takes one [`Input`] at a time and hands out [`Output`]s until there is none. Sockets, storage and the clock
//! belong to its owner, who also carries values between it and the SIP engine.

pub mod access;
mod bridge;
pub mod call_event;
pub mod cdr;
pub mod digits;
pub mod directory;
pub mod encryption;
mod external;
mod input;
pub mod instant_message;
mod keep_alive;
pub mod local_networks;
pub mod media;
pub mod music;
mod numbers;
mod output;
mod pbx;
pub mod registrant;
pub mod registrar;
pub mod route;
pub mod spoken;
mod subscription;
mod to_phone;

pub use bridge::{CallView, Kept, Recorded, RecordingRefused, RecordingWish};
pub use input::Input;
pub use keep_alive::Health;
pub use output::{Acl, BanChange, BindingChange, Event, Output, Unregistered};
pub use pbx::{CAPABILITIES, Pbx};
pub use subscription::{MessageCounts, read_presence};

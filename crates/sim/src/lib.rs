//! A simulated world: clock, network and phones, the same for every run with the same seed.
//!
//! Whole calls run through the real engines with no port opened and no sleep. Used by tests, benches and fuzzing only.

mod ladder;
mod media_node;
mod network;
mod phone;
mod warden;
mod world;

pub use media_node::Tape;
pub use network::Conditions;
pub use phone::{
    Dial, Errand, FaxManner, G722, G729, HeardDigit, Leaving, PCMA, PCMU, Phone, PhoneState, Reliability, Sounding,
};
pub use world::{PhoneId, World};

//! The tables as they are now. How they came to be so is in `migration`.
#![expect(unreachable_pub, reason = "the derived code says `pub`")]

pub(crate) mod ban;
pub(crate) mod binding;
pub(crate) mod call_events;
pub(crate) mod call_party;
pub(crate) mod call_record;
pub(crate) mod device;
pub(crate) mod extension;
pub(crate) mod message;
pub(crate) mod schema_version;

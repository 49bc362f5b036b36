//! How the command line talks to the running server: through a Unix socket that only the server's user can open, one
//! line of JSON each way.

mod answerer;
mod asker;
mod ban;
mod call;
mod message;
mod record;

pub(crate) use answerer::{Answerer, Desk, Order};
pub(crate) use asker::{AskError, ask};
pub(crate) use ban::Ban;
#[cfg(test)]
pub(crate) use ban::Reason;
pub(crate) use call::Call;
pub(crate) use message::{Registration, Request, Trunk};
pub(crate) use record::Record;

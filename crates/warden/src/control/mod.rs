//! How the command line talks to the running server: through a Unix socket that only the server's user can open, one
//! line of JSON each way.

mod answerer;
mod asker;
mod message;

pub(crate) use answerer::Answerer;
pub(crate) use asker::ask;
pub(crate) use message::{Call, Registration, Request};

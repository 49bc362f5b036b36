//! HTTP on the web port: parses a request, asks the server, answers in JSON. It decides nothing about calls.
//!
//! [`Api::bind`] takes the port, [`Bound::serve`] answers until it is told to stop. A resource is one file with its
//! handler and its types; what every answer shares is in `guard` and `problem`.

mod app;
mod call_records;
mod facts;
mod guard;
mod health;
mod listen;
mod openapi;
mod problem;
mod redirect;
mod router;
mod serve;
mod sip_ws;
mod status;
mod usage;

pub use app::App;
pub use facts::{Answer, Calls, Facts, Registrations};
pub use listen::{Api, BindError, Bound};
pub use openapi::openapi;

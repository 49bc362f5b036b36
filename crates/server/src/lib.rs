//! Sockets and the signalling loop: carries bytes and values between the network and the engines, and decides nothing.
//!
//! [`Server::start`] binds the addresses and starts one thread that owns the SIP engine and the call core, and some for
//! [`media`]. Everybody else talks to them through a [`Handle`].

mod bell;
pub mod capture;
mod counters;
mod dns;
mod epoll;
mod handle;
mod journal;
mod keep_alive;
mod limits;
pub mod media;
pub mod music;
mod overload;
pub mod places;
mod poller;
mod private;
pub mod recording;
mod report;
mod signalling;
mod source;
mod start;
mod tcp;
pub mod tls;
mod turn;
mod udp;

pub use tcp::websocket;

pub use counters::Status;
pub use handle::{AccountInfo, CallInfo, Handle, Registration, Save, Saves, Stopped};
pub use private::Private;
pub use start::{Beginning, Server, Settings, StartError};

//! The web port as a client sees it: a real listener on the loopback, and HTTP written by hand.

#![cfg(test)]

mod answers;
mod client;
mod limits;
mod server;
mod sip_ws;
mod web_socket;

//! Media threads on real sockets of the loopback.

#![cfg(test)]

mod free;
mod ports;
mod relay;
mod rig;

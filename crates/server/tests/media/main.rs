//! Media threads on real sockets of the loopback.

#![cfg(test)]

mod free;
mod music;
mod ports;
mod recording;
mod relay;
mod rig;

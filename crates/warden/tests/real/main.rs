//! The built `warden` and real phones, over the loopback.

#![cfg(test)]

mod command_line;
mod register;
mod support;

//! The built `warden` and real phones, over the loopback.

#![cfg(test)]

mod calls;
mod command_line;
mod direct;
mod log_file;
mod register;
mod security_log;
mod stopping;
mod support;

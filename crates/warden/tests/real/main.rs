//! The built `warden` and real phones, over the loopback.

#![cfg(test)]

mod access;
mod bad_input;
mod body_parts;
mod calls;
mod client_certificates;
mod codecs;
mod command_line;
mod confirm;
mod delayed_offer;
mod digits;
mod direct;
mod disk_full;
mod extensions;
mod fax;
mod forking;
mod hostile;
mod init;
mod log_file;
mod music;
mod overload;
mod pickup;
mod reach;
mod recording;
mod register;
mod restart;
mod security_log;
mod session_timers;
mod silent_database;
mod srtp;
mod stopping;
mod support;
mod tls;
mod torture;
mod trace;
mod transfer;
mod trunks;
mod watching;
mod web;
mod websocket;

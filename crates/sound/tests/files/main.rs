//! Sound files as others write them, whole and damaged.

#![cfg(test)]

mod formats;
mod hostile;
mod library;
mod listen;
#[path = "../../../codec/tests/programs/mod.rs"]
mod programs;
mod speech;

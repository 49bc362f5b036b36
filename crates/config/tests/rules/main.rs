//! One test for each rule of the configuration file.

mod access;
mod blf_lists;
mod dialplan;
mod documents;
mod dtmf;
mod extensions;
mod music_on_hold;
mod positions;
#[cfg(test)]
mod read;
mod recording;
mod sections;
mod server;
mod trunks;
mod variables;
mod yaml;

//! The sounds that are part of the program: English prompts and five pieces of music.

include!(concat!(env!("OUT_DIR"), "/embedded.rs"));

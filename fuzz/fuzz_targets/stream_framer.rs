//! What libFuzzer makes up, for `stream_framer` in `crates/fuzz`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| warden_fuzz::run("stream_framer", data));

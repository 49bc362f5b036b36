//! What libFuzzer makes up, for `udptl` in `crates/fuzz`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| warden_fuzz::run("udptl", data));

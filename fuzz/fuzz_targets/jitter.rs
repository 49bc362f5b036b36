//! What libFuzzer makes up, for `jitter` in `crates/fuzz`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| warden_fuzz::run("jitter", data));

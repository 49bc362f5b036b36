//! What libFuzzer makes up, for `pidf` in `crates/fuzz`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| warden_fuzz::run("pidf", data));

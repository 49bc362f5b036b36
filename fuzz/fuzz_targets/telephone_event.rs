//! What libFuzzer makes up, for `telephone_event` in `crates/fuzz`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| warden_fuzz::run("telephone_event", data));

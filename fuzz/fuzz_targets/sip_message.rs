//! What libFuzzer makes up, for `sip_message` in `crates/fuzz`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| warden_fuzz::run("sip_message", data));

//! What libFuzzer makes up, for `sip_uri` in `crates/fuzz`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| warden_fuzz::run("sip_uri", data));

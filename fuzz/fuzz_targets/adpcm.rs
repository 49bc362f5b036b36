//! What libFuzzer makes up, for `adpcm` in `crates/fuzz`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| warden_fuzz::run("adpcm", data));

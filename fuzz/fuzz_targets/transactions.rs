//! What libFuzzer makes up, for `transactions` in `crates/fuzz`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| warden_fuzz::run("transactions", data));

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| ota_trust_fuzz::request::evidence::check(input));

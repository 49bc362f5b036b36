//! The calls of libbcg729 1.1 that are needed (`bcg729/encoder.h`, `decoder.h`), each behind a function that is safe to call.
//!
//! A state belongs to one encoder or decoder, and libbcg729 writes to no other memory: states may move between threads,
//! but are used by one at a time, which `&mut self` sees to. Buffers are ours, and neither kept nor freed by it.

#![allow(unsafe_code, reason = "libbcg729 is C")]

use std::ffi::c_void;
use std::ptr::{NonNull, null};

use crate::{FRAME_BYTES, FRAME_LEN, NOISE_BYTES};

unsafe extern "C" {
    #[link_name = "initBcg729EncoderChannel"]
    fn encoder_init(detects_silence: u8) -> *mut c_void;
    #[link_name = "closeBcg729EncoderChannel"]
    fn encoder_close(state: *mut c_void);
    #[link_name = "bcg729Encoder"]
    fn encoder_encode(state: *mut c_void, samples: *const i16, payload: *mut u8, length: *mut u8);
    #[link_name = "initBcg729DecoderChannel"]
    fn decoder_init() -> *mut c_void;
    #[link_name = "closeBcg729DecoderChannel"]
    fn decoder_close(state: *mut c_void);
    #[link_name = "bcg729Decoder"]
    fn decoder_decode(
        state: *mut c_void,
        payload: *const u8,
        length: u8,
        is_lost: u8,
        is_noise: u8,
        is_rfc_3389: u8,
        samples: *mut i16,
    );
}

#[derive(Debug)]
pub(crate) struct EncoderState(NonNull<c_void>);

// SAFETY: libbcg729 ties no state to a thread.
unsafe impl Send for EncoderState {}

impl Drop for EncoderState {
    fn drop(&mut self) {
        // SAFETY: made by `encoder_init`, and not used again.
        unsafe { encoder_close(self.0.as_ptr()) }
    }
}

impl EncoderState {
    pub(crate) fn new() -> Option<Self> {
        // SAFETY: takes any number; null is looked for.
        NonNull::new(unsafe { encoder_init(0) }).map(Self)
    }

    /// Without detection of silence every frame has its ten bytes.
    pub(crate) fn encode(&mut self, samples: &[i16; FRAME_LEN], payload: &mut [u8; FRAME_BYTES]) {
        let mut length = 0;
        // SAFETY: reads 80 samples, writes at most ten bytes and the length, all of which live through the call.
        unsafe { encoder_encode(self.0.as_ptr(), samples.as_ptr(), payload.as_mut_ptr(), &raw mut length) }
    }
}

#[derive(Debug)]
pub(crate) struct DecoderState(NonNull<c_void>);

// SAFETY: as above.
unsafe impl Send for DecoderState {}

impl Drop for DecoderState {
    fn drop(&mut self) {
        // SAFETY: made by `decoder_init`, and not used again.
        unsafe { decoder_close(self.0.as_ptr()) }
    }
}

impl DecoderState {
    pub(crate) fn new() -> Option<Self> {
        // SAFETY: null is looked for.
        NonNull::new(unsafe { decoder_init() }).map(Self)
    }

    pub(crate) fn decode(&mut self, payload: &[u8; FRAME_BYTES], samples: &mut [i16; FRAME_LEN]) {
        self.make(Some(payload), false, samples);
    }

    pub(crate) fn decode_noise(&mut self, payload: [u8; NOISE_BYTES], samples: &mut [i16; FRAME_LEN]) {
        self.make(Some(&payload), true, samples);
    }

    pub(crate) fn conceal(&mut self, samples: &mut [i16; FRAME_LEN]) {
        self.make(None, false, samples);
    }

    fn make(&mut self, payload: Option<&[u8]>, is_noise: bool, samples: &mut [i16; FRAME_LEN]) {
        let length = payload.map_or(0, <[u8]>::len);
        let (length, is_lost, is_noise) = (u8::try_from(length).unwrap_or(0), payload.is_none(), u8::from(is_noise));
        let payload = payload.map_or(null(), <[u8]>::as_ptr);
        // SAFETY: reads two or ten bytes, as is said, none of a lost frame, and writes 80 samples; they live through the call.
        unsafe {
            decoder_decode(self.0.as_ptr(), payload, length, u8::from(is_lost), is_noise, 0, samples.as_mut_ptr());
        }
    }
}

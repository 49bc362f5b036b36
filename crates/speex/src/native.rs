//! The calls of libspeex 1.2 that are needed (`speex/speex.h`), each behind a function that is safe to call.
//!
//! A state belongs to one encoder or decoder, and libspeex has no other memory that it writes to: states may move
//! between threads, but are used by one at a time, which `&mut self` sees to. Buffers of bits are on our stack; libspeex
//! neither keeps nor frees them.

#![allow(unsafe_code, reason = "libspeex is C")]

use std::ffi::{c_char, c_int, c_void};
use std::ptr::{NonNull, null_mut};

use crate::encoder::MOST_FRAMES;
use crate::{Band, LONGEST_FRAME};

/// `SpeexBits`.
#[repr(C)]
struct Bits {
    chars: *mut c_char,
    bit_count: c_int,
    char_at: c_int,
    bit_at: c_int,
    owner: c_int,
    overflow: c_int,
    length: c_int,
    reserved_1: c_int,
    reserved_2: *mut c_void,
}

impl Bits {
    const EMPTY: Self = Self {
        chars: null_mut(),
        bit_count: 0,
        char_at: 0,
        bit_at: 0,
        owner: 0,
        overflow: 0,
        length: 0,
        reserved_1: 0,
        reserved_2: null_mut(),
    };
}

unsafe extern "C" {
    fn speex_lib_get_mode(mode: c_int) -> *const c_void;
    fn speex_encoder_init(mode: *const c_void) -> *mut c_void;
    fn speex_encoder_ctl(state: *mut c_void, request: c_int, value: *mut c_void) -> c_int;
    fn speex_encode_int(state: *mut c_void, samples: *mut i16, bits: *mut Bits) -> c_int;
    fn speex_encoder_destroy(state: *mut c_void);
    fn speex_decoder_init(mode: *const c_void) -> *mut c_void;
    fn speex_decode_int(state: *mut c_void, bits: *mut Bits, samples: *mut i16) -> c_int;
    fn speex_decoder_destroy(state: *mut c_void);
    fn speex_bits_init_buffer(bits: *mut Bits, buffer: *mut c_void, length: c_int);
    fn speex_bits_set_bit_buffer(bits: *mut Bits, buffer: *mut c_void, length: c_int);
    fn speex_bits_write(bits: *mut Bits, bytes: *mut c_char, length: c_int) -> c_int;
}

const SET_QUALITY: c_int = 4;
const SET_COMPLEXITY: c_int = 16;
const GET_BITRATE: c_int = 19;

/// A frame has at most 492 and 352 bits; libspeex wants to see a byte more than it fills.
const ENCODE_ROOM: usize = MOST_FRAMES * 106 + 8;
/// No datagram that a network carries whole is longer.
const DECODE_ROOM: usize = 1500;

fn mode(band: Band) -> *const c_void {
    let number = match band {
        Band::Narrow => 0,
        Band::Wide => 1,
    };
    // SAFETY: takes any number, and gives a pointer to a constant for these.
    unsafe { speex_lib_get_mode(number) }
}

/// A length of at most [`ENCODE_ROOM`] or [`DECODE_ROOM`].
fn int(length: usize) -> c_int {
    c_int::try_from(length).unwrap_or(0)
}

#[derive(Debug)]
pub(crate) struct EncoderState(NonNull<c_void>);

// SAFETY: libspeex ties no state to a thread.
unsafe impl Send for EncoderState {}

impl Drop for EncoderState {
    fn drop(&mut self) {
        // SAFETY: made by `speex_encoder_init`, and not used again.
        unsafe { speex_encoder_destroy(self.0.as_ptr()) }
    }
}

impl EncoderState {
    pub(crate) fn new(band: Band, quality: u8, complexity: u8) -> Option<Self> {
        // SAFETY: the mode is one that libspeex gave; null is looked for.
        let mut state = Self(NonNull::new(unsafe { speex_encoder_init(mode(band)) })?);
        state.control(SET_QUALITY, c_int::from(quality));
        state.control(SET_COMPLEXITY, c_int::from(complexity));
        Some(state)
    }

    pub(crate) fn bitrate_bps(&mut self) -> c_int {
        self.control(GET_BITRATE, 0)
    }

    fn control(&mut self, request: c_int, mut value: c_int) -> c_int {
        // SAFETY: each of the requests above reads or writes one 32-bit number.
        unsafe { speex_encoder_ctl(self.0.as_ptr(), request, (&raw mut value).cast()) };
        value
    }

    /// Encodes at most [`MOST_FRAMES`] whole frames; `None` when `payload` is too short for them.
    pub(crate) fn encode(&mut self, band: Band, samples: &[i16], payload: &mut [u8]) -> Option<usize> {
        let (mut room, mut bits) = ([0_u8; ENCODE_ROOM], Bits::EMPTY);
        // SAFETY: `room` outlives `bits` and is as long as is said. The bits do not own it.
        unsafe { speex_bits_init_buffer(&raw mut bits, room.as_mut_ptr().cast(), int(ENCODE_ROOM)) };
        for part in samples.chunks_exact(band.frame_len()).take(MOST_FRAMES) {
            let mut frame = [0; LONGEST_FRAME];
            frame.get_mut(..part.len())?.copy_from_slice(part);
            // SAFETY: the frame is as long as the longest that libspeex reads, and may be overwritten. What does not
            // fit into `bits` libspeex leaves out.
            unsafe { speex_encode_int(self.0.as_ptr(), frame.as_mut_ptr(), &raw mut bits) };
        }
        let length = int(payload.len().min(ENCODE_ROOM));
        // SAFETY: writes at most `length` bytes, which `payload` has.
        let written = unsafe { speex_bits_write(&raw mut bits, payload.as_mut_ptr().cast(), length) };
        usize::try_from(written).ok().filter(|written| *written > 0)
    }
}

#[derive(Debug)]
pub(crate) struct DecoderState(NonNull<c_void>);

// SAFETY: libspeex ties no state to a thread.
unsafe impl Send for DecoderState {}

impl Drop for DecoderState {
    fn drop(&mut self) {
        // SAFETY: made by `speex_decoder_init`, and not used again.
        unsafe { speex_decoder_destroy(self.0.as_ptr()) }
    }
}

impl DecoderState {
    pub(crate) fn new(band: Band) -> Option<Self> {
        // SAFETY: the mode is one that libspeex gave; null is looked for.
        NonNull::new(unsafe { speex_decoder_init(mode(band)) }).map(Self)
    }

    /// Decodes the frames that begin at these bits, as many as fill `samples`; `None` when the payload is longer than
    /// any. libspeex would find them by itself, but cannot skip a layer of submode 0.
    pub(crate) fn decode(
        &mut self,
        band: Band,
        payload: &[u8],
        starts: impl Iterator<Item = usize>,
        samples: &mut [i16],
    ) -> Option<()> {
        let (mut room, mut bits) = ([0_u8; DECODE_ROOM], Bits::EMPTY);
        room.get_mut(..payload.len())?.copy_from_slice(payload);
        // SAFETY: `room` outlives `bits` and is at least as long as is said. The bits do not own it.
        unsafe { speex_bits_set_bit_buffer(&raw mut bits, room.as_mut_ptr().cast(), int(payload.len())) };
        for (frame, start) in samples.chunks_exact_mut(band.frame_len()).zip(starts) {
            (bits.char_at, bits.bit_at) = (int(start / 8), int(start % 8));
            // SAFETY: the state is of this band, whose frames are so long. Beyond the end of the bits, wherever it
            // begins, libspeex reads zeros.
            let result = unsafe { speex_decode_int(self.0.as_ptr(), &raw mut bits, frame.as_mut_ptr()) };
            if result != 0 {
                self.conceal(band, frame);
            }
        }
        Some(())
    }

    /// Fills one frame; another length is left as it is.
    pub(crate) fn conceal(&mut self, band: Band, frame: &mut [i16]) {
        if frame.len() == band.frame_len() {
            // SAFETY: the state is of this band, whose frames are so long. No bits say that the frame is lost.
            unsafe { speex_decode_int(self.0.as_ptr(), null_mut(), frame.as_mut_ptr()) };
        }
    }
}

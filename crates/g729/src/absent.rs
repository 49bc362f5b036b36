//! In place of libbcg729, where it is not built in: there are no states.

use crate::{FRAME_BYTES, FRAME_LEN, NOISE_BYTES};

#[derive(Debug)]
pub(crate) enum EncoderState {}

impl EncoderState {
    pub(crate) fn new() -> Option<Self> {
        None
    }

    pub(crate) fn encode(&mut self, _: &[i16; FRAME_LEN], _: &mut [u8; FRAME_BYTES]) {
        match *self {}
    }
}

#[derive(Debug)]
pub(crate) enum DecoderState {}

impl DecoderState {
    pub(crate) fn new() -> Option<Self> {
        None
    }

    pub(crate) fn decode(&mut self, _: &[u8; FRAME_BYTES], _: &mut [i16; FRAME_LEN]) {
        match *self {}
    }

    pub(crate) fn decode_noise(&mut self, _: [u8; NOISE_BYTES], _: &mut [i16; FRAME_LEN]) {
        match *self {}
    }

    pub(crate) fn conceal(&mut self, _: &mut [i16; FRAME_LEN]) {
        match *self {}
    }
}

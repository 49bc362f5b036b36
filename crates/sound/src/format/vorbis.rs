//! Vorbis in Ogg, by lewton.

use lewton::audio::{PreviousWindowRight, read_audio_packet};
use lewton::header::{IdentHeader, SetupHeader, read_header_ident, read_header_setup};

use super::ogg::{Packet, Packets};
use super::{Decode, mix, vorbis_books};
use crate::error::{ReadError, Refusal};

/// An Ogg Vorbis file, after its headers.
pub(super) struct Vorbis {
    packets: Packets,
    ident: IdentHeader,
    setup: SetupHeader,
    overlap: PreviousWindowRight,
    /// How many samples were given.
    given: u64,
}

impl Vorbis {
    /// `first` is the stream's first packet.
    pub(super) fn open(mut packets: Packets, first: &[u8]) -> Result<Self, Refusal> {
        let damaged = |error: lewton::header::HeaderReadError| Refusal::from(format!("its header is damaged: {error}"));
        let ident = read_header_ident(first).map_err(damaged)?;
        // The title and the artist are not read: they may claim any length.
        let (Some(_comments), Some(setup)) = (packets.next_for_header()?, packets.next_for_header()?) else {
            return Err("it ends within its header".into());
        };
        vorbis_books::check(&setup.bytes)?;
        let blocks = (ident.blocksize_0, ident.blocksize_1);
        let setup = read_header_setup(&setup.bytes, ident.audio_channels, blocks).map_err(damaged)?;
        Ok(Self { packets, ident, setup, overlap: PreviousWindowRight::new(), given: 0 })
    }

    /// How many of `count` samples are still sound where the packet tells the end.
    fn within_end(&self, packet: &Packet, count: usize) -> usize {
        let Some(ends_at) = packet.ends_at else { return count };
        count.min(usize::try_from(ends_at.saturating_sub(self.given)).unwrap_or(usize::MAX))
    }
}

impl Decode for Vorbis {
    fn sample_rate_hz(&self) -> u32 {
        self.ident.audio_sample_rate
    }

    fn decode(&mut self, samples: &mut Vec<i16>) -> Result<bool, ReadError> {
        let Some(packet) = self.packets.next()? else { return Ok(false) };
        // What is no packet of Vorbis is left out.
        let decoded = read_audio_packet(&self.ident, &self.setup, &packet.bytes, &mut self.overlap);
        let channels = decoded.unwrap_or_default();
        let count = self.within_end(&packet, channels.first().map_or(0, Vec::len));
        self.given += u64::try_from(count).unwrap_or_default();
        samples.extend((0..count).map(|at| mix::mean(channels.iter().filter_map(|channel| channel.get(at).copied()))));
        Ok(true)
    }
}

//! `codecs:`, how sound may be encoded and what is preferred.

use crate::reader::{Field, Reader};
use crate::tree::Kind;

/// A way to encode sound, by its name in SDP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Codec {
    /// G.711 µ-law.
    Pcmu,
    /// G.711 A-law.
    Pcma,
    /// Wideband, 64 kbit/s.
    G722,
    /// RFC 7587.
    Opus,
    /// 8 kbit/s.
    G729,
    /// 16 to 40 kbit/s.
    G726,
    /// RFC 3952.
    Ilbc,
    /// RFC 5574.
    Speex,
}

impl Codec {
    const NAMES: [(&'static str, Self); 8] = [
        ("PCMU", Self::Pcmu),
        ("PCMA", Self::Pcma),
        ("G722", Self::G722),
        ("opus", Self::Opus),
        ("G729", Self::G729),
        ("G726", Self::G726),
        ("iLBC", Self::Ilbc),
        ("Speex", Self::Speex),
    ];

    /// All of them.
    pub const ALL: [Self; 8] =
        [Self::Pcmu, Self::Pcma, Self::G722, Self::Opus, Self::G729, Self::G726, Self::Ilbc, Self::Speex];

    /// The documented name.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, codec)| *codec == self).map_or("", |(name, _)| *name)
    }

    /// Whether it can only be passed through between phones that share it. The others can be encoded and decoded.
    #[must_use]
    pub fn is_relayed_only(self) -> bool {
        matches!(self, Self::G729) && !cfg!(feature = "g729")
    }
}

/// The section `codecs:`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Codecs {
    /// `enabled` in the order of `priority`; what `priority` does not name comes last. No codec twice, at least one.
    pub order: Vec<Codec>,
}

const DEFAULT_ENABLED: [Codec; 4] = [Codec::Pcmu, Codec::Pcma, Codec::G722, Codec::Opus];
const DEFAULT_PRIORITY: [Codec; 4] = [Codec::Opus, Codec::G722, Codec::Pcmu, Codec::Pcma];

impl Default for Codecs {
    fn default() -> Self {
        Self { order: DEFAULT_PRIORITY.to_vec() }
    }
}

/// One section for each codec, as the earlier program had them.
const LEGACY: &[&str] = &["g722.*", "opus.*", "g729.*", "g726.*", "ilbc.*", "speex.*"];

/// Reads the section; what is wrong keeps its default.
pub(crate) fn read(section: &Field<'_>, reader: &mut Reader<'_>) -> Codecs {
    let Some(mut fields) = section.fields(reader) else { return Codecs::default() };
    let enabled = fields.take("enabled").and_then(|field| read_enabled(&field, reader));
    let priority = fields.take("priority").and_then(|field| read_names(&field, reader));
    fields.later(LEGACY, reader);
    fields.finish(reader);
    let enabled = enabled.unwrap_or_else(|| DEFAULT_ENABLED.to_vec());
    for (field, codec) in priority.iter().flatten() {
        if !enabled.contains(codec) {
            field.problem(reader, format!("{} is not in codecs.enabled", codec.name()));
        }
    }
    let preferred = match &priority {
        Some(written) => written.iter().map(|(_, codec)| *codec).collect(),
        None => DEFAULT_PRIORITY.to_vec(),
    };
    let mut order: Vec<Codec> = preferred.into_iter().filter(|codec| enabled.contains(codec)).collect();
    for codec in enabled {
        if !order.contains(&codec) {
            order.push(codec);
        }
    }
    Codecs { order }
}

pub(crate) fn read_enabled(field: &Field<'_>, reader: &mut Reader<'_>) -> Option<Vec<Codec>> {
    let enabled = read_names(field, reader)?;
    for (entry, codec) in enabled.iter().filter(|(_, codec)| codec.is_relayed_only()) {
        let name = codec.name();
        entry.note(reader, format!("{name} is passed through between phones that share it, not converted"));
    }
    if matches!(&field.node.kind, Kind::List(entries) if entries.is_empty()) {
        field.problem(reader, "must have at least one codec");
    }
    Some(enabled.into_iter().map(|(_, codec)| codec).collect())
}

fn read_names<'n>(field: &Field<'n>, reader: &mut Reader<'_>) -> Option<Vec<(Field<'n>, Codec)>> {
    let mut codecs: Vec<(Field<'n>, Codec)> = Vec::new();
    for entry in field.list(reader)? {
        let Some(codec) = entry.choice(&Codec::NAMES, reader) else { continue };
        if codecs.iter().any(|(_, other)| *other == codec) {
            entry.problem(reader, format!("{} is written twice", codec.name()));
        } else {
            codecs.push((entry, codec));
        }
    }
    Some(codecs)
}

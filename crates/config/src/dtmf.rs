//! `dtmf:`, how the digits that people press in calls come and go.

use crate::reader::{Field, Reader};

/// The way that a phone's digits take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DtmfMethod {
    /// Events (RFC 4733, once RFC 2833); where a phone has none, INFO or tones.
    #[default]
    Rfc2833,
    /// INFO.
    SipInfo,
    /// Tones in the sound.
    Inband,
    /// Events, and whatever comes besides is understood too.
    Auto,
}

/// The section `dtmf:`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dtmf {
    /// Default [`DtmfMethod::Rfc2833`].
    pub method: DtmfMethod,
    /// The RTP payload type that events are offered with, 96 to 127. Default 101.
    pub payload_type: u8,
    /// Whether tones are listened for in what a phone without events says. Default true.
    pub inband_detection: bool,
    /// How loud digits are said: so many dB below 0 dBm0, 0 to 30. Default 6.
    pub level_below_dbm0: u8,
}

impl Default for Dtmf {
    fn default() -> Self {
        Self { method: DtmfMethod::Rfc2833, payload_type: 101, inband_detection: true, level_below_dbm0: 6 }
    }
}

/// The softest that can be said: below, who listens would not hear it.
const SOFTEST_DB: i8 = -30;

/// Reads the section; what is wrong keeps its default.
pub(crate) fn read(section: &Field<'_>, reader: &mut Reader<'_>) -> Dtmf {
    let mut dtmf = Dtmf::default();
    let Some(mut fields) = section.fields(reader) else { return dtmf };
    if let Some(method) = fields.take("method").and_then(|field| read_method(&field, reader)) {
        dtmf.method = method;
    }
    let payload_type = fields.take("payload_type").and_then(|field| field.whole(96..=127, reader));
    if let Some(payload_type) = payload_type.and_then(|number| u8::try_from(number).ok()) {
        dtmf.payload_type = payload_type;
    }
    if let Some(detects) = fields.take("inband_detection").and_then(|field| field.boolean(reader)) {
        dtmf.inband_detection = detects;
    }
    if let Some(level) = fields.take("volume").and_then(|field| read_volume(&field, reader)) {
        dtmf.level_below_dbm0 = level;
    }
    fields.finish(reader);
    dtmf
}

/// Reads the name of a method.
pub(crate) fn read_method(field: &Field<'_>, reader: &mut Reader<'_>) -> Option<DtmfMethod> {
    let choices = [
        ("rfc2833", DtmfMethod::Rfc2833),
        ("sip_info", DtmfMethod::SipInfo),
        ("inband", DtmfMethod::Inband),
        ("auto", DtmfMethod::Auto),
    ];
    field.choice(&choices, reader)
}

fn read_volume(field: &Field<'_>, reader: &mut Reader<'_>) -> Option<u8> {
    let text = field.text(reader)?;
    let volume_db = text.value.parse::<i8>().ok().filter(|db| (SOFTEST_DB..=0).contains(db));
    if volume_db.is_none() {
        field.problem(reader, format!("{} is not a whole number of dB from {SOFTEST_DB} to 0", text.shown));
    }
    volume_db.map(i8::unsigned_abs)
}

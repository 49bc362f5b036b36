//! `dtmf:` as the call core knows it.

use warden_call::digits::{DigitMethod, DigitSettings};
use warden_config::{Dtmf, DtmfMethod};

pub(crate) fn settings(dtmf: Dtmf) -> DigitSettings {
    let Dtmf { method: usual, inband_detection, level_below_dbm0, payload_type: _ } = dtmf;
    DigitSettings { method: method(usual), inband_detection, level_below_dbm0 }
}

/// With which number telephone events are agreed on by phones whose digits take this way.
pub(crate) fn events(way: DtmfMethod, dtmf: Dtmf) -> Option<u8> {
    method(way).takes_events().then_some(dtmf.payload_type)
}

pub(crate) fn method(method: DtmfMethod) -> DigitMethod {
    match method {
        DtmfMethod::Rfc2833 => DigitMethod::Rfc2833,
        DtmfMethod::SipInfo => DigitMethod::SipInfo,
        DtmfMethod::Inband => DigitMethod::Inband,
        DtmfMethod::Auto => DigitMethod::Auto,
    }
}

//! `sip:`, what phones are told besides what a call needs.

use crate::reader::{Field, Reader};

/// The section `sip:`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sip {
    /// How a phone is told who is at the other end.
    pub caller_id: CallerIdHeaders,
}

/// The section `sip.caller_id:`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallerIdHeaders {
    /// Whether there is a header `P-Asserted-Identity`. Default true.
    pub send_p_asserted_identity: bool,
    /// Whether there is a header `Remote-Party-ID`. Default true.
    pub send_remote_party_id: bool,
}

impl Default for CallerIdHeaders {
    fn default() -> Self {
        Self { send_p_asserted_identity: true, send_remote_party_id: true }
    }
}

/// Reads the section; what is wrong keeps its default. Earlier programs have more keys than the documents tell.
pub(crate) fn read(section: &Field<'_>, reader: &mut Reader<'_>) -> Sip {
    let mut sip = Sip::default();
    let Some(mut fields) = section.fields(reader) else { return sip };
    if let Some(caller_id) = fields.take("caller_id") {
        sip.caller_id = read_caller_id(&caller_id, reader);
    }
    fields.finish_leniently(reader);
    sip
}

fn read_caller_id(section: &Field<'_>, reader: &mut Reader<'_>) -> CallerIdHeaders {
    let mut headers = CallerIdHeaders::default();
    let Some(mut fields) = section.fields(reader) else { return headers };
    if let Some(sends) = fields.take("send_p_asserted_identity").and_then(|field| field.boolean(reader)) {
        headers.send_p_asserted_identity = sends;
    }
    if let Some(sends) = fields.take("send_remote_party_id").and_then(|field| field.boolean(reader)) {
        headers.send_remote_party_id = sends;
    }
    fields.finish(reader);
    headers
}

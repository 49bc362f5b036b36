//! The headers that framing and matching need, checked once: what passed here never fails again.

use super::{Defect, Essentials, Message, Span};
use crate::grammar::Commas;
use crate::header::{CSeq, HeaderName, NameAddr, Transport, Via};
use crate::method::Method;

impl Message {
    /// Finds the essentials and refuses what RFC 3261 §8.1.1 does not allow.
    ///
    /// Those found before the first defect are kept: they are what an answer is matched by.
    pub(super) fn check_required(&mut self) -> Result<(), Defect> {
        let mut essentials = Essentials::default();
        let result = self.find_essentials(&mut essentials);
        self.essentials = essentials;
        result
    }

    fn find_essentials(&self, essentials: &mut Essentials) -> Result<(), Defect> {
        self.check_via(essentials)?;
        self.check_cseq(essentials)?;
        let call_id = self.only(HeaderName::CallId)?;
        if call_id.is_empty() || call_id.iter().any(u8::is_ascii_whitespace) {
            return Err(Defect::Bad(HeaderName::CallId));
        }
        essentials.call_id = self.span(call_id);
        for name in [HeaderName::From, HeaderName::To] {
            let address = NameAddr::parse(self.only(name)?).map_err(|_| Defect::Bad(name))?;
            let tag = self.span(address.tag().unwrap_or_default());
            if name == HeaderName::From {
                essentials.from_tag = tag;
            } else {
                essentials.to_tag = tag;
            }
        }
        for name in [HeaderName::ContentLength, HeaderName::MaxForwards] {
            if self.is_repeated(name) {
                return Err(Defect::Repeated(name));
            }
        }
        Ok(())
    }

    fn check_via(&self, essentials: &mut Essentials) -> Result<(), Defect> {
        let value = self.header(HeaderName::Via).ok_or(Defect::Missing(HeaderName::Via))?;
        let top = Commas::new(value).next().unwrap_or_default();
        let via = Via::parse(top).map_err(|_| Defect::Bad(HeaderName::Via))?;
        if via.version != b"2.0" || !via.params.are_well_formed() {
            return Err(Defect::Bad(HeaderName::Via));
        }
        if !self.is_request() && self.members(HeaderName::Via).nth(1).is_some() {
            // Not for a user agent: it went astray or was made up (RFC 3261 §8.1.3.3).
            return Err(Defect::Repeated(HeaderName::Via));
        }
        essentials.branch = self.span(via.branch().unwrap_or_default());
        // From the transport's end to the parameters: what `sent_by` was read from.
        let sent_by = match top.iter().position(|&b| b == b';') {
            Some(end) => top.get(..end).unwrap_or_default(),
            None => top,
        };
        let transport_end = Span::of(via.transport_name, sent_by);
        let start = usize::from(transport_end.start) + usize::from(transport_end.len);
        essentials.sent_by = self.span(crate::grammar::trim(sent_by.get(start..).unwrap_or_default()));
        Ok(())
    }

    fn check_cseq(&self, essentials: &mut Essentials) -> Result<(), Defect> {
        let value = self.only(HeaderName::CSeq)?;
        let cseq = CSeq::parse(value).map_err(|_| Defect::Bad(HeaderName::CSeq))?;
        if self.is_request() && cseq.method_name != self.method_name() {
            return Err(Defect::MethodMismatch);
        }
        essentials.sequence = cseq.sequence;
        essentials.method = Some(cseq.method());
        Ok(())
    }

    fn only(&self, name: HeaderName) -> Result<&[u8], Defect> {
        let value = self.header(name).ok_or(Defect::Missing(name))?;
        if self.is_repeated(name) { Err(Defect::Repeated(name)) } else { Ok(value) }
    }

    fn is_repeated(&self, name: HeaderName) -> bool {
        self.repeated & (1 << name as u8) != 0
    }

    fn span(&self, part: &[u8]) -> Span {
        if part.is_empty() { Span::default() } else { Span::of(part, &self.bytes) }
    }

    /// Whether the topmost Via names a transport of ours and a host, so that an answer can be routed.
    fn via_says_where(&self) -> bool {
        self.via().is_ok_and(|via| Transport::from_name(via.transport_name).is_some())
    }

    /// Whether an answer may be sent and the topmost Via says where to.
    pub(crate) fn is_answerable(&self) -> bool {
        self.is_request() && !self.is_ack() && self.via_says_where()
    }

    /// Whether this is an ACK, which is never answered.
    #[must_use]
    pub fn is_ack(&self) -> bool {
        self.is_request() && self.method() == Method::Ack
    }
}

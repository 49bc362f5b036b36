//! Whether a phone may have several ways at a time (RFC 5626): that wants help from whoever it connects to.

use warden_sip::endpoint::Reply;
use warden_sip::header::{HeaderName, NameAddr};
use warden_sip::message::Message;
use warden_sip::status::Status;

/// How often a phone is to say that it is there, in **seconds**, over UDP: routers forget a mapping after 30 s.
const FLOW_TIMER_UDP_S: u32 = 29;
/// The same over a connection.
const FLOW_TIMER_STREAM_S: u32 = 120;

/// Whether the first hop of `request`, which names a flow by `reg-id`, keeps flows: it is we, or says so in Path.
///
/// # Errors
/// The answer 439 when it does not, and the phone relies on it. Otherwise the `reg-id` means nothing (RFC 5626 §6).
pub(super) fn is_usable(request: &Message) -> Result<bool, Box<Reply>> {
    let is_direct = request.members(HeaderName::Via).nth(1).is_none();
    // Each proxy puts itself before those that came first: the one next to the phone is the last.
    let keeps_flows = |hop: &[u8]| Some(NameAddr::parse(hop).ok()?.uri().ok()?.as_sip()?.params.has("ob"));
    if is_direct || request.members(HeaderName::Path).last().and_then(keeps_flows) == Some(true) {
        return Ok(true);
    }
    if request.supports("outbound") {
        return Err(Box::new(Reply::new(Status::FIRST_HOP_LACKS_OUTBOUND_SUPPORT)));
    }
    Ok(false)
}

/// Tells the phone that its flow is kept, and how often to show that it is alive.
pub(super) fn confirm(request: &Message, is_stream: bool, reply: &mut Reply) {
    if request.supports("outbound") {
        let flow_timer_s = if is_stream { FLOW_TIMER_STREAM_S } else { FLOW_TIMER_UDP_S };
        reply.headers.add(HeaderName::Require, b"outbound");
        reply.headers.add_value(HeaderName::FlowTimer, &flow_timer_s);
    }
}

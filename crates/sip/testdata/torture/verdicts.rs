//! What a user agent server and registrar that knows every method of ours makes of each message.
//!
//! The tests of the engine and those of the built program share it, each including this file.

use Verdict::{Refused, Silent, Valid};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Taken; what is asked for decides the answer.
    Valid,
    /// Answered with this status.
    Refused(u16),
    /// Dropped: a response that is wrong.
    Silent,
}

/// RFC 4475, in the order of its sections. A comment says where it leaves a choice and what was chosen.
pub(crate) const RFC_4475: [(&str, Verdict); 49] = [
    ("wsinv", Valid),
    ("intmeth", Refused(405)), // well-formed; the method is not one of ours (RFC 3261 §8.2.1)
    ("esc01", Valid),
    ("escnull", Valid),
    ("esc02", Refused(405)), // `RE%47IST%45R` is not REGISTER
    ("lwsdisp", Valid),
    ("longreq", Valid),
    ("dblreq", Valid),
    ("semiuri", Valid),
    ("transports", Valid),
    ("mpart01", Valid),
    ("unreason", Valid),
    ("noreason", Valid),
    ("badinv01", Refused(400)),
    ("clerr", Refused(400)),
    ("ncl", Refused(400)),
    ("scalar02", Refused(400)),
    ("scalarlg", Silent),
    ("quotbal", Refused(400)),
    ("ltgtruri", Refused(400)),
    ("lwsruri", Refused(400)), // might be mended; it is refused, as every fault in a start line is
    ("lwsstart", Refused(400)), // as above
    ("trws", Refused(400)),    // as above
    ("escruri", Refused(400)), // the headers might be ignored; RFC 3261 §19.1.1 does not allow them there
    ("baddate", Valid),        // Date is not used, so it is not looked at
    ("regbadct", Refused(400)),
    ("badaspec", Refused(400)), // the spaces might be ignored
    ("baddn", Refused(400)),    // the quotes might be guessed
    ("badvers", Refused(505)),
    ("mismatch01", Refused(400)),
    ("mismatch02", Refused(400)), // 501 should be preferred, 400 is acceptable: the mismatch shows first
    ("bigcode", Silent),
    ("badbranch", Valid), // matched as RFC 2543 has it, like every branch that is not unique
    ("insuf", Refused(400)),
    ("unkscm", Refused(416)),
    ("novelsc", Refused(416)),
    ("unksm2", Refused(400)),
    ("bext01", Refused(420)),
    ("invut", Refused(415)),
    ("regaut01", Valid), // well-formed; without usable credentials it will be challenged
    ("multi01", Refused(400)),
    ("mcl01", Refused(400)),
    ("bcast", Silent),
    ("zeromf", Valid), // the hop count is for proxies
    ("cparam01", Valid),
    ("cparam02", Valid),
    ("regescrt", Valid),
    ("sdp01", Valid), // 406 could be sent; a phone that offers SDP and accepts none is taken to mean well
    ("inv2543", Valid),
];

/// RFC 5118, likewise.
pub(crate) const RFC_5118: [(&str, Verdict); 12] = [
    ("ipv6-good", Valid),
    ("ipv6-bad", Refused(400)),
    ("port-ambiguous", Valid),
    ("port-unambiguous", Valid),
    ("via-received-param-with-delim", Valid),
    ("via-received-param-no-delim", Valid),
    ("ipv6-in-sdp", Valid),
    ("mult-ip-in-header", Valid),
    ("mult-ip-in-sdp", Valid),
    ("ipv4-mapped-ipv6", Valid),
    ("ipv6-bug-abnf-3-colons", Valid),
    ("ipv6-correct-abnf-2-colons", Valid),
];

//! Session descriptions (RFC 8866) and the offer/answer model (RFC 3264) for one stream, audio or fax, without I/O.
//!
//! Who may call whom, which port is free and how packets are sent are left to others. ICE is kept as it stands; it is
//! not understood yet.
//!
//! Each leg of a call has a [`Session`]. A leg that ends here is answered with [`Capabilities::own`]. Between two legs
//! [`relayed_offer`] says what to offer to the second for the offer of the first, and [`relayed_answer`] what to answer
//! to the first.

mod accept;
mod answer;
pub mod codec;
mod compose;
pub mod description;
mod direction;
mod grammar;
mod local;
mod negotiated;
mod offer;
mod relay;
mod session;
pub mod srtp;
pub mod t38;

pub use accept::{AnswerError, read_answer};
pub use answer::{Answer, Order, Refusal, answer};
pub use compose::Stamp;
pub use direction::Direction;
pub use local::{Capabilities, Capability, Endpoint, LocalMedia, Use};
pub use negotiated::{Dtmf, Negotiated};
pub use offer::offer;
pub use relay::{Carriage, carriage, relayed_answer, relayed_offer};
pub use session::{AcceptError, Change, OfferError, RespondError, Session, Side, State};

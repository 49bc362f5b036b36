//! A phone that is a fax machine behind a gateway: it sends a page (T.38) in place of its sound, and takes one or refuses it.
//!
//! What its datagrams carry is the level that its sound has, so that who is heard can be told in the same way.

use std::net::SocketAddr;
use std::time::Instant;

use warden_media::udptl;
use warden_sdp::t38::{ErrorCorrection, Parameter, RateManagement, T38};
use warden_sdp::{Negotiated, State};
use warden_sip::endpoint::Reply;
use warden_sip::method::Method;
use warden_sip::status::Status;
use warden_sip::write::Body;

use super::Phone;
use super::line::{Call, Deed};
use super::sdp;

/// What a phone makes of fax that it is offered.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum FaxManner {
    /// It knows nothing of it: 488.
    #[default]
    Unknown,
    /// It takes it.
    Takes,
    /// It says this.
    Refuses(Status),
    /// It says 200, and this of the media.
    Describes(String),
}

impl Phone {
    /// Sends a page, or goes back to sound.
    pub(crate) fn fax(&mut self, is_on: bool, method: Method, now: Instant) {
        let deed = Deed { method, offers: true };
        self.change(
            deed,
            |local| {
                local.fax = is_on.then(said);
                local.endpoint = sdp::next_endpoint(&local.endpoint);
            },
            now,
        );
    }

    /// Whether its next calls begin as a fax.
    pub(crate) fn load_page(&mut self) {
        self.media.fax = Some(said());
    }

    pub(crate) fn set_fax(&mut self, manner: FaxManner) {
        self.fax = manner;
    }

    /// What it answers to an offer of fax by itself; `None` leaves it to the usual way.
    pub(super) fn fax_reply(manner: &FaxManner, call: &mut Call) -> Option<Reply> {
        if call.session.state() != State::TheyOffered {
            return None;
        }
        if !is_offered(call) {
            call.local.fax = None;
            return None;
        }
        match manner {
            FaxManner::Unknown => call.local.fax = None,
            FaxManner::Takes => call.local.fax = Some(said()),
            FaxManner::Refuses(status) => {
                call.session.reject();
                return Some(Reply::new(*status));
            }
            FaxManner::Describes(media) => {
                call.session.reject();
                let address = call.local.endpoint.address;
                let text =
                    format!("v=0\r\no=- 9 9 IN IP4 {address}\r\ns=-\r\nc=IN IP4 {address}\r\nt=0 0\r\n{media}\r\n");
                return Some(Reply { body: Some(Body::sdp(text.into_bytes())), ..Reply::new(Status::OK) });
            }
        }
        None
    }
}

/// Whether fax and no sound waits for an answer.
fn is_offered(call: &Call) -> bool {
    use warden_sdp::description::{Media, MediaKind};
    let is_live = |media: &Media<'_>, kind| media.kind() == kind && media.is_live();
    call.session.open_offer().is_some_and(|offer| {
        offer.media().any(|media| is_live(&media, MediaKind::Image))
            && !offer.media().any(|media| is_live(&media, MediaKind::Audio))
    })
}

/// What it says of its fax.
fn said() -> T38 {
    let said = [
        Parameter::Version(0),
        Parameter::MaxBitRate(14_400),
        Parameter::RateManagement(RateManagement::Transferred),
        Parameter::MaxDatagram(400),
        Parameter::ErrorCorrection(ErrorCorrection::Redundancy),
    ];
    said.into_iter().collect()
}

/// A datagram with this level, and its address.
pub(super) fn page(agreed: &Negotiated, sequence: u16, level: i16) -> Option<(SocketAddr, Vec<u8>)> {
    let ([high, low], [up, down]) = (sequence.to_be_bytes(), level.to_be_bytes());
    Some((agreed.remote_rtp?, vec![high, low, 2, up, down, 0, 0]))
}

/// The level in a datagram.
pub(super) fn read(datagram: &[u8]) -> Option<i16> {
    udptl::sequence(datagram)?;
    let level = datagram.get(3..)?.first_chunk::<2>()?;
    Some(i16::from_be_bytes(*level))
}

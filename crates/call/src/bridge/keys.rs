//! The keys that a leg's sound is encrypted with, and why an offer of sound is not taken for how it is encrypted.

use warden_sdp::description::Description;
use warden_sdp::srtp::{Encryption, Srtp, Suite};
use warden_sdp::{Carriage, Session, carriage};
use warden_sip::endpoint::Flow;
use warden_sip::status::Status;

use super::refusal::Refusal;
use super::turn::Turn;
use super::warning::Warning;
use crate::directory::{Directory, Extension};

impl Refusal {
    const UNSAFE_KEYS: Self = Self::of_offer("Encrypted Audio Needs TLS", Warning::UNSAFE_KEYS);
    const ENCRYPTION_OFF: Self = Self::of_offer("Audio Encryption Is Off", Warning::MEDIA_TRANSPORT);
    const MUST_ENCRYPT: Self = Self::of_offer("Audio Must Be Encrypted", Warning::MEDIA_TRANSPORT);
    const NO_SUITE: Self = Self::of_offer("No Common Crypto Suite", Warning::MEDIA_TRANSPORT);
}

/// Fresh keys for a new session with a phone of `owner`, on the way to it. Where we leave it to the phone, `insisting` may
/// say that it has made up its mind.
///
/// # Errors
/// Its sound must be encrypted, and keys cannot be said on this way.
pub(super) fn fresh_keys(
    owner: &Extension,
    flow: &Flow,
    insisting: Option<Srtp>,
    turn: &mut Turn<'_>,
) -> Result<Encryption, Refusal> {
    let policy = match turn.directory.encryption.on(owner, flow).map_err(|_| Refusal::UNSAFE_KEYS)? {
        Srtp::Optional => insisting.unwrap_or(Srtp::Optional),
        settled @ (Srtp::Off | Srtp::Required) => settled,
    };
    Ok(Encryption::new(policy, &Suite::ALL, |room| turn.fill_random(room)))
}

/// Whether a phone that was offered the choice may take sound that is nothing but encrypted: some do not look at keys beside
/// plain sound, and refuse all that is not called `RTP/SAVP`.
pub(super) fn may_insist(status: Status, session: &Session) -> bool {
    let has_refused = matches!(status, Status::NOT_ACCEPTABLE_HERE | Status::NOT_ACCEPTABLE_ANYWHERE);
    has_refused && session.encryption().policy() == Srtp::Optional && !session.offers_fax()
}

/// Whether the sound that a phone of `owner` offers is encrypted as it must be; fax never is.
///
/// # Errors
/// Why it is not taken. An offer of no sound at all is another matter.
pub(super) fn check_offer(
    offer: &Description,
    encryption: &Encryption,
    owner: &Extension,
    flow: &Flow,
    directory: &Directory,
) -> Result<(), Refusal> {
    let is_wanted = directory.encryption.wanted(owner) != Srtp::Off;
    Err(match carriage(offer, encryption) {
        Carriage::Taken | Carriage::Unknown => return Ok(()),
        Carriage::Encrypted if is_wanted && !directory.encryption.trusts(flow) => Refusal::UNSAFE_KEYS,
        Carriage::Encrypted if encryption.policy() == Srtp::Off => Refusal::ENCRYPTION_OFF,
        Carriage::Encrypted => Refusal::NO_SUITE,
        Carriage::Plain => Refusal::MUST_ENCRYPT,
        Carriage::PlainFax => Refusal::PLAIN_FAX,
    })
}

//! `srtp`, whether sound is encrypted: for all in `security:`, and for single extensions.

use crate::reader::{Field, Reader};

/// Whether the sound of a phone is encrypted with keys in its signalling.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Srtp {
    /// Never.
    Off,
    /// If the phone can do it, and its signalling is encrypted.
    #[default]
    Optional,
    /// Always: there is no call without.
    Required,
}

/// Reads `off`, `optional` or `required`.
pub(crate) fn read(field: &Field<'_>, reader: &mut Reader<'_>) -> Option<Srtp> {
    field.choice(&[("off", Srtp::Off), ("optional", Srtp::Optional), ("required", Srtp::Required)], reader)
}

//! Bodies that many watchers get: written once, and only the version put in for each.

use bytes::Bytes;
use warden_sip::print::Print;

/// A body but for the place of its version.
#[derive(Clone, Debug, Default)]
pub(super) struct Draft {
    text: Bytes,
    version_at: Option<usize>,
}

impl Draft {
    /// One that is the same for everybody.
    pub(super) fn fixed(text: Vec<u8>) -> Self {
        Self { text: text.into(), version_at: None }
    }

    /// The version belongs between the two.
    pub(super) fn versioned(mut before: Vec<u8>, after: &[u8]) -> Self {
        let version_at = Some(before.len());
        before.extend_from_slice(after);
        Self { text: before.into(), version_at }
    }

    pub(super) fn with_version(&self, version: u32) -> Bytes {
        let Some((before, after)) = self.version_at.and_then(|at| self.text.split_at_checked(at)) else {
            return self.text.clone();
        };
        let mut out = Vec::with_capacity(self.text.len() + 10);
        out.extend_from_slice(before);
        version.print(&mut out);
        out.extend_from_slice(after);
        out.into()
    }
}

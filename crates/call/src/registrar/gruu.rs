//! Addresses that reach exactly one phone, whoever of the extension's has them (RFC 5627).
//!
//! A public one is the extension's own with the phone's name in `gr`. A temporary one says nothing of either: its user part
//! is the number of a binding, sealed, and it holds until the phone registers with another Call-ID. Nothing is stored.

use warden_sip::random::Random;
use warden_sip::sealed::Sealer;
use warden_sip::uri::{Uri, print_escaped_user};

use super::{Binding, BindingId, Instance, Registrar};
use crate::directory::Extension;

/// How the user part of a temporary one begins.
const TEMPORARY: &[u8] = b"tgruu.";

/// Whom a GRUU reaches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Gruu {
    pub(crate) extension: Extension,
    pub(crate) instance: Instance,
}

/// Makes and reads the temporary ones.
#[derive(Debug)]
pub(super) struct Gruus {
    sealer: Sealer,
}

impl Gruus {
    pub(super) fn new(random: Random) -> Self {
        Self { sealer: Sealer::new(random) }
    }

    /// Adds both to a Contact of the extension at `host`; a phone without a name has none.
    pub(super) fn print(&mut self, binding: &Binding, host: &[u8], out: &mut Vec<u8>) {
        let Some(instance) = &binding.instance else { return };
        out.extend_from_slice(b";pub-gruu=\"sip:");
        print_escaped_user(binding.extension.text().as_bytes(), out);
        out.push(b'@');
        out.extend_from_slice(host);
        out.extend_from_slice(b";gr=");
        out.extend_from_slice(instance.text());
        out.extend_from_slice(b"\";temp-gruu=\"sip:");
        out.extend_from_slice(TEMPORARY);
        out.extend_from_slice(&self.sealer.seal(binding.id.0));
        out.push(b'@');
        out.extend_from_slice(host);
        out.extend_from_slice(b";gr\"");
    }

    fn open(&self, user: &[u8]) -> Option<BindingId> {
        self.sealer.open(user.strip_prefix(TEMPORARY)?).map(BindingId)
    }
}

impl Registrar {
    /// Whom `uri` reaches; `None` for one that is no GRUU, and for a temporary one that does not hold any more.
    pub(crate) fn gruu(&self, uri: &Uri<'_>) -> Option<Gruu> {
        let sip = uri.as_sip()?;
        let gr = sip.params.get("gr")?;
        if let Some(urn) = gr.value {
            return Some(Gruu { extension: Extension::parse(&sip.number()?).ok()?, instance: Instance::parse(urn)? });
        }
        let id = self.gruus.open(sip.user?)?;
        let binding = self.bindings().find(|binding| binding.id == id)?;
        Some(Gruu { extension: binding.extension.clone(), instance: binding.instance.clone()? })
    }

    /// The bindings that `uri` reaches: those with it for their Contact, or those of the phone whose GRUU it is.
    pub(crate) fn reached_by<'a>(&'a self, uri: &Uri<'_>) -> impl DoubleEndedIterator<Item = &'a Binding> {
        let (gruu, uri) = (self.gruu(uri), *uri);
        self.bindings().filter(move |binding| match &gruu {
            Some(gruu) => binding.is_of(gruu),
            None => binding.contact.view().is_equivalent(&uri),
        })
    }
}

//! Connections that end during a call. The leg keeps its dialog and is without a way to its phone until the phone is back:
//! it registers again, or sends something within the call.

use warden_sip::endpoint::Flow;

use super::Bridge;
use super::call::Call;
use super::leg::Leg;
use crate::registrar::{Binding, Registrar};

impl Bridge {
    /// A connection has ended.
    ///
    /// Costs a walk over all calls; connections end seldom.
    pub(crate) fn disconnect(&mut self, flow: &Flow) {
        for leg in self.calls.values_mut().flat_map(|call| call.every_leg()) {
            if leg.flow == *flow {
                leg.flow.connection = None;
            }
        }
    }
}

impl Call {
    /// Legs without a connection take the one over which their phone has registered since.
    pub(super) fn reconnect(&mut self, registrar: &Registrar) {
        for leg in self.every_leg() {
            if leg.is_cut_off()
                && let Some(newest) = newest_way(leg, registrar)
            {
                leg.flow = newest.flow;
            }
        }
    }
}

/// The way by which the phone of a leg has registered last. It is known by its Contact, or by a GRUU of its own.
fn newest_way<'a>(leg: &Leg, registrar: &'a Registrar) -> Option<&'a Binding> {
    let target = leg.dialog.remote_target();
    let gruu = registrar.gruu(&target.view());
    let is_its = |binding: &&Binding| match &gruu {
        Some(gruu) => binding.is_of(gruu),
        None => binding.is_at(target),
    };
    registrar.bindings_of(&leg.owner).rfind(is_its)
}

impl Leg {
    /// Whether its connection has ended: nothing can be sent to its phone.
    pub(super) fn is_cut_off(&self) -> bool {
        self.flow.transport.is_reliable() && self.flow.connection.is_none()
    }
}

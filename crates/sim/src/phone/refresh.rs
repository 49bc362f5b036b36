//! Keeping a session alive, or ending it when nobody does (RFC 4028 §10).

use std::time::Instant;

use warden_sip::method::Method;

use super::Phone;
use super::line::{Deed, Line};

impl Phone {
    /// Refreshes the session when it is time to; ends it when the other side should have and has not.
    pub(super) fn refresh_session(&mut self, now: Instant) {
        let Line::Up(call) = &mut self.line else { return };
        let Some(timer) = call.timer.take_if(|timer| timer.at <= now) else { return };
        if self.timers.forgets {
            return;
        }
        if !timer.we_refresh {
            return self.end_call(now);
        }
        // The interval asked for is the one that holds.
        call.timer = Some(timer.asked_again(now));
        let method = if self.allows_update { self.timers.refresh_by } else { Method::Invite };
        let before = call.local.clone();
        self.start(Deed { method, offers: method == Method::Invite }, before, now);
    }
}

//! What happened, as lines in the log.

use tracing::{debug, info, warn};
use warden_call::ban::Banned;
use warden_call::{Event, Unregistered};

use crate::private::Private;

/// Writes `event`; a refreshed registration only for debugging.
pub(crate) fn log(event: &Event) {
    match event {
        Event::Call { .. } => {}
        Event::Registered { extension, contact, source, user_agent, expires, refreshed } => {
            let (contact, expires_s) = (Private(contact.escape_ascii()), expires.as_secs());
            let (extension, source) = (Private(extension), Private(source));
            if *refreshed {
                debug!(target: "SIP", %extension, %source, %contact, expires_s, "registration refreshed");
            } else {
                info!(target: "SIP", %extension, %source, %contact, %user_agent, expires_s, "phone registered");
            }
        }
        Event::Unregistered { extension, contact, reason } => {
            let (extension, contact) = (Private(extension), Private(contact.escape_ascii()));
            info!(target: "SIP", %extension, %contact, reason = words(*reason), "phone unregistered");
        }
        Event::SignInFailed { username, source, unknown } => {
            // Who tries passwords is named: ban tools read this.
            let (username, source) = (username.escape_ascii(), source.remote);
            warn!(target: "SIP", %source, %username, unknown_user = unknown, "sign-in failed");
        }
        Event::Banned { who, duration } => {
            let ban_s = duration.as_secs();
            match who {
                Banned::Address(source) => warn!(target: "SIP", %source, ban_s, "address banned"),
                Banned::User(source, username) => {
                    let username = username.escape_ascii();
                    warn!(target: "SIP", %source, %username, ban_s, "user name banned at an address");
                }
            }
        }
        Event::Forbidden { username, source } => {
            let (username, source) = (username.escape_ascii(), source.remote);
            warn!(target: "SIP", %source, %username, "signed in as one extension and asked for another");
        }
    }
}

fn words(reason: Unregistered) -> &'static str {
    match reason {
        Unregistered::ByPhone => "by the phone",
        Unregistered::Expired => "not refreshed in time",
        Unregistered::Disconnected => "connection ended",
        Unregistered::Removed => "extension removed",
    }
}

//! What happened, as lines in the log.

mod call;
mod security;

use std::net::SocketAddr;

use tracing::{debug, info, warn};
use warden_call::access::{BanReason, Banned};
use warden_call::registrant::AccountNews;
use warden_call::{Acl, Event, Unregistered};

use crate::private::Private;

/// Writes `event`, what ban tools act on to the security log too; a refreshed registration only for debugging.
pub(crate) fn log(event: &Event) {
    security::log(event);
    match event {
        Event::Call { call, event } => call::log(*call, event),
        // Once a minute; a line for each would fill the disk as well.
        Event::Unrecorded { extension, source, count: 1 } => {
            let (from, source) = (Private(extension), Private(source));
            warn!(
                target: "CALL", %from, %source,
                "too many calls that fail at once: more of them within this minute are not recorded"
            );
        }
        Event::Unrecorded { .. } | Event::Digit { .. } => {}
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
            // Who tries passwords is named, as in the security log.
            let (username, source) = (username.escape_ascii(), source.remote);
            warn!(target: "SIP", %source, %username, unknown_user = unknown, "sign-in failed");
        }
        Event::Banned { who, reason, duration } => {
            let (ban_s, reason) = (duration.as_secs(), ban_words(*reason));
            match who {
                Banned::Address(source) => warn!(target: "SIP", %source, reason, ban_s, "address banned"),
                Banned::User(source, username) => {
                    let username = username.escape_ascii();
                    warn!(target: "SIP", %source, %username, reason, ban_s, "user name banned at an address");
                }
            }
        }
        Event::MessageLost { from, to } => {
            let (from, to) = (Private(from), Private(to));
            warn!(target: "SIP", %from, %to, "a message has not reached its recipient and is given up");
        }
        Event::Account { account, news } => log_account(account, news),
        Event::ExternalAddress { name, address: Some(address) } => {
            info!(target: "SIP", %name, %address, "external address looked up");
        }
        Event::ExternalAddress { name, address: None } => {
            warn!(target: "SIP", %name, "cannot look up server.external_address");
        }
        Event::Forbidden { username, source, acl } => forbidden(username, source.remote, *acl),
        Event::Scanner { name, source } => {
            let source = source.remote;
            warn!(target: "SIP", %source, %name, "a scanner came by and gets no answer");
        }
    }
}

fn forbidden(username: &[u8], source: SocketAddr, acl: Acl) {
    let username = username.escape_ascii();
    match acl {
        Acl::Extension => warn!(target: "SIP", %source, %username, "signed in as one extension and asked for another"),
        Acl::Networks => {
            warn!(target: "SIP", %source, %username, "signed in from a network that its extension may not use");
        }
    }
}

/// Why somebody is banned, for people.
fn ban_words(reason: BanReason) -> &'static str {
    match reason {
        BanReason::WrongPasswords => "wrong passwords",
        BanReason::Scanner => "scanner",
        BanReason::ByHand => "by hand",
    }
}

fn log_account(account: &str, news: &AccountNews) {
    match news {
        AccountNews::Registered { expires, refreshed: false } => {
            info!(target: "SIP", trunk = account, expires_s = expires.as_secs(), "trunk registered");
        }
        AccountNews::Registered { expires, refreshed: true } => {
            debug!(target: "SIP", trunk = account, expires_s = expires.as_secs(), "trunk registration refreshed");
        }
        AccountNews::Failed { reason, retry, still_registered } => {
            let retry_s = retry.as_secs();
            warn!(target: "SIP", trunk = account, reason, retry_s, still_registered, "trunk registration failed");
        }
        AccountNews::Left => info!(target: "SIP", trunk = account, "trunk unregistered"),
    }
}

fn words(reason: Unregistered) -> &'static str {
    match reason {
        Unregistered::ByPhone => "by the phone",
        Unregistered::Expired => "not refreshed in time",
        Unregistered::Disconnected => "connection ended",
        Unregistered::Replaced => "the phone has come back elsewhere",
        Unregistered::Removed => "extension removed",
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn calls_that_are_not_recorded_are_told_once_a_minute() {
        let extension = warden_call::directory::Extension::parse(b"1001").unwrap();
        let source = "192.0.2.1:5060".parse().unwrap();
        let left_out = |count| Event::Unrecorded { extension: extension.clone(), source, count };
        let expected = "WARN CALL: too many calls that fail at once: more of them within this minute are not recorded \
                        from=1001 source=192.0.2.1:5060";
        assert_eq!(lines(&[left_out(1), left_out(2), left_out(3)]), [expected]);
    }

    /// What is written about events, for debugging too.
    pub(super) fn lines(events: &[Event]) -> Vec<String> {
        let written = Written::default();
        let writer = written.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::DEBUG)
            .without_time()
            .with_writer(move || writer.clone())
            .finish();
        tracing::subscriber::with_default(subscriber, || events.iter().for_each(log));
        let text = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
        text.lines().map(|line| line.trim().to_owned()).collect()
    }
}

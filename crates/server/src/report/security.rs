//! What ban tools act on, for the security log, with the names that Asterisk has given the values.
//!
//! Every value is a field of an event with the target `SECURITY`; whoever writes the line makes it safe. A ban of an
//! IPv6 network is told as `IPV6/ANY/2001:db8::/64/0`: a filter that bans single addresses does not take it for one.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use tracing::warn;
use warden_call::access::Banned;
use warden_call::{Acl, Event};
use warden_sip::endpoint::Flow;

/// The most of a claimed user name that is told; a real one is at most half as long.
const MAX_NAME: usize = 64;

/// Tells what somebody is to be suspected for; everything else is not for this log.
pub(super) fn log(event: &Event) {
    match event {
        Event::SignInFailed { username, source, unknown } => {
            failed(if *unknown { "InvalidAccountID" } else { "InvalidPassword" }, username, *source);
        }
        Event::Forbidden { username, source, acl: Acl::Extension } => refused("extension", username, *source),
        Event::Forbidden { username, source, acl: Acl::Networks } => refused("networks", username, *source),
        Event::Scanner { source, .. } => refused("scanner", b"", *source),
        Event::Banned { who: Banned::Address(address), .. } => banned("address", b"", *address),
        Event::Banned { who: Banned::User(address, username), .. } => banned("user", username, *address),
        Event::Call { .. }
        | Event::Unrecorded { .. }
        | Event::Registered { .. }
        | Event::Unregistered { .. }
        | Event::ExternalAddress { .. }
        | Event::Account { .. }
        | Event::Digit { .. }
        | Event::MessageLost { .. } => {}
    }
}

fn failed(kind: &str, username: &[u8], source: Flow) {
    let (local, remote) = (End::local(source), End::remote(source));
    warn!(
        target: "SECURITY", SecurityEvent = kind, Severity = "Error", Service = "SIP", EventVersion = "2",
        AccountID = %account(username), SessionID = "", LocalAddress = %local, RemoteAddress = %remote,
    );
}

fn refused(acl: &str, username: &[u8], source: Flow) {
    let (local, remote) = (End::local(source), End::remote(source));
    warn!(
        target: "SECURITY", SecurityEvent = "FailedACL", Severity = "Error", Service = "SIP", EventVersion = "1",
        AccountID = %account(username), SessionID = "", LocalAddress = %local, RemoteAddress = %remote,
        ACLName = %acl,
    );
}

/// The address is known, not from where on it and how it came.
fn banned(acl: &str, username: &[u8], address: IpAddr) {
    let family = family(address);
    let network = if address.is_ipv6() { "/64" } else { "" };
    warn!(
        target: "SECURITY", SecurityEvent = "FailedACL", Severity = "Error", Service = "SIP", EventVersion = "1",
        AccountID = %account(username), SessionID = "", RemoteAddress = %format_args!("{family}/ANY/{address}{network}/0"),
        ACLName = %format_args!("ban-{acl}"),
    );
}

fn account(username: &[u8]) -> String {
    String::from_utf8_lossy(username.get(..MAX_NAME).unwrap_or(username)).into_owned()
}

fn family(address: IpAddr) -> &'static str {
    if address.is_ipv4() { "IPV4" } else { "IPV6" }
}

/// One end of a flow: `IPV4/UDP/198.51.100.7/5060`.
struct End(Flow, SocketAddr);

impl End {
    fn local(flow: Flow) -> Self {
        Self(flow, flow.local)
    }

    fn remote(flow: Flow) -> Self {
        Self(flow, flow.remote)
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(flow, end) = self;
        // On a socket for both families an IPv4 address is seen as ::ffff:198.51.100.7.
        let address = end.ip().to_canonical();
        write!(f, "{}/{}/{address}/{}", family(address), flow.transport.name(), end.port())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use warden_call::access::BanReason;
    use warden_sip::header::Transport;

    use super::*;
    use crate::report::tests::lines;

    /// The lines for the security log alone.
    fn told(event: Event) -> Vec<String> {
        let lines = lines(&[event]).into_iter();
        lines.filter_map(|line| Some(line.strip_prefix("WARN SECURITY: ")?.to_owned())).collect()
    }

    #[test]
    fn an_ipv4_address_on_a_socket_for_both_families_is_told_as_ipv4() {
        let [local, remote] = ["[::ffff:192.0.2.1]:5060", "[::ffff:198.51.100.7]:5062"].map(|end| end.parse().unwrap());
        let source = Flow { transport: Transport::Tcp, local, remote, connection: None };
        let expected = "SecurityEvent=\"InvalidPassword\" Severity=\"Error\" Service=\"SIP\" EventVersion=\"2\" \
                        AccountID=1001 SessionID=\"\" LocalAddress=IPV4/TCP/192.0.2.1/5060 \
                        RemoteAddress=IPV4/TCP/198.51.100.7/5062";
        let failed = Event::SignInFailed { username: b"1001"[..].into(), source, unknown: false };
        assert_eq!(told(failed), [expected]);
    }

    #[test]
    fn a_ban_tells_the_address_or_the_whole_ipv6_network() {
        let (reason, duration) = (BanReason::WrongPasswords, Duration::from_hours(1));
        let ban = |who| told(Event::Banned { who, reason, duration }).concat();
        let address = ban(Banned::Address("192.0.2.1".parse().unwrap()));
        assert!(address.ends_with("RemoteAddress=IPV4/ANY/192.0.2.1/0 ACLName=ban-address"), "{address}");
        let network = ban(Banned::Address("2001:db8::".parse().unwrap()));
        assert!(network.ends_with("RemoteAddress=IPV6/ANY/2001:db8::/64/0 ACLName=ban-address"), "{network}");
        let user = ban(Banned::User("192.0.2.1".parse().unwrap(), b"1001"[..].into()));
        assert!(user.contains("AccountID=1001") && user.ends_with("ACLName=ban-user"), "{user}");
    }
}

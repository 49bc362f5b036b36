//! The package `message-summary` (RFC 3842): what waits in a mailbox.

use warden_sip::print::Print;

use super::body::Draft;
use crate::directory::Extension;

/// How many messages a mailbox has; what is urgent is counted among the others too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MessageCounts {
    /// Not heard yet.
    pub new: u32,
    /// Heard and kept.
    pub old: u32,
    /// Urgent among the new.
    pub urgent_new: u32,
    /// Urgent among the old.
    pub urgent_old: u32,
}

impl MessageCounts {
    pub(super) fn draft(self, extension: &Extension, host: &str) -> Draft {
        let mut out = b"Messages-Waiting: ".to_vec();
        out.extend_from_slice(if self.new > 0 { b"yes" } else { b"no" });
        out.extend_from_slice(b"\r\nMessage-Account: sip:");
        warden_sip::uri::print_escaped_user(extension.text().as_bytes(), &mut out);
        out.push(b'@');
        out.extend_from_slice(host.as_bytes());
        out.extend_from_slice(b"\r\nVoice-Message: ");
        for (count, end) in [(self.new, "/"), (self.old, " ("), (self.urgent_new, "/"), (self.urgent_old, ")\r\n")] {
            count.print(&mut out);
            out.extend_from_slice(end.as_bytes());
        }
        Draft::fixed(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_body_is_that_of_the_rfc() {
        let counts = MessageCounts { new: 2, old: 8, urgent_new: 0, urgent_old: 2 };
        let extension = Extension::parse(b"alice").expect("an extension");
        let body = counts.draft(&extension, "vmail.example.com").with_version(0);
        let expected =
            "Messages-Waiting: yes\r\nMessage-Account: sip:alice@vmail.example.com\r\nVoice-Message: 2/8 (0/2)\r\n";
        assert_eq!(String::from_utf8_lossy(&body), expected);
    }
}

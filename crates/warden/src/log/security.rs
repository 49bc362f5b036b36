//! The lines of the security log, as Asterisk writes its own, so that fail2ban's stock filter `asterisk` reads them.

use std::fmt::Write;
use std::process;

use jiff::Timestamp;

use super::fields::Fields;

/// The target of events for the security log; they are in no other.
pub(super) const TARGET: &str = "SECURITY";

/// The line, with a line feed: every value in quotes, in the order of the event.
///
/// What a stranger sent stands between: all but a few harmless characters are written as `%22`, so nobody can end a
/// value and begin another, as a `RemoteAddress` that is not theirs.
pub(super) fn line(time: Timestamp, fields: &Fields) -> String {
    let mut line = String::with_capacity(384);
    let (date, rest) = (time.strftime("%Y-%m-%d"), time.strftime("%H:%M:%S%.3f"));
    // Writing to a text cannot fail. Without the offset, fail2ban would take the time for local time.
    let _head = write!(line, "[{date} {rest} +0000] SECURITY[{}]: warden: ", process::id());
    for (index, (name, value)) in fields.values.iter().enumerate() {
        let comma = if index == 0 { "" } else { "," };
        let _name = write!(line, "{comma}{name}=\"");
        match value.as_str() {
            Some(text) => safe(text, &mut line),
            None => safe(&value.to_string(), &mut line),
        }
        line.push('"');
        if index == 0 {
            let _time = write!(line, ",EventTV=\"{date}T{rest}+0000\"");
        }
    }
    line.push('\n');
    line
}

fn safe(text: &str, line: &mut String) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~+*#@/:".contains(&byte) {
            line.push(char::from(byte));
        } else {
            let _written = write!(line, "%{byte:02X}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_the_form_of_asterisk_and_a_value_cannot_leave_its_quotes() {
        let name = "1001\",RemoteAddress=\"IPV4/UDP/192.0.2.1/5060\"\r\n[%é";
        let values = vec![("SecurityEvent", "InvalidPassword".into()), ("AccountID", name.into())];
        let fields = Fields { message: String::new(), values };
        let time = "2026-11-23T22:40:00.5Z".parse().unwrap();
        let expected = format!(
            "[2026-11-23 22:40:00.500 +0000] SECURITY[{}]: warden: SecurityEvent=\"InvalidPassword\",\
             EventTV=\"2026-11-23T22:40:00.500+0000\",\
             AccountID=\"1001%22%2CRemoteAddress%3D%22IPV4/UDP/192.0.2.1/5060%22%0D%0A%5B%25%C3%A9\"\n",
            process::id()
        );
        assert_eq!(line(time, &fields), expected);
    }
}

//! What ban tools read: fail2ban finds who guesses passwords in the security log, and nobody else.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::support::{Guesser, Warden, loopback, poll};

const EXTENSIONS: [(&str, &str); 2] = [("1001", "blue-kettle"), ("1002", "green-kettle")];

/// A running server and its security log.
struct Bench {
    server: Warden,
    log: PathBuf,
}

impl Bench {
    fn start() -> Self {
        let server = Warden::start(&EXTENSIONS);
        let log = server.config().with_file_name("var/security.log");
        Self { server, log }
    }

    fn at(&self, ip: impl Into<IpAddr>) -> SocketAddr {
        (ip, self.server.sip_port()).into()
    }

    /// Somebody who sends from another address over UDP.
    fn guesser(&self, last: u8) -> Guesser {
        Guesser::udp(self.at(Ipv4Addr::LOCALHOST), loopback(last))
    }

    /// The log, as soon as it has so many lines.
    fn lines(&self, count: usize) -> Vec<String> {
        let mut seen = Vec::new();
        let found = poll(10, || {
            seen = fs::read_to_string(&self.log).unwrap_or_default().lines().map(str::to_owned).collect();
            (seen.len() >= count).then_some(())
        });
        assert!(found.is_some() && seen.len() == count, "{seen:#?}");
        seen
    }

    /// The addresses that fail2ban finds with a filter, in the order of the log; each line counts as of just now.
    fn found_by(&self, filter: &Path) -> Vec<String> {
        let mut reader = Command::new("fail2ban-regex");
        reader.env("TZ", "America/New_York").args(["-o", "<ip> <time>"]).arg(&self.log).arg(filter);
        let output = reader.output().unwrap_or_else(|error| panic!("fail2ban: {error}; see scripts/need.sh test"));
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64();
        let text = String::from_utf8(output.stdout).unwrap();
        let address = |line: &str| {
            let (address, time) = line.split_once(' ').unwrap();
            assert!((now - time.parse::<f64>().unwrap()).abs() < 60.0, "{line}, now {now}");
            address.to_owned()
        };
        text.lines().map(address).collect()
    }

    fn found(&self) -> Vec<String> {
        self.found_by(Path::new("/etc/fail2ban/filter.d/asterisk.conf"))
    }
}

#[test]
fn the_stock_filter_finds_who_guesses_over_udp_and_tcp() {
    let bench = Bench::start();
    assert_eq!(bench.guesser(2).sign_in("1001", "red-kettle"), 401);
    assert_eq!(Guesser::tcp(bench.at(Ipv4Addr::LOCALHOST)).sign_in("4711", "red-kettle"), 401);
    let lines = bench.lines(2);
    let kinds = [r#""InvalidPassword",EventTV="#, r#""InvalidAccountID",EventTV="#];
    let ends = [r#""IPV4/UDP/127.0.0.2/"#, r#""IPV4/TCP/127.0.0.1/"#];
    for ((line, kind), end) in lines.iter().zip(kinds).zip(ends) {
        assert!(line.contains(kind) && line.contains(&format!("RemoteAddress={end}")), "{line}");
    }
    assert_eq!(bench.found(), ["127.0.0.2", "127.0.0.1"]);
    assert_eq!(fs::metadata(&bench.log).unwrap().permissions().mode() & 0o777, 0o640);
}

#[test]
fn the_stock_filter_finds_who_guesses_over_ipv6() {
    if UdpSocket::bind((Ipv6Addr::LOCALHOST, 0)).is_err() {
        return; // not every machine has IPv6
    }
    let mut bench = Bench::start();
    let text = fs::read_to_string(bench.server.config()).unwrap();
    bench.server.write_text(&text.replace("host: 127.0.0.1", "host: '::1'"));
    assert_eq!(bench.server.stop().code(), Some(0));
    bench.server.restart();
    let ipv6 = bench.at(Ipv6Addr::LOCALHOST);
    assert_eq!(Guesser::udp(ipv6, ipv6.ip()).sign_in("1001", "red-kettle"), 401);
    assert_eq!(Guesser::tcp(ipv6).sign_in("1001", "red-kettle"), 401);
    bench.lines(2);
    assert_eq!(bench.found(), ["::1", "::1"]);
}

#[test]
fn no_user_name_can_name_another_address() {
    let bench = Bench::start();
    let end = r#",RemoteAddress="IPV4/UDP/192.0.2.66/5060""#;
    let names = [
        format!(r#"1001"{end}"#),
        format!(r#"1001"{end},Challenge=""#),
        format!(r#"1001\"{end}"#),
        format!("1001\t[2026-11-23 22:40:00] SECURITY[1]: warden: SecurityEvent=\"InvalidPassword\"{end}"),
        "Ünïcode % \u{202e}".into(),
        "x".repeat(500),
    ];
    for (name, last) in names.iter().zip(2..) {
        assert_eq!(bench.guesser(last).sign_in(name, "red-kettle"), 401, "{name}");
    }
    let lines = bench.lines(names.len());
    assert!(lines.iter().all(|line| line.is_ascii() && line.len() < 600), "{lines:#?}");
    let own: Vec<_> = (2..).take(names.len()).map(|last| loopback(last).to_string()).collect();
    assert_eq!(bench.found(), own);
}

#[test]
fn a_challenge_a_stale_nonce_and_a_right_password_leave_no_trace() {
    let (bench, other) = (Bench::start(), Bench::start());
    let (mut phone, foreign) = (bench.guesser(2), other.guesser(2).challenge());
    let challenge = phone.challenge();
    assert_eq!(phone.answer(&challenge, "1001", "blue-kettle", "1001"), 200);
    assert_eq!(phone.answer(&challenge, "1001", "blue-kettle", "1001"), 401, "it serves once with each count");
    assert_eq!(phone.answer(&foreign, "1001", "red-kettle", "1001"), 401);
    // The log is in order, so the first line shows that there was none before.
    assert_eq!(phone.sign_in("1002", "red-kettle"), 401);
    let lines = bench.lines(1);
    assert!(lines[0].contains(r#"AccountID="1002""#), "{lines:?}");
}

#[test]
fn who_signs_in_and_asks_for_the_extension_of_another_is_found() {
    let bench = Bench::start();
    let mut phone = bench.guesser(2);
    let challenge = phone.challenge();
    assert_eq!(phone.answer(&challenge, "1001", "blue-kettle", "1002"), 403);
    let lines = bench.lines(1);
    assert!(lines[0].contains(r#"SecurityEvent="FailedACL""#) && lines[0].contains(r#"AccountID="1001""#), "{lines:?}");
    assert_eq!(bench.found(), ["127.0.0.2"]);
}

#[test]
fn who_was_banned_by_address_is_found_by_our_own_filter() {
    let bench = Bench::start();
    let filter = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/fail2ban/filter.d/warden.conf");
    let mut guesser = bench.guesser(2);
    for _ in 0..4 {
        assert_eq!(guesser.sign_in("1001", "red-kettle"), 401);
    }
    bench.lines(4);
    assert_eq!(bench.found_by(&filter), [""; 0]);
    guesser.sign_in("1001", "red-kettle");
    bench.lines(6);
    assert_eq!((bench.found_by(&filter), bench.found().len()), (vec!["127.0.0.2".to_owned()], 6));
    // With a phone at home only the user name is banned, and the filter leaves the address alone.
    let mut home = bench.guesser(3);
    assert_eq!(home.sign_in("1002", "green-kettle"), 200);
    for _ in 0..5 {
        home.sign_in("1001", "red-kettle");
    }
    bench.lines(12);
    assert_eq!(bench.found_by(&filter), ["127.0.0.2"]);
}

//! The same packets through libsrtp2, which most phones and browsers have: both directions, every suite.

#![expect(clippy::disallowed_methods, clippy::disallowed_types, reason = "the other implementation is a program")]
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "what is wrong here fails the test")]

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use warden_media::rtp::Fields;
use warden_media::srtp::{MAX_GROWTH, MAX_MASTER_LEN, MasterKey, Receiver, Sender, SrtpError, Suite};

/// libsrtp2 in a process of its own.
struct Oracle {
    process: Child,
    requests: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Oracle {
    /// `name` keeps tests that run at the same time apart.
    fn start(name: &str) -> Self {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle/srtp.c");
        let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("srtp-oracle-{name}"));
        let built =
            Command::new("cc").arg("-o").arg(&program).arg(source).args(["-Wall", "-Werror", "-lsrtp2"]).status();
        assert!(
            built.is_ok_and(|status| status.success()),
            "needs a C compiler and libsrtp2-dev: scripts/need.sh test"
        );
        let mut process = Command::new(program).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (requests, answers) = (process.stdin.take(), BufReader::new(process.stdout.take().unwrap()));
        Self { process, requests, answers }
    }

    fn ask(&mut self, request: &str) -> String {
        writeln!(self.requests.as_mut().unwrap(), "{request}").unwrap();
        let mut answer = String::new();
        self.answers.read_line(&mut answer).unwrap();
        answer.trim_end().into()
    }

    fn begin(&mut self, suite: Suite, key: &[u8]) {
        assert_eq!(self.ask(&format!("key {} {}", suite.name(), hex(key))), "ok", "{suite:?}");
    }

    /// What comes of a packet; nothing when it is refused.
    fn does(&mut self, deed: &str, packet: &[u8]) -> Option<Vec<u8>> {
        let answer = self.ask(&format!("{deed} {}", hex(packet)));
        (!answer.starts_with("error")).then(|| bytes(&answer))
    }
}

impl Drop for Oracle {
    fn drop(&mut self) {
        drop(self.requests.take()); // it ends with its input
        self.process.wait().unwrap();
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

fn bytes(hex: &str) -> Vec<u8> {
    hex.as_bytes().chunks(2).map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

/// Key and salt that are different for every suite.
fn master(suite: Suite) -> Vec<u8> {
    let seed = u8::try_from(suite.name().len() + suite.key_len()).unwrap();
    (0..MAX_MASTER_LEN).map(|at| seed.wrapping_mul(37).wrapping_add(u8::try_from(at * 11 % 256).unwrap())).collect()
}

fn begin(oracle: &mut Oracle, suite: Suite) -> (Sender, Receiver) {
    let master = &master(suite)[..suite.master_len()];
    oracle.begin(suite, master);
    let key = MasterKey::new(suite, master).unwrap();
    (Sender::new(&key).unwrap(), Receiver::new(&key).unwrap())
}

/// Packets of every kind of header and many lengths, also without a payload.
fn packet(ssrc: u32, sequence: u16) -> Vec<u8> {
    let mut packet = vec![0; 12 + 4 * usize::from(sequence % 3)];
    Fields { marker: sequence.is_multiple_of(5), payload_type: 8, sequence, timestamp: 7, ssrc }.write(&mut packet);
    packet[0] |= u8::try_from(sequence % 3).unwrap();
    if sequence % 4 == 1 {
        packet[0] |= 0x10;
        packet.extend([0xBE, 0xDE, 0, 1, 0x10, 0xFF, 0, 0]);
    }
    let payload =
        (0..usize::from(sequence % 200)).map(|at| u8::try_from((at * 7 + usize::from(sequence)) % 256).unwrap());
    packet.extend(payload);
    packet
}

fn report(ssrc: u32, words: u16) -> Vec<u8> {
    let mut report = vec![0x80, 201, 0, 1];
    report.extend(ssrc.to_be_bytes());
    if words > 0 {
        report.extend([0x81, 204]);
        report.extend(words.to_be_bytes());
        report.extend((0..4 * words).map(|at| u8::try_from(at % 256).unwrap()));
    }
    report
}

fn sealed(sender: &mut Sender, packet: &[u8]) -> Option<Vec<u8>> {
    let mut sealed = [packet, &[0; MAX_GROWTH]].concat();
    let len = sender.protect(&mut sealed, packet.len())?;
    Some(sealed[..len].to_vec())
}

fn sealed_report(sender: &mut Sender, packet: &[u8]) -> Option<Vec<u8>> {
    let mut sealed = [packet, &[0; MAX_GROWTH]].concat();
    let len = sender.protect_rtcp(&mut sealed, packet.len())?;
    Some(sealed[..len].to_vec())
}

fn opened(receiver: &mut Receiver, packet: &[u8]) -> Option<Vec<u8>> {
    let mut opened = packet.to_vec();
    let len = receiver.unprotect(&mut opened).ok()?;
    Some(opened[..len].to_vec())
}

fn opened_report(receiver: &mut Receiver, packet: &[u8]) -> Result<Vec<u8>, SrtpError> {
    let mut opened = packet.to_vec();
    let len = receiver.unprotect_rtcp(&mut opened)?;
    Ok(opened[..len].to_vec())
}

/// Sequence numbers of two streams in turn: over the end, doubled, out of order, with gaps, and far too late.
fn course() -> Vec<(u32, u16)> {
    let mut course = Vec::new();
    for step in 0..600u32 {
        let number = 65_000 + step * 111; // over the end twice
        for late in [0, 3, 1, 2, 1, 200] {
            course.push((1 + step % 2, u16::try_from((number + 3 - late.min(number)) % 65_536).unwrap()));
        }
    }
    course
}

#[test]
fn what_we_protect_is_the_same_and_is_opened_as_by_libsrtp() {
    let mut oracle = Oracle::start("rtp");
    for suite in Suite::ALL {
        let (mut sender, mut receiver) = begin(&mut oracle, suite);
        let mut taken = 0;
        for (ssrc, sequence) in course() {
            let plain = packet(ssrc, sequence);
            let (ours, theirs) = (sealed(&mut sender, &plain), oracle.does("protect", &plain));
            assert_eq!(ours, theirs, "{suite:?} {ssrc} {sequence}");
            let Some(packet) = ours else { continue };
            let (ours, theirs) = (opened(&mut receiver, &packet), oracle.does("unprotect", &packet));
            assert_eq!((ours.as_ref(), theirs.as_ref()), (Some(&plain), Some(&plain)), "{suite:?} {ssrc} {sequence}");
            assert_eq!((opened(&mut receiver, &packet), oracle.does("unprotect", &packet)), (None, None));
            taken += 1;
        }
        assert!(taken > 1800, "{suite:?} {taken}");
    }
}

#[test]
fn loss_and_disorder_on_the_way_are_judged_as_by_libsrtp() {
    let mut oracle = Oracle::start("way");
    for suite in Suite::ALL {
        let (mut sender, mut receiver) = begin(&mut oracle, suite);
        let sent: Vec<_> = (0..4000u32)
            .filter_map(|number| sealed(&mut sender, &packet(5, u16::try_from((65_300 + number) % 65_536).unwrap())))
            .collect();
        // A walk that jumps back and ahead, over the end of the sequence numbers.
        let (mut at, mut random, mut taken, mut refused) = (0usize, 1u32, 0, 0);
        while at < sent.len() {
            let (ours, theirs) = (opened(&mut receiver, &sent[at]), oracle.does("unprotect", &sent[at]));
            assert_eq!(ours, theirs, "{suite:?} {at}");
            *(if ours.is_some() { &mut taken } else { &mut refused }) += 1;
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let ahead = [1, 2, 3, 5, 40, 140, 300, 1][random as usize >> 29];
            at = if random & 0x0100_0000 == 0 { at + ahead } else { at.saturating_sub(ahead * 3 / 4) + 1 };
        }
        assert!(taken > 100 && refused > 20, "{suite:?} {taken} {refused}");
    }
}

#[test]
fn reports_are_the_same_and_are_opened_as_by_libsrtp() {
    let mut oracle = Oracle::start("rtcp");
    for suite in Suite::ALL {
        let (mut sender, mut receiver) = begin(&mut oracle, suite);
        let mut sent = Vec::new();
        for words in 0..150u16 {
            let plain = report(9, words % 50);
            let packet = sealed_report(&mut sender, &plain).unwrap();
            assert_eq!(Some(&packet), oracle.does("protect_rtcp", &plain).as_ref(), "{suite:?}");
            sent.push((packet, plain));
        }
        for at in [3, 1, 2, 0, 149, 20, 22, 21, 60, 148] {
            let (packet, plain) = &sent[at];
            let expected = Some(plain.clone()).filter(|_| at != 20 && at != 21); // 128 and more before the highest
            assert_eq!(opened_report(&mut receiver, packet).ok(), expected, "{suite:?} {at}");
            assert_eq!(oracle.does("unprotect_rtcp", packet), expected, "{suite:?} {at}");
            assert_eq!(opened_report(&mut receiver, packet), Err(SrtpError::Replayed), "{suite:?} {at}");
            assert_eq!(oracle.does("unprotect_rtcp", packet), None);
        }
    }
}

#[test]
fn a_change_of_any_byte_is_refused_by_both() {
    let mut oracle = Oracle::start("forged");
    for suite in Suite::ALL {
        let (mut sender, mut receiver) = begin(&mut oracle, suite);
        let packet = sealed(&mut sender, &packet(5, 1005)).unwrap();
        for at in 0..packet.len() {
            let mut changed = packet.clone();
            changed[at] ^= 0x40;
            assert_eq!((opened(&mut receiver, &changed), oracle.does("unprotect", &changed)), (None, None), "{at}");
        }
        assert_eq!(opened(&mut receiver, &packet), oracle.does("unprotect", &packet));
    }
}

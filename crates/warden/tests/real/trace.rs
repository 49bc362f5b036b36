//! What calls were made of: shown while they last, kept when they fail, copied to a collector.

use std::fs;
use std::net::{Ipv4Addr, UdpSocket};
use std::os::unix::fs::PermissionsExt;
use std::process::Output;
use std::time::Duration;

use crate::support::{PASSWORD, Warden, connect, phone, poll, server};

fn text(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn has_all(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "no {part:?} in\n{text}");
    }
}

#[test]
fn a_call_that_fails_can_be_looked_at_at_once_and_after_the_server_has_stopped() {
    let mut server = server();
    let mut alice = phone(&server, "1001", 440);
    alice.dial("1002");
    let record = poll(10, || server.records().pop()).expect("a record");
    let id = record["id"].as_str().unwrap();
    let reasons = [
        "1001 is at 127.0.0.1:",
        "1001 → warden  INVITE",
        "warden → 1001    401 Unauthorized",
        "1001 (Phone 1001) dialled 1002 from 127.0.0.1:",
        "the call goes to extension 1002",
        "the call is over: no phone of this extension is registered; the caller was told 480",
        "warden → 1001    480",
        "1001 → warden  ACK",
    ];
    has_all(&text(&server.command(&["trace", id])), &reasons);
    // It is written when its last words have been waited for.
    for asked in [&["trace"][..], &["trace", "--extension", "1001"], &["trace", "--extension", "1002"]] {
        has_all(&text(&server.command(asked)), &[id, "1001 (Phone 1001) dialled 1002", "no phone of this extension"]);
    }
    let nobody = text(&server.command(&["trace", "--extension", "1003"]));
    assert_eq!(nobody, "no call of 1003 that failed is kept\n");
    let directory = server.config().with_file_name("var/traces");
    let path = directory.join(format!("{id}.json"));
    let kept = poll(15, || fs::read_to_string(&path).ok()).expect("it is kept");
    assert!(kept.contains("Authorization: Digest ***") && !kept.contains("response="), "{kept}");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let listed = text(&server.command(&["trace"]));
    assert_eq!(listed.matches(id).count(), 1, "once, from memory and disk\n{listed}");
    server.stop();

    has_all(&text(&server.command(&["trace", "--extension", "1002"])), &[id]);
    let capture = server.config().with_file_name("call.pcap");
    let shown = text(&server.command(&["trace", id, "--pcap", capture.to_str().unwrap()]));
    has_all(&shown, &reasons);
    let capture = fs::read(capture).unwrap();
    assert_eq!(capture[..4], [0xD4, 0xC3, 0xB2, 0xA1]);
    assert!(capture.windows(11).any(|bytes| bytes == b"SIP/2.0 480"));
    has_all(&text(&server.command(&["trace"])), &[id, "1001 (Phone 1001) dialled 1002", "no phone of this extension"]);
    let unknown = server.command(&["trace", "0000000000000000"]);
    assert_eq!(unknown.status.code(), Some(1));
    has_all(&String::from_utf8(unknown.stderr).unwrap(), &["nothing is kept of call 0000000000000000"]);
}

#[test]
fn a_call_under_way_is_shown_as_far_as_it_has_come_and_one_that_ends_well_leaves_no_file() {
    let mut server = server();
    let (mut alice, mut bob) = (phone(&server, "1001", 440), phone(&server, "1002", 1000));
    connect(&mut alice, &mut bob, "1002");
    let id = server.calls()[0]["id"].as_str().unwrap().to_owned();
    let shown = text(&server.command(&["trace", &id]));
    has_all(
        &shown,
        &["warden → 1002    INVITE 1 + sdp", "a phone of 1002 rings", "1002 (Phone 1002) answered from 127.0.0.1:"],
    );
    has_all(&shown, &["1002 → warden  200", "warden → 1001    200", "1001 → warden  ACK"]);
    assert!(!shown.contains("the call is over"), "{shown}");
    alice.hang_up();
    assert!(bob.call_ended().is_some());
    let ended = |text: &String| text.contains("hung up by the caller") && text.contains("packets of PCM");
    let shown = poll(10, || Some(text(&server.command(&["trace", &id]))).filter(ended)).expect("its end is shown");
    has_all(&shown, &["1001 → warden  BYE", "warden → 1002    BYE", "from the caller came"]);
    server.stop();
    assert_eq!(fs::read_dir(server.config().with_file_name("var/traces")).unwrap().count(), 0);
    assert_eq!(text(&server.command(&["trace"])), "no call that failed is kept\n");
}

#[test]
fn a_collector_gets_every_message_with_its_call_and_how_the_call_sounded() {
    let collector = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    collector.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let address = collector.local_addr().unwrap();
    let extensions = ["1001", "1002"].map(|number| (number, PASSWORD));
    let capture = format!("capture:\n  failed_calls: off\n  hep: {{ address: '{address}', id: 77 }}\n");
    let server = Warden::start_with(&extensions, |text| text + &capture);
    let (mut alice, mut bob) = (phone(&server, "1001", 440), phone(&server, "1002", 1000));
    connect(&mut alice, &mut bob, "1002");
    assert!(alice.hears_only(1000));
    let id = server.calls()[0]["id"].as_str().unwrap().to_owned();
    alice.hang_up();

    let mut packets = Vec::new();
    let mut space = vec![0; 65_535];
    while packets.iter().filter(|packet: &&Vec<u8>| chunk(packet, 11) == Some(&[5])).count() < 2 {
        let length = collector.recv(&mut space).expect("another packet in time");
        packets.push(space[..length].to_vec());
    }
    assert!(packets.iter().all(|packet| chunk(packet, 12) == Some(&[0, 0, 0, 77])));
    let of_the_call: Vec<_> = packets.iter().filter(|packet| chunk(packet, 17) == Some(id.as_bytes())).collect();
    let has =
        |start: &str| of_the_call.iter().any(|it| chunk(it, 15).is_some_and(|it| it.starts_with(start.as_bytes())));
    for start in ["INVITE ", "SIP/2.0 180", "SIP/2.0 200", "ACK ", "BYE ", "{"] {
        assert!(has(start), "no {start}");
    }
    let registers = packets.iter().filter_map(|packet| chunk(packet, 15)).filter(|it| it.starts_with(b"REGISTER "));
    let registers: Vec<_> = registers.map(String::from_utf8_lossy).collect();
    assert!(registers.len() >= 4 && registers.iter().all(|it| !it.contains("response=")), "{registers:?}");
    let report = of_the_call.iter().rev().find(|packet| chunk(packet, 11) == Some(&[5])).unwrap();
    let report: serde_json::Value = serde_json::from_slice(chunk(report, 15).unwrap()).unwrap();
    assert!(report["codec"] == "PCMU" && report["packets"].as_u64() > Some(10), "{report}");
}

/// The value of the chunk of this type.
fn chunk(packet: &[u8], kind: u16) -> Option<&[u8]> {
    let mut rest = packet.strip_prefix(b"HEP3")?.get(2..)?;
    while let [0, 0, k0, k1, l0, l1, ..] = *rest {
        let length = usize::from(u16::from_be_bytes([l0, l1]));
        if u16::from_be_bytes([k0, k1]) == kind {
            return rest.get(6..length);
        }
        rest = rest.get(length..)?;
    }
    None
}

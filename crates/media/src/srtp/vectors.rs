//! What the RFCs print: keys, key streams and packets.

use super::counter::CounterMode;
use super::derive::{Label, Stream, derive};
use super::galois::GaloisMode;
use super::transform::{Keys, Number, Transform};
use super::{MasterKey, Receiver, Sender, SrtpError, Suite};

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    digits.chunks(2).map(byte).collect()
}

fn derived(suite: Suite, master: &str, stream: Stream, label: Label, len: usize) -> Vec<u8> {
    let master = MasterKey::new(suite, &hex(master)).unwrap();
    derive(&master, stream, label, len).unwrap()[..len].to_vec()
}

#[test]
fn session_keys_are_those_of_rfc_3711_b_3() {
    let master = "E1F97A0D3E018BE0D64FA32C06DE4139 0EC675AD498AFEEBB6960B3AABE6";
    let key = |label, len| derived(Suite::AesCm128HmacSha1_80, master, Stream::Rtp, label, len);
    assert_eq!(key(Label::Encryption, 16), hex("C61E7A93744F39EE10734AFE3FF7A087"));
    assert_eq!(key(Label::Salt, 14), hex("30CBBC08863D8C85D49DB34A9AE1"));
    let authentication = "CEBE321F6FF7716B6FD4AB49AF256A15 6D38BAA48F0A0ACF3C34E2359E6CDBCE";
    assert_eq!(key(Label::Authentication, 32), hex(authentication));
}

#[test]
fn session_keys_of_256_bits_are_those_of_rfc_6188_7_2() {
    let master = "f0f04914b513f2763a1b1fa130f10e2998f6f6e43e4309d1e622a0e332b9f1b6 3b04803de51ee7c96423ab5b78d2";
    let key = |label, len| derived(Suite::Aes256CmHmacSha1_80, master, Stream::Rtp, label, len);
    let encryption = "5ba1064e30ec51613cad926c5a28ef731ec7fb397f70a960653caf06554cd8c4";
    assert_eq!(key(Label::Encryption, 32), hex(encryption));
    assert_eq!(key(Label::Salt, 14), hex("fa31791685ca444a9e07c6c64e93"));
    assert_eq!(key(Label::Authentication, 20), hex("fd9c32d39ed5fbb5a9dc96b30818454d1313dc05"));
}

/// The key stream of packet 0 of SSRC 0.
fn key_stream(key: &str, len: usize) -> Vec<u8> {
    let salt = *hex("f0f1f2f3f4f5f6f7f8f9fafbfcfd0000").first_chunk().unwrap();
    let mode = CounterMode::from_session_keys(&hex(key), salt, &[0; 20], 10).unwrap();
    let mut stream = vec![0; len];
    mode.apply(&mut stream, Number { ssrc: 0, index: 0 }).unwrap();
    stream
}

#[test]
fn the_key_stream_is_that_of_rfc_3711_b_2() {
    let stream = key_stream("2B7E151628AED2A6ABF7158809CF4F3C", 0xFF02 * 16);
    let first = "E03EAD0935C95E80E166B16DD92B4EB4 D23513162B02D0F72A43A2FE4A5F97AB 41E95B3BB0A2E8DD477901E4FCA894C0";
    assert_eq!(stream[..48], hex(first));
    let last = "EC8CDF7398607CB0F2D21675EA9EA1E4 362B7C3C6773516318A077D7FC5073AE 6A2CC3787889374FBEB4C81B17BA6C44";
    assert_eq!(stream[0xFEFF * 16..], hex(last));
}

#[test]
fn the_key_stream_of_256_bits_is_that_of_rfc_6188_7_1() {
    let stream = key_stream("57f82fe3613fd170a85ec93c40b1f0922ec4cb0dc025b58272147cc438944a98", 48);
    let first = "92bdd28a93c3f52511c677d08b5515a4 9da71b2378a854f67050756ded165bac 63c4868b7096d88421b563b8c94c9a31";
    assert_eq!(stream, hex(first));
}

const RTP: &str = "8040f17b 8041f8d3 5501a0b2 47616c6c 69612065 7374206f 6d6e6973 20646976 69736120 696e2070
    61727465 73207472 6573";
const RTCP: &str = "81c8000d 4d617273 4e545031 4e545032 52545020 0000042a 0000e930 4c756e61 deadbeef deadbeef
    deadbeef deadbeef deadbeef";
const REPORT: u32 = 0x5d4;

fn galois(key_len: u8) -> Transform {
    let key: Vec<u8> = (0..key_len).collect();
    let salt = *hex("517569642070726f2071756f").first_chunk().unwrap();
    Transform::Galois(GaloisMode::from_session_keys(&key, salt).unwrap().into())
}

fn keys(key_len: u8) -> Keys {
    Keys { rtp: galois(key_len), rtcp: galois(key_len) }
}

fn sender(key_len: u8) -> Sender {
    Sender::with_keys(keys(key_len))
}

fn receiver(key_len: u8) -> Receiver {
    Receiver::with_keys(keys(key_len))
}

#[test]
fn packets_are_those_of_rfc_7714_16() {
    let sealed_128 = "8040f17b 8041f8d3 5501a0b2 f24de3a3 fb34de6c acba861c 9d7e4bca be633bd5 0d294e6f 42a5f47a
        51c7d19b 36de3adf 8833 899d7f27 beb16a91 52cf765e e4390cce";
    let sealed_256 = "8040f17b 8041f8d3 5501a0b2 32b1de78 a822fe12 ef9f78fa 332e33aa b1801238 9a58e2f3 b50b2a02
        76ffae0f 1ba63799 b87b 7aa3db36 dfffd6b0 f9bb7878 d7a76c13";
    for (key_len, sealed) in [(16, hex(sealed_128)), (32, hex(sealed_256))] {
        let mut packet = [hex(RTP), vec![0; 16]].concat();
        assert_eq!(sender(key_len).protect(&mut packet, hex(RTP).len()), Some(sealed.len()));
        assert_eq!(packet, sealed);
        let len = receiver(key_len).unprotect(&mut packet).unwrap();
        assert_eq!(packet[..len], hex(RTP));
    }
}

#[test]
fn reports_are_those_of_rfc_7714_17() {
    let sealed_128 = "81c8000d 4d617273 63e94885 dcdab67c a727d766 2f6b7e99 7ff5c0f7 6c06f32d c676a5f1 730d6fda
        4ce09b46 86303ded 0bb9275b c84aa458 96cf4d2f c5abf872 45d9eade 800005d4";
    let sealed_256 = "81c8000d 4d617273 d50ae4d1 f5ce5d30 4ba297e4 7d470c28 2c3ece5d bffe0a50 a2eaa5c1 110555be
        8415f658 c61de047 6f1b6fad 1d1eb30c 4446839f 57ff6f6c b26ac3be 800005d4";
    for (key_len, sealed) in [(16, hex(sealed_128)), (32, hex(sealed_256))] {
        let mut packet = [hex(RTCP), vec![0; 20]].concat();
        let mut sender = sender(key_len);
        sender.skip_reports_to(REPORT);
        assert_eq!(sender.protect_rtcp(&mut packet, hex(RTCP).len()), Some(sealed.len()));
        assert_eq!(packet, sealed);
        let len = receiver(key_len).unprotect_rtcp(&mut packet).unwrap();
        assert_eq!(packet[..len], hex(RTCP));
    }
}

#[test]
fn a_report_that_is_authenticated_only_is_taken_as_in_rfc_7714_17_3() {
    let behind = "841dd968 3dd78ec9 2ae58790 125f62b3 000005d4";
    let sealed = [hex(RTCP), hex(behind)].concat();
    let len = receiver(16).unprotect_rtcp(&mut sealed.clone()).unwrap();
    assert_eq!(len, hex(RTCP).len());
    for at in 0..sealed.len() {
        let mut changed = sealed.clone();
        changed[at] ^= 1;
        assert!(receiver(16).unprotect_rtcp(&mut changed).is_err(), "byte {at}");
    }
}

#[test]
fn a_key_ends_with_the_last_number_of_its_reports() {
    let mut sender = sender(16);
    sender.skip_reports_to((1 << 31) - 1);
    let mut packet = [0; 100];
    packet[..52].copy_from_slice(&hex(RTCP));
    let len = sender.protect_rtcp(&mut packet, 52).unwrap();
    assert_eq!(receiver(16).unprotect_rtcp(&mut packet[..len]), Ok(52));
    packet[..52].copy_from_slice(&hex(RTCP));
    assert_eq!(sender.protect_rtcp(&mut packet, 52), None);
    assert_eq!(receiver(16).unprotect_rtcp(&mut packet[..27]), Err(SrtpError::Malformed));
}

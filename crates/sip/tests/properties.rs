//! Values of headers and URIs: what was read and is printed again reads as the same.
//!
//! Whole messages are in `message_properties.rs`.

#![expect(clippy::expect_used, reason = "a pattern that is wrong fails the test")]

use proptest::prelude::*;
use warden_sip::grammar::Commas;
use warden_sip::header::{AuthParams, CSeq, NameAddr, Params, Replaces, SessionExpires, Via, print_quoted, unquote};
use warden_sip::print::Print;
use warden_sip::uri::{HostPort, Uri, print_escaped_user, unescape};

const TOKEN: &str = "[a-zA-Z0-9.!%*_+`'~-]{1,12}";
const QUOTED: &str = r#""([a-z ;,=<>@:é]|\\"|\\\\){0,12}""#;

fn matching(pattern: &str) -> impl Strategy<Value = String> + use<> {
    proptest::string::string_regex(pattern).expect("a regular expression")
}

fn host() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-zA-Z0-9]([a-zA-Z0-9_-]{0,8}[.]){0,3}[a-zA-Z]{1,5}[.]?",
        any::<std::net::Ipv4Addr>().prop_map(|address| address.to_string()),
        any::<std::net::Ipv6Addr>().prop_map(|address| format!("[{address}]")),
    ]
}

fn host_port() -> impl Strategy<Value = String> {
    (host(), proptest::option::of(any::<u16>())).prop_map(|(host, port)| match port {
        Some(port) => format!("{host}:{port}"),
        None => host,
    })
}

/// `;name`, `;name=token` or `;name="text"`, with and without white space.
fn params() -> impl Strategy<Value = String> {
    let value =
        prop_oneof![Just(String::new()), matching(&format!(" ?= ?{TOKEN}")), matching(&format!("=\r\n {QUOTED}"))];
    let param = (TOKEN, value).prop_map(|(name, value)| format!(";{name}{value}"));
    proptest::collection::vec(param, 0..4).prop_map(|params| params.concat())
}

fn uri() -> impl Strategy<Value = String> {
    let userinfo = proptest::option::of("[a-zA-Z0-9_.!~*'()&=+$,;?/%#-]{1,10}(:[a-z0-9&=+$,]{0,6})?");
    let param = "(;[a-zA-Z0-9_.%-]{1,8}(=[a-zA-Z0-9_.%:&+$-]{1,8})?){0,3}";
    let headers = proptest::option::of("[A-Za-z]{1,5}=[a-z0-9%]{0,5}(&[a-z]{1,3}=[a-z]{1,3})?");
    let sip =
        ("sips?|SIP", userinfo, host_port(), param, headers).prop_map(|(scheme, userinfo, host, params, headers)| {
            let userinfo = userinfo.map(|text| text + "@").unwrap_or_default();
            let headers = headers.map(|text| format!("?{text}")).unwrap_or_default();
            format!("{scheme}:{userinfo}{host}{params}{headers}")
        });
    prop_oneof![4 => sip, 1 => "tel:[+]?[0-9][0-9().*#-]{0,12}(;ext=[0-9]{1,4})?(;phone-context=[+a-z0-9.]{1,8})?"]
}

/// Anything at all, but made of the characters that the grammar turns on.
fn junk() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![
        5 => proptest::sample::select(b" \t\r\n\"\\<>;,=:@?[]/%*.-_sipabt019".to_vec()),
        1 => any::<u8>()
    ];
    proptest::collection::vec(byte, 0..40)
}

proptest! {
    #[test]
    fn a_uri_prints_as_it_was_read(text in uri()) {
        let read = Uri::parse(text.as_bytes()).expect("generated from the grammar");
        let printed = read.printed();
        prop_assert_eq!(Uri::parse(&printed), Ok(read));
        prop_assert!(read.is_equivalent(&read));
    }

    #[test]
    fn a_host_prints_as_it_was_read(text in host_port()) {
        let read = HostPort::parse(text.as_bytes()).expect("generated from the grammar");
        let printed = read.printed();
        prop_assert_eq!(HostPort::parse(&printed), Ok(read));
    }

    #[test]
    fn parameters_are_all_found_in_order(pairs in proptest::collection::vec((TOKEN, proptest::option::of(TOKEN)), 1..6)) {
        let written: Vec<_> = pairs.iter().map(|(name, value)| match value {
            Some(value) => format!("{name}={value}"),
            None => name.clone(),
        }).collect();
        let text = written.join(" ; ");
        let params = Params::new(text.as_bytes());
        prop_assert!(params.are_well_formed());
        let found: Vec<_> = params.iter().map(|param| (param.name, param.value)).collect();
        let expected: Vec<_> =
            pairs.iter().map(|(name, value)| (name.as_bytes(), value.as_ref().map(String::as_bytes))).collect();
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn a_via_prints_as_it_was_read(host in host_port(), params in params(), transport in TOKEN, gap in " |  |\r\n ") {
        let text = format!("SIP{gap}/2.0/{gap}{transport}{gap}{host}{params}");
        let read = Via::parse(text.as_bytes()).expect("generated from the grammar");
        let printed = read.printed();
        prop_assert_eq!(Via::parse(&printed), Ok(read));
    }

    #[test]
    fn an_address_prints_as_it_was_read(
        display in prop_oneof![Just(String::new()), matching(&format!("{TOKEN}( {TOKEN})?")), QUOTED],
        uri in uri(),
        params in params(),
    ) {
        let text = format!("{display} <{uri}>{params}");
        let read = NameAddr::parse(text.as_bytes()).expect("generated from the grammar");
        let printed = read.printed();
        let again = NameAddr::parse(&printed).expect("printed");
        prop_assert_eq!((again.name(), again.uri_text, again.params), (read.name(), read.uri_text, read.params));
        prop_assert_eq!(read.uri_text, uri.as_bytes());
    }

    #[test]
    fn a_cseq_prints_as_it_was_read(sequence in 0u32..1 << 31, method in TOKEN) {
        let text = format!("{sequence} {method}");
        let read = CSeq::parse(text.as_bytes()).expect("generated from the grammar");
        prop_assert_eq!((read.sequence, read.method_name, read.printed()), (sequence, method.as_bytes(), text.clone().into_bytes()));
    }

    #[test]
    fn a_session_interval_prints_as_it_was_read(interval in any::<u32>(), refresher in "(;refresher=ua[cs])?", other in params()) {
        let read = SessionExpires::parse(format!("{interval}{refresher}{other}").as_bytes()).expect("valid");
        prop_assert_eq!(read.interval_s, interval);
        prop_assert_eq!(SessionExpires::parse(&read.printed()), Ok(read));
    }

    #[test]
    fn quoting_and_escaping_keep_every_character(text in "[^\\p{Cc}]{0,20}", user in any::<Vec<u8>>()) {
        let (mut quoted, mut escaped) = (Vec::new(), Vec::new());
        print_quoted(text.as_bytes(), &mut quoted);
        prop_assert_eq!(unquote(&quoted), text.as_bytes());
        print_escaped_user(&user, &mut escaped);
        prop_assert_eq!(&*unescape(&escaped), &user[..]);
    }

    #[test]
    fn list_members_are_found_whatever_they_hold(members in proptest::collection::vec(matching(&format!("{TOKEN}|{QUOTED}|<[a-z,;]{{0,6}}>")), 1..6)) {
        let text = members.join(" , ");
        let found: Vec<_> = Commas::new(text.as_bytes()).collect();
        prop_assert_eq!(found, members.iter().map(String::as_bytes).collect::<Vec<_>>());
    }

    #[test]
    fn any_uri_that_is_accepted_prints_as_it_was_read(text in junk(), scheme in "(sip:|sips:a@|tel:)?") {
        let text = [scheme.as_bytes(), &text].concat();
        if let Ok(uri) = Uri::parse(&text) {
            let printed = uri.printed();
            prop_assert_eq!(Uri::parse(&printed), Ok(uri));
        }
        if let Ok(host) = HostPort::parse(&text) {
            let printed = host.printed();
            prop_assert_eq!(HostPort::parse(&printed), Ok(host));
        }
    }

    #[test]
    fn any_header_that_is_accepted_prints_as_it_was_read(text in junk()) {
        let via = [b"SIP/2.0/UDP ", &text[..]].concat();
        if let Ok(via) = Via::parse(&via) {
            let printed = via.printed();
            prop_assert_eq!(Via::parse(&printed), Ok(via));
        }
        if let Ok(address) = NameAddr::parse(&text) {
            let printed = address.printed();
            let again = NameAddr::parse(&printed).expect("printed");
            prop_assert_eq!((again.uri_text, again.params), (address.uri_text, address.params));
        }
        let credentials = [b"Digest ", &text[..]].concat();
        if let Ok(credentials) = AuthParams::parse(&credentials) {
            prop_assert!(credentials.iter().all(|param| param.value.is_some()));
        }
        let session = SessionExpires::parse(&text);
        prop_assert_eq!(session.map(|it| SessionExpires::parse(&it.printed())), session.map(Ok));
        let tags = [&b"c;to-tag=1;from-tag="[..], &text].concat();
        for value in [&text, &tags] {
            if let Ok(replaces) = Replaces::parse(value) {
                let printed = replaces.printed();
                prop_assert_eq!(Replaces::parse(&printed), Ok(replaces));
            }
        }
    }
}

//! `dtmf:` and `extensions[].dtmf`.

use warden_config::{Dtmf, DtmfMethod};

use crate::read::{assert_problem, config, notes};

#[test]
fn every_key_of_dtmf_is_read() {
    let text = "dtmf:\n  method: \"auto\"\n  payload_type: 96\n  inband_detection: no\n  volume: -10\n";
    let read = config(text).dtmf;
    let expected = Dtmf { method: DtmfMethod::Auto, payload_type: 96, inband_detection: false, level_below_dbm0: 10 };
    assert_eq!(read, expected);
    assert_eq!(notes(text), [""; 0]);
    assert_eq!(config("dtmf:\n").dtmf, Dtmf::default());
    assert_eq!(config("dtmf: { volume: 0, method: sip_info }").dtmf.level_below_dbm0, 0);
}

#[test]
fn what_is_wrong_in_dtmf_is_named_with_its_place() {
    assert_problem("dtmf: { method: udp }", "1:17: dtmf.method: `udp` is none of rfc2833, sip_info, inband, auto");
    assert_problem("dtmf: { payload_type: 8 }", "1:23: dtmf.payload_type: `8` is not a whole number from 96 to 127");
    for volume in ["6", "-31", "-6.5", "loud"] {
        let expected = format!("1:17: dtmf.volume: `{volume}` is not a whole number of dB from -30 to 0");
        assert_problem(&format!("dtmf: {{ volume: {volume} }}"), &expected);
    }
}

#[test]
fn an_extension_may_have_a_method_of_its_own() {
    let text =
        |method: &str| format!("extensions:\n  - {{ number: '1001', name: Jane, password: blue-kettle{method} }}\n");
    assert_eq!(config(&text("")).extensions[0].dtmf, None);
    assert_eq!(config(&text(", dtmf: inband")).extensions[0].dtmf, Some(DtmfMethod::Inband));
}

//! `extensions:` and `e911_protection:`.

use warden_config::{Codec, Nat, Position, Srtp};

use crate::read::{assert_problem, config, notes, problems};

/// A file with one extension; `more` replaces or adds lines.
fn one(number: &str, name: &str, password: &str, more: &str) -> String {
    format!("extensions:\n  - number: {number}\n    name: {name}\n    password: {password}\n{more}")
}

fn with(more: &str) -> String {
    one("'1001'", "Jane", "blue-kettle", &format!("    {more}\n"))
}

#[test]
fn every_key_of_an_extension_is_read() {
    let more = "    email: jane@example.com\n    allow_external: yes\n    voicemail: off\n    \
                caller_id: 'Jane Smith <+12125551234>'\n    location_id: floor_3\n";
    let config = config(&one("'1001'", "Jane Smith", "blue-kettle", more));
    let [jane] = config.extensions.as_slice() else { panic!("{config:?}") };
    assert_eq!((jane.number.as_str(), jane.name.as_str()), ("1001", "Jane Smith"));
    assert_eq!(jane.password.expose(), "blue-kettle");
    assert_eq!(jane.email.as_deref(), Some("jane@example.com"));
    assert_eq!((jane.allow_external, jane.voicemail), (true, false));
    let caller_id = jane.caller_id.as_ref().unwrap();
    assert_eq!((caller_id.name.as_str(), caller_id.number.as_str()), ("Jane Smith", "+12125551234"));
    assert_eq!(jane.location_id.as_deref(), Some("floor_3"));
    assert_eq!(jane.position, Position { line: 2, column: 5 });
}

#[test]
fn an_extension_has_voicemail_and_no_outside_calls_unless_it_says_so() {
    let config = config(&with("email:"));
    let jane = &config.extensions[0];
    assert_eq!((jane.allow_external, jane.voicemail), (false, true));
    assert_eq!((&jane.email, &jane.caller_id, &jane.location_id), (&None, &None, &None));
}

#[test]
fn what_a_phone_says_of_its_addresses_is_believed_as_far_as_it_fits_unless_the_file_says_otherwise() {
    let nat = |more| config(&with(more)).extensions[0].nat;
    let said = ["nat:", "nat: auto", "nat: Always", "nat: never"].map(nat);
    assert_eq!(said, [Nat::Auto, Nat::Auto, Nat::Always, Nat::Never]);
    assert_problem(&with("nat: yes"), "5:10: extensions[1].nat: `yes` is none of auto, always, never");
}

#[test]
fn sound_is_encrypted_as_for_all_unless_the_extension_says_otherwise() {
    let srtp = |more| config(&with(more)).extensions[0].srtp;
    let said = ["srtp:", "srtp: off", "srtp: Optional", "srtp: required"].map(srtp);
    assert_eq!(said, [None, Some(Srtp::Off), Some(Srtp::Optional), Some(Srtp::Required)]);
    assert_problem(&with("srtp: always"), "5:11: extensions[1].srtp: `always` is none of off, optional, required");
    let security = |more: &str| config(&format!("security:\n  {more}\n")).security;
    assert_eq!(security("srtp:").srtp, Srtp::Optional);
    assert_eq!(security("srtp: required").srtp, Srtp::Required);
    assert!(!security("srtp: required").srtp_keys_over_plain_sip);
    assert!(security("srtp_keys_over_plain_sip: true").srtp_keys_over_plain_sip);
    assert_problem("security:\n  srtp: no\n", "2:9: security.srtp: `no` is none of off, optional, required");
}

#[test]
fn nobody_makes_a_phone_pick_up_who_is_not_listed() {
    assert_eq!(config(&with("nat: auto")).extensions[0].auto_answer, [""; 0]);
    assert_eq!(config(&with("auto_answer: [1000, '1002']")).extensions[0].auto_answer, ["1000", "1002"]);
    let expected = "5:19: extensions[1].auto_answer[1]: `all` is not a number of 1 to 15 digits";
    assert_problem(&with("auto_answer: [all]"), expected);
    assert_problem(&with("auto_answer: []"), "5:18: extensions[1].auto_answer: must have 1 to 64 extensions");
}

#[test]
fn a_number_is_1_to_15_digits() {
    for number in ["0", "1001", "123456789012345", "0100"] {
        assert_eq!(config(&one(number, "A", "blue-kettle", "")).extensions[0].number, number);
    }
    for number in ["jane", "*1001", "10 01", "+1001", "1001#", "-1", "1.5", "1234567890123456", "١٢٣"] {
        let expected = format!("2:13: extensions[1].number: `{number}` is not a number of 1 to 15 digits");
        assert_problem(&one(&format!("'{number}'"), "A", "blue-kettle", ""), &expected);
    }
}

#[test]
fn number_name_and_password_are_required() {
    let expected = ["1:16: extensions[1].number: is missing", "1:16: extensions[1].name: is missing"];
    assert_eq!(
        problems("extensions: [ {password: blue-kettle} ]")[..],
        expected.map(|line| line.replace("1:16", "1:15"))
    );
    assert_problem(&one("'1'", "", "blue-kettle", ""), "2:5: extensions[1].name: is missing");
    assert_problem("extensions: [{number: 1, name: A}]", "1:14: extensions[1].password: is missing");
    assert_problem(&one("'1'", "' '", "blue-kettle", ""), "3:11: extensions[1].name: is empty");
}

#[test]
fn a_password_has_8_to_128_characters_and_is_never_printed() {
    let expected = "4:15: extensions[1].password: must have 8 to 128 characters";
    for password in ["hunter2", "${SHORT}", &"x".repeat(129)] {
        assert_problem(&one("1001", "A", password, ""), expected);
    }
    let expected = "4:15: extensions[1].password: must be a single line without control characters";
    assert_problem(&one("1001", "A", "\"blue\\nkettle\"", ""), expected);
    let config = config(&one("1001", "A", "${PASSWORD}", ""));
    assert_eq!(config.extensions[0].password.expose(), "blue-kettle");
    assert!(!format!("{config:?}").contains("kettle"));
}

#[test]
fn an_email_address_has_one_at_sign_and_no_space() {
    for wrong in ["jane", "@example.com", "jane@", "jane smith@example.com", "a@b@c", "Jane <jane@example.com>"] {
        let expected = format!("5:12: extensions[1].email: `{wrong}` is not an e-mail address");
        assert_problem(&with(&format!("email: '{wrong}'")), &expected);
    }
}

#[test]
fn a_caller_id_is_a_name_with_a_number() {
    let expected = "5:16: extensions[1].caller_id: `Jane Smith` is not a name with a number, as in Jane Smith <1002>";
    assert_problem(&with("caller_id: Jane Smith"), expected);
}

#[test]
fn a_switch_is_true_or_false() {
    for (word, value) in [("true", true), ("Yes", true), ("ON", true), ("false", false), ("no", false), ("off", false)]
    {
        assert_eq!(config(&with(&format!("allow_external: {word}"))).extensions[0].allow_external, value, "{word}");
    }
    let expected = "5:21: extensions[1].allow_external: `sometimes` is neither true nor false";
    assert_problem(&with("allow_external: sometimes"), expected);
}

#[test]
fn an_unknown_key_of_an_extension_names_the_nearest() {
    let expected = "5:5: extensions[1]: unknown key `voice_mail`; did you mean `voicemail`?";
    assert_problem(&with("voice_mail: true"), expected);
}

#[test]
fn a_number_is_given_once() {
    let text = one("'1001'", "A", "blue-kettle", "  - number: 1001\n    name: B\n    password: blue-kettle\n");
    assert_problem(&text, "5:13: extensions[2].number: `1001` is already the extension on line 2");
}

#[test]
fn extensions_are_a_list_of_keys_with_values() {
    assert_problem("extensions: 1001", "1:13: extensions: expected a list, found a single value");
    assert_problem("extensions: [1001]", "1:14: extensions[1]: expected keys with values, found a single value");
    assert_problem("extensions: {'1001': Jane}", "1:13: extensions: expected a list, found keys with values");
    let expected = "3:11: extensions[1].name: expected a single value, found a list";
    assert_problem(&one("1001", "[Jane]", "blue-kettle", ""), expected);
}

#[test]
fn the_emergency_numbers_are_911_and_933_unless_others_are_written() {
    assert_eq!(config("").e911_protection.emergency_numbers, ["911", "933"]);
    let numbers = config("e911_protection: {emergency_numbers: [112, '15']}").e911_protection.emergency_numbers;
    assert_eq!(numbers, ["112", "15"]);
}

#[test]
fn an_emergency_number_is_2_to_15_digits_and_written_once() {
    let text = "e911_protection:\n  emergency_numbers: ['9-911', 112, 112, 1]\n";
    let expected = [
        "2:23: e911_protection.emergency_numbers[1]: `9-911` is not a number of 2 to 15 digits",
        "2:37: e911_protection.emergency_numbers[3]: `112` is written twice",
        "2:42: e911_protection.emergency_numbers[4]: `1` is not a number of 2 to 15 digits",
    ];
    assert_eq!(problems(text), expected);
    let expected = "1:38: e911_protection.emergency_numbers: must have at least one number";
    assert_problem("e911_protection: {emergency_numbers: []}", expected);
}

#[test]
fn an_extension_cannot_be_an_emergency_number() {
    let expected = "2:13: extensions[1].number: 911 is the emergency number";
    assert_problem(&one("'911'", "A", "blue-kettle", ""), expected);
    let text = one("112", "A", "blue-kettle", "e911_protection:\n  emergency_numbers:\n    - 15\n    - 112\n");
    assert_problem(&text, "2:13: extensions[1].number: 112 is the emergency number on line 8");
    let expected = "2:13: extensions[1].number: 9911 is the emergency number 911 dialled with a 9 before it";
    assert_problem(&one("9911", "A", "blue-kettle", ""), expected);
}

#[test]
fn an_extension_that_the_dialplan_does_not_ring_is_noted() {
    assert_eq!(notes(&one("1001", "A", "blue-kettle", "")), [""; 0]);
    let nobody = "2:13: extensions[1].number: no pattern of the dialplan has 2001, so nobody can call it";
    assert_eq!(notes(&one("2001", "A", "blue-kettle", "")), [nobody]);
    let patterns =
        "dialplan:\n  patterns:\n    - {pattern: '^20', action: reject}\n    - {pattern: '^[12]', action: extension}\n";
    assert_eq!(notes(&one("2101", "A", "blue-kettle", patterns)), [""; 0]);
    let refused = "2:13: extensions[1].number: dialplan.patterns[1] has 2001 for reject, so nobody can call it";
    assert_eq!(notes(&one("2001", "A", "blue-kettle", patterns)), [refused]);
}

#[test]
fn the_rest_of_the_emergency_section_is_not_built_yet() {
    let text = "e911_protection:\n  production_mode: false\n  location: {city: New York}\n";
    let expected = [
        "2:3: e911_protection.production_mode: not built yet, ignored",
        "3:3: e911_protection.location: not built yet, ignored",
    ];
    assert_eq!(notes(text), expected);
}

#[test]
fn an_extension_may_have_codecs_of_its_own() {
    assert_eq!(config(&with("nat: auto")).extensions[0].codecs, []);
    assert_eq!(config(&with("codecs: [pcma, Opus]")).extensions[0].codecs, [Codec::Pcma, Codec::Opus]);
    assert_problem(&with("codecs: []"), "5:13: extensions[1].codecs: must have at least one codec");
}

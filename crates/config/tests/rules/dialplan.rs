//! `dialplan:` and `codecs:`.

use warden_config::{Action, Codec, Position};

use crate::read::{assert_problem, config, notes, problems};

fn pattern(pattern: &str, action: &str) -> String {
    format!("dialplan:\n  patterns:\n    - pattern: {pattern}\n      action: {action}\n")
}

#[test]
fn patterns_keep_their_order_and_place() {
    let text = "dialplan:\n  patterns:\n    - {pattern: '^1[0-9]{3}$', action: extension}\n    \
                - {pattern: '^9', action: reject}\n    - {pattern: '^[2-9][0-9]{9}$', action: trunk, trunk: main}\n";
    let patterns = config(text).dialplan.patterns;
    let read: Vec<_> = patterns.iter().map(|entry| (entry.pattern.as_str(), entry.action)).collect();
    let expected = [("^1[0-9]{3}$", Action::Extension), ("^9", Action::Reject), ("^[2-9][0-9]{9}$", Action::Trunk)];
    assert_eq!(read, expected);
    assert_eq!(patterns[2].trunk.as_deref(), Some("main"));
    assert_eq!(patterns[1].position, Some(Position { line: 4, column: 7 }));
}

#[test]
fn without_patterns_a_thousand_numbers_are_extensions() {
    for text in ["", "dialplan:\n", "dialplan: {patterns: }\n"] {
        let patterns = config(text).dialplan.patterns;
        let [only] = patterns.as_slice() else { panic!("{text}") };
        assert_eq!((only.pattern.as_str(), only.action), ("^1[0-9]{3}$", Action::Extension));
        assert_eq!(only.position, None);
    }
    assert_eq!(config("dialplan: {patterns: []}").dialplan.patterns, []);
}

#[test]
fn an_action_that_is_not_built_keeps_its_place_and_gets_a_note() {
    for action in ["auto_attendant", "conference", "park", "queue", "voicemail", "trunk", "paging", "emergency"] {
        let text = pattern("'^0$'", action);
        let expected =
            format!("4:15: dialplan.patterns[1].action: {action} is not built yet: calls to these numbers are refused");
        assert_eq!(notes(&text), [expected]);
        let read = config(&text).dialplan.patterns[0].action;
        assert_eq!((read.name(), read.is_built()), (action, false));
    }
}

#[test]
fn an_unknown_action_names_the_nearest() {
    let found = problems(&pattern("'^0$'", "extention"));
    let expected = "4:15: dialplan.patterns[1].action: `extention` is none of extension, reject, auto_attendant, \
                    conference, park, queue, voicemail, trunk, paging, emergency; did you mean `extension`?";
    assert_eq!(found, [expected]);
}

#[test]
fn a_pattern_and_an_action_are_required() {
    assert_problem("dialplan: {patterns: [{action: reject}]}", "1:23: dialplan.patterns[1].pattern: is missing");
    assert_problem("dialplan: {patterns: [{pattern: '1'}]}", "1:23: dialplan.patterns[1].action: is missing");
}

#[test]
fn a_pattern_must_be_a_regular_expression() {
    let expected = "3:16: dialplan.patterns[1].pattern: `^(1` is not a regular expression: unclosed group";
    assert_problem(&pattern("'^(1'", "reject"), expected);
    let expected = "3:16: dialplan.patterns[1].pattern: is empty and would match every number; that is written '.*'";
    assert_problem(&pattern("''", "reject"), expected);
}

#[test]
fn a_pattern_of_unreasonable_size_is_refused() {
    let found = problems(&pattern("'[0-9]{60000}'", "reject"));
    assert!(found[0].contains("is not a regular expression: Compiled regex exceeds size limit"), "{found:?}");
    let deep = format!("'{}1{}'", "(".repeat(60), ")".repeat(60));
    let found = problems(&pattern(&deep, "reject"));
    assert!(found[0].contains("exceed the maximum number of nested parentheses"), "{found:?}");
}

#[test]
fn a_pattern_with_a_control_character_is_told_to_use_single_quotes() {
    let expected =
        r"3:16: dialplan.patterns[1].pattern: has a control character: use single quotes, as in '^\*([0-9]{4})$'";
    assert_problem(&pattern(r#""\b1""#, "reject"), expected);
}

#[test]
fn a_trunk_without_the_trunk_action_gets_a_note() {
    let text = "dialplan: {patterns: [{pattern: '1', action: reject, trunk: main}]}";
    assert_eq!(notes(text), ["1:61: dialplan.patterns[1].trunk: has no effect with the action reject"]);
}

#[test]
fn patterns_of_the_earlier_program_get_a_note() {
    let expected = ["1:12: dialplan.internal_pattern: not built yet, ignored; use dialplan.patterns"];
    assert_eq!(notes("dialplan: {internal_pattern: '^1'}"), expected);
    assert_eq!(notes("dialplan: {queue_pattern: '^8'}").len(), 1);
    let expected = "1:12: dialplan: unknown key `pattern`; did you mean `patterns`?";
    assert_problem("dialplan: {pattern: '^1'}", expected);
}

#[test]
fn codecs_are_offered_in_the_documented_order() {
    assert_eq!(config("").codecs.order, [Codec::Opus, Codec::G722, Codec::Pcmu, Codec::Pcma]);
    assert_eq!(config("codecs: {enabled: [PCMU, PCMA]}").codecs.order, [Codec::Pcmu, Codec::Pcma]);
    assert_eq!(config("codecs: {priority: [pcma]}").codecs.order[..2], [Codec::Pcma, Codec::Pcmu]);
    let text = "codecs: {enabled: [PCMU, PCMA, G722], priority: [g722, PCMA]}";
    assert_eq!(config(text).codecs.order, [Codec::G722, Codec::Pcma, Codec::Pcmu]);
}

#[test]
fn a_codec_that_cannot_be_converted_is_passed_through_with_a_note() {
    let expected = "1:26: codecs.enabled[2]: G729 is passed through between phones that share it, not converted";
    assert_eq!(notes("codecs: {enabled: [PCMU, g729]}"), [expected]);
    assert_eq!(notes("codecs: {enabled: [PCMU, PCMA, G722, opus, G726, iLBC, Speex]}"), [""; 0]);
}

#[test]
fn an_unknown_codec_names_the_nearest() {
    let found = problems("codecs: {enabled: [G.722]}");
    assert!(found[0].ends_with("did you mean `G722`?"), "{found:?}");
}

#[test]
fn codecs_are_written_once_and_at_least_one_is_enabled() {
    assert_problem("codecs: {enabled: [PCMU, pcmu]}", "1:26: codecs.enabled[2]: PCMU is written twice");
    assert_problem("codecs: {enabled: []}", "1:19: codecs.enabled: must have at least one codec");
}

#[test]
fn a_preferred_codec_must_be_enabled() {
    let expected = "1:42: codecs.priority[1]: PCMA is not in codecs.enabled";
    assert_problem("codecs: {enabled: [PCMU],     priority: [PCMA]}", expected);
    assert_problem("codecs: {priority: [G729]}", "1:21: codecs.priority[1]: G729 is not in codecs.enabled");
}

#[test]
fn codec_sections_of_the_earlier_program_get_a_note() {
    assert_eq!(notes("codecs: {g722: {bitrate: 64000}}"), ["1:10: codecs.g722: not built yet, ignored"]);
}

//! The file as YAML: mistakes, and what is refused on purpose.

use std::fmt::Write as _;

use crate::read::{assert_problem, config, problems, report};

const SINGLE_QUOTES: &str = r"a backslash in double quotes is an escape: use single quotes, as in '^\*([0-9]{4})$'";

#[test]
fn a_backslash_in_double_quotes_is_told_to_use_single_quotes() {
    let text = "dialplan:\n  patterns:\n    - pattern: \"^\\*([0-9]{4})$\"\n      action: reject\n";
    assert_problem(text, &format!("3:16: {SINGLE_QUOTES}"));
    assert_problem("server: {data_dir: \"\\xyz\"}", &format!("1:20: {SINGLE_QUOTES}"));
}

#[test]
fn what_follows_a_backslash_in_double_quotes_is_checked_in_the_same_run() {
    let text = "a: 1\na: {x: \"ü\\*\\(\\d\\\"\", y: \"\\.\", sip: 1, sip: 2}\nb: \"\\*\"\nserver: {sip_prot: 1}\n";
    let single = |place: &str| format!("{place}: {SINGLE_QUOTES}");
    let expected = [
        "1:1: unknown key `a`".to_owned(),
        "2:1: `a` is written twice; the first is on line 1".to_owned(),
        single("2:8"),
        single("2:24"),
        "2:38: `sip` is written twice; the first is on line 2".to_owned(),
        "3:1: unknown key `b`".to_owned(),
        single("3:4"),
        "4:10: server: unknown key `sip_prot`; did you mean `sip_port`?".to_owned(),
    ];
    assert_eq!(problems(text), expected);
}

#[test]
fn columns_stay_right_after_a_backslash_in_a_text_of_two_lines() {
    let text = "server: {data_dir: \"a\\\n  \\*\", sip: 1, sip: 2}\n";
    let expected = [
        format!("1:20: {SINGLE_QUOTES}"),
        "2:8: server: unknown key `sip`".to_owned(),
        "2:16: `sip` is written twice; the first is on line 2".to_owned(),
    ];
    assert_eq!(problems(text), expected);
}

#[test]
fn a_mended_pattern_is_not_refused_twice() {
    let text = "dialplan:\n  patterns:\n    - {pattern: \"^\\(\\*\\)[\\d]$\", action: reject}\n";
    assert_problem(text, &format!("3:17: {SINGLE_QUOTES}"));
}

#[test]
fn mistakes_in_the_yaml_are_told_in_plain_words() {
    for (text, expected) in [
        ("server:\n  data_dir: \"var\n  sip_port: 1\n", "3:3: a quotation mark is opened and not closed"),
        ("server:\n\thost: x\n", "2:2: indent with spaces, not with a tab"),
        (
            "server:\n  sip_port 5060\n  host: x\n",
            "3:7: no `:` can stand here: is this line indented as the one above, and is a text that has `: ` in quotes?",
        ),
        (
            "a: b: c",
            "1:5: no `:` can stand here: is this line indented as the one above, and is a text that has `: ` in quotes?",
        ),
        ("a: 1\nb\n", "2:1: expected `key: value`; the `:` with a space after it is missing"),
        ("  a: 1\nb: 2\n", "2:1: this line is not indented as the others of its section"),
        ("a: @b", "1:4: a text that starts with `@` must be in single quotes"),
        ("a: *1001", "1:4: a text that starts with `*` must be in single quotes"),
        ("a: {b: 1", "1:4: not valid YAML: unclosed bracket '{'"),
    ] {
        assert_problem(text, expected);
    }
}

#[test]
fn problems_before_a_mistake_in_the_yaml_are_told_too() {
    let expected = [
        "2:1: `a` is written twice; the first is on line 1",
        "3:4: a text that starts with `@` must be in single quotes",
    ];
    assert_eq!(problems("a: 1\na: 2\nb: @\n"), expected);
}

#[test]
fn a_repeated_key_is_a_problem() {
    let text = "server:\n  sip_port: 5070\n  host: 0.0.0.0\n  sip_port: 5080\n";
    assert_problem(text, "4:3: `sip_port` is written twice; the first is on line 2");
    assert_problem("web: {}\nweb: {}\n", "2:1: `web` is written twice; the first is on line 1");
}

#[test]
fn a_key_is_a_plain_word() {
    assert_problem("? [a]\n: b\n", "1:3: a key must be a plain word");
    assert_problem("server: {~: 1}", "1:10: a key must be a plain word");
    assert_problem("<<: {a: 1}", "1:1: `<<` is not understood: write the keys out");
}

#[test]
fn a_tag_is_a_problem() {
    assert_problem("server: {data_dir: !secret x}", "1:28: `!secret` is a tag, and tags are not understood");
    assert_eq!(config("server: {data_dir: !!str 5}").server.data_dir.to_str(), Some("5"));
}

#[test]
fn a_second_document_is_a_problem() {
    assert_problem("web: {}\n---\nweb: {}\n", "2:1: only one document is read: remove the `---` and what follows");
}

#[test]
fn an_alias_stands_for_its_value() {
    let text = "extensions:\n  - {number: 1, name: &who Jane, password: &same blue-kettle}\n  \
                - {number: 2, name: *who, password: *same}\n";
    let extensions = config(text).extensions;
    assert_eq!((extensions[1].name.as_str(), extensions[1].password.expose()), ("Jane", "blue-kettle"));
}

#[test]
fn aliases_that_stand_for_too_much_are_refused() {
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..=9 {
        let inner = vec![format!("*a{}", level - 1); 10].join(", ");
        writeln!(text, "a{level}: &a{level} [{inner}]").unwrap();
    }
    let last = problems(&text).pop().unwrap();
    assert!(last.ends_with("the aliases stand for too much"), "{last}");
}

#[test]
fn an_alias_inside_of_what_it_stands_for_is_refused() {
    assert_problem("a: &a [*a]", "1:8: this alias stands for something that contains it");
}

#[test]
fn deep_nesting_is_refused() {
    assert_problem(&"[".repeat(100_000), "1:33: lists and sections are nested too deeply");
    assert_eq!(problems(&"- ".repeat(100_000)), ["1:65: lists and sections are nested too deeply"]);
    let mut text = "a0: &a0 [x]\n".to_owned();
    for level in 1..=2_000 {
        writeln!(text, "a{level}: &a{level} [*a{}]", level - 1).unwrap();
    }
    assert!(problems(&text).pop().unwrap().ends_with("lists and sections are nested too deeply"));
}

#[test]
fn windows_line_ends_and_a_byte_order_mark_are_accepted() {
    assert_eq!(config("\u{feff}server:\r\n  sip_port: 5070\r\n").server.sip_port, 5070);
    assert_problem(
        "\u{feff}server:\r\n  sip_prt: 1\r\n",
        "2:3: server: unknown key `sip_prt`; did you mean `sip_port`?",
    );
}

#[test]
fn a_long_or_strange_value_is_shortened_in_messages() {
    let long = "x".repeat(100);
    let found = problems(&format!("server: {{sip_port: {long}}}"));
    assert!(found[0].contains(&format!("`{}...`", "x".repeat(40))), "{found:?}");
    let found = report("server: {sip_port: \"\\e[31m\"}").to_string();
    assert!(found.contains(r"`\u{1b}[31m`"), "{found:?}");
}

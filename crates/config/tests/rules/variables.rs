//! `${NAME}` in a file.

use crate::read::{assert_problem, config, notes, problems};

#[test]
fn a_variable_may_stand_for_any_single_value() {
    assert_eq!(config("server: {sip_port: '${PORT}'}").server.sip_port, 5070);
    assert_eq!(config("server:\n  sip_port: ${PORT}\n").server.sip_port, 5070);
    assert_eq!(config("server:\n  sip_port: \"${NONE:-5080}\"\n").server.sip_port, 5080);
    assert!(
        config("extensions: [{number: 1, name: A, password: '${PASSWORD}', allow_external: '${YES}'}]").extensions[0]
            .allow_external
    );
    let url = config("server: {database_url: 'postgres://u:${PASSWORD}@${HOST}/db'}").server.database_url.unwrap();
    assert_eq!(url.expose(), "postgres://u:blue-kettle@db.example.com/db");
}

#[test]
fn an_unset_variable_is_a_problem_that_names_it() {
    let expected = "1:20: server.sip_port: the variable NONE is not set, neither in the environment nor in .env";
    assert_problem("server: {sip_port: '${NONE}'}", expected);
}

#[test]
fn a_doubled_dollar_is_a_plain_dollar() {
    assert_eq!(config("server: {data_dir: '$${PORT}'}").server.data_dir.to_str(), Some("${PORT}"));
}

#[test]
fn what_a_variable_holds_is_not_printed() {
    let expected = "1:20: server.sip_port: what `${SHORT}` stands for is not a whole number from 1 to 65535";
    assert_problem("server: {sip_port: '${SHORT}'}", expected);
    for text in [
        "web: {tls: '${SHORT}'}",
        "web: {host: '${SHORT}'}",
        "logging: {level: '${SHORT}'}",
        "codecs: {enabled: ['${SHORT}']}",
        "dialplan: {patterns: [{pattern: '(${SHORT}', action: '${SHORT}'}]}",
        "extensions: [{number: '${SHORT}', name: A, password: '${SHORT}', email: '${SHORT}', caller_id: '${SHORT}'}]",
        "e911_protection: {emergency_numbers: ['${SHORT}']}",
        "server: {external_address: '${SHORT} ', sip_realm: '${SHORT}ü', database_url: '${SHORT}'}",
    ] {
        let found = problems(text);
        assert!(!found.join("\n").contains("hunter2"), "{found:?}");
    }
}

#[test]
fn a_key_is_not_replaced() {
    assert_problem("${PORT}: 1", "1:1: unknown key `${PORT}`");
}

#[test]
fn a_section_that_is_not_built_may_name_variables_that_are_not_set() {
    assert_eq!(notes("voicemail: {smtp: {password: '${SMTP_PASSWORD}'}}").len(), 1);
}

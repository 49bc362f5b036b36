//! Where problems are told, and that none is lost.

use proptest::prelude::*;
use warden_config::{Config, Variables};

use crate::read::{lookup, problems, report};

#[test]
fn all_problems_are_told_at_once_in_the_order_of_the_file() {
    let text = "\
logging:
  level: LOUD
server:
  sip_prot: 5060
  rtp_port_range: [20002, 20003]
queues: []
extensions:
  - number: 'x'
    pasword: blue-kettle
";
    let expected = "\
config.yml:2:10: logging.level: `LOUD` is none of DEBUG, INFO, WARNING, ERROR, CRITICAL, TRACE
config.yml:4:3: server: unknown key `sip_prot`; did you mean `sip_port`?
config.yml:5:19: server.rtp_port_range: 20002 to 20003 cannot hold one call (4 ports)
config.yml:6:1: note: queues: not built yet, ignored
config.yml:8:5: extensions[1].name: is missing
config.yml:8:5: extensions[1].password: is missing
config.yml:8:13: extensions[1].number: `x` is not a number of 1 to 15 digits
config.yml:9:5: extensions[1]: unknown key `pasword`; did you mean `password`?";
    assert_eq!(report(text).to_string(), expected);
}

#[test]
fn columns_count_characters_not_bytes() {
    assert_eq!(
        problems("extensions: [{name: 'Zoë Ü', number: x, password: blue-kettle}]")[0].split_once(": ").unwrap().0,
        "1:38"
    );
}

/// Lines that a file may have, so that random files get far.
fn line() -> impl Strategy<Value = String> {
    let keys = "server:|web:|extensions:|dialplan:|  patterns:|codecs:|security:|  rate_limiting:|logging:|queues:";
    let values = "  host: |  sip_port: |  - number: |    name: |    pattern: |  enabled: |  level: |    - |&a |*a |";
    let pieces: Vec<String> = keys.split('|').chain(values.split('|')).map(str::to_owned).collect();
    (prop::sample::select(pieces), "[ -~\\t\u{e9}]{0,12}").prop_map(|(piece, rest)| piece + &rest)
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused_with_a_reason(text in any::<String>()) {
        check(&text)?;
    }

    #[test]
    fn any_ascii_text_is_read_or_refused_with_a_reason(text in "[ -~\\n\\t]{0,200}") {
        check(&text)?;
    }

    #[test]
    fn any_lines_are_read_or_refused_with_a_reason(lines in prop::collection::vec(line(), 0..20)) {
        check(&lines.join("\n"))?;
    }

    #[test]
    fn any_environment_file_is_read_or_refused(text in "[A-C=\"'\\\\#$ \\n\\t\u{e9}]{0,60}") {
        if let Err(report) = Variables::read(".env", &text) {
            prop_assert!(!report.problems.is_empty());
        }
    }
}

fn check(text: &str) -> Result<(), TestCaseError> {
    if let Err(report) = Config::read("config.yml", text, &lookup) {
        prop_assert!(!report.problems.is_empty());
        let lines = text.split(['\n', '\r']).count();
        for problem in &report.problems {
            prop_assert!((1..=lines).contains(&problem.position.line), "{problem}");
            prop_assert!(problem.position.column >= 1, "{problem}");
        }
    }
    Ok(())
}

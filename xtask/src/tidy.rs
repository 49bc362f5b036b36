//! Runs every check, and says how a finding is printed.

use std::fmt;

use crate::repository::Repository;
use crate::{arrows, headers, length, names, pure};

/// One thing to put right.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    place: String,
    line: Option<usize>,
    sentence: String,
}

impl Finding {
    /// `line` counts from 1.
    pub(crate) fn in_file(path: &str, line: usize, sentence: impl Into<String>) -> Finding {
        Finding { place: path.to_owned(), line: Some(line), sentence: sentence.into() }
    }

    pub(crate) fn in_crate(package: &str, sentence: impl Into<String>) -> Finding {
        Finding { place: package.to_owned(), line: None, sentence: sentence.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(out, "{}:{line}: {}", self.place, self.sentence),
            None => write!(out, "{}: {}", self.place, self.sentence),
        }
    }
}

/// All findings of all checks.
pub(crate) fn check(repository: &Repository) -> Vec<Finding> {
    let checks = [arrows::check, headers::check, length::check, names::check, pure::check];
    checks.iter().flat_map(|check| check(repository)).collect()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    fn lines(findings: &[Finding]) -> Vec<String> {
        findings.iter().map(Finding::to_string).collect()
    }

    fn write(root: &Path, path: &str, text: &str) {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// A workspace with one pure and one shell crate, in good order.
    fn small_workspace(root: &Path) {
        write(root, "Cargo.toml", "[workspace]\nresolver = '3'\nmembers = ['crates/*']\n");
        write(root, "xtask/pure-clippy.toml", "too-many-lines-threshold = 60\n");
        write(root, "crates/sdp/clippy.toml", "too-many-lines-threshold = 60\n");
        for (folder, name, rest) in [
            ("sdp", "warden-sdp", ""),
            ("store", "warden-store", "[dev-dependencies]\nwarden-sim = { path = '../sim' }\n"),
            ("sim", "warden-sim", "[dependencies]\nwarden-sdp = { path = '../sdp' }\n"),
        ] {
            let manifest = format!("[package]\nname = '{name}'\nedition = '2024'\n[lints]\nworkspace = true\n{rest}");
            write(root, &format!("crates/{folder}/Cargo.toml"), &manifest);
            write(root, &format!("crates/{folder}/src/lib.rs"), "//! A crate.\n");
        }
        write(root, "Cargo.toml", "[workspace]\nresolver = '3'\nmembers = ['crates/*']\n[workspace.lints]\n");
    }

    #[test]
    fn this_repository_is_tidy() {
        let repository = Repository::read(&crate::root().unwrap()).unwrap();
        assert!(repository.sources.iter().any(|source| source.path == "xtask/src/tidy.rs"));
        assert!(repository.packages.iter().any(|package| package.folder == "crates/sip"));
        assert_eq!(lines(&check(&repository)), [""; 0]);
    }

    #[test]
    fn workspace_in_good_order_has_no_finding() {
        let root = tempfile::tempdir().unwrap();
        small_workspace(root.path());
        assert_eq!(lines(&check(&Repository::read(root.path()).unwrap())), [""; 0]);
    }

    #[test]
    fn findings_of_every_check_are_printed_together() {
        let root = tempfile::tempdir().unwrap();
        small_workspace(root.path());
        let manifest = "[package]\nname = 'warden-sdp'\nedition = '2024'\n\
            [dependencies]\nstorage = { package = 'warden-store', path = '../store' }\n\
            [target.'cfg(unix)'.dependencies]\nsocket2 = { version = '0.6', optional = true }\n";
        write(root.path(), "crates/sdp/Cargo.toml", manifest);
        write(root.path(), "crates/sdp/clippy.toml", "");
        write(root.path(), "crates/sdp/tests/long.rs", &"//! Long.\n".repeat(501));
        write(root.path(), "crates/sdp/benches/utils.rs", "fn main() {}\n");
        write(root.path(), "crates/sdp/target/generated.rs", "");
        let repository = Repository::read(root.path()).unwrap();
        assert_eq!(
            lines(&check(&repository)),
            [
                "warden-sdp: may not depend on warden-store: the table in xtask/src/rules.rs has no such arrow",
                "warden-sdp: is pure and may not depend on socket2, which does I/O",
                "crates/sdp/benches/utils.rs:1: the file must open with a `//!` line that says what it is for",
                "crates/sdp/tests/long.rs:501: the file has 501 lines: split it before 500",
                "crates/sdp/benches/utils.rs:1: `utils` says nothing: name the module after what it holds",
                "crates/sdp/Cargo.toml:1: the workspace's lints are missing: add `[lints]` with `workspace = true`",
                "crates/sdp/clippy.toml:1: differs from xtask/pure-clippy.toml: run `cargo xtask tidy --fix`",
            ]
        );
    }
}

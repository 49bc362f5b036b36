//! Clippy's settings: each crate takes the workspace's lints, and each pure crate has its own copy of the ban on I/O,
//! because clippy reads the nearest `clippy.toml` and no other.

use std::fs;

use anyhow::Context;

use crate::repository::{Package, Repository};
use crate::rules::{CALLS_C, Kind, PURE_CLIPPY, rule_for};
use crate::tidy::Finding;

pub(crate) fn check(repository: &Repository) -> Vec<Finding> {
    let packages = repository.packages.iter();
    packages
        .flat_map(|package| [check_lints(package, repository), check_clippy(package, repository)])
        .flatten()
        .collect()
}

fn check_lints(package: &Package, repository: &Repository) -> Option<Finding> {
    let lints = table(&package.manifest).and_then(|manifest| manifest.get("lints").cloned());
    let (good, sentence) = if CALLS_C.contains(&package.name.as_str()) {
        let good = lints.is_some() && lints == lints_with_unsafe_code(&repository.manifest);
        (good, "`[lints]` must be a copy of the workspace's, with `unsafe_code = \"deny\"`")
    } else {
        let inherits = lints.and_then(|lints| lints.get("workspace")?.as_bool());
        (inherits == Some(true), "the workspace's lints are missing: add `[lints]` with `workspace = true`")
    };
    let path = format!("{}/Cargo.toml", package.folder);
    (!good).then(|| Finding::in_file(&path, 1, sentence))
}

fn table(manifest: &str) -> Option<toml::Table> {
    manifest.parse().ok()
}

/// The workspace's lints for a crate of which a file may allow unsafe code, which `forbid` would not let it.
fn lints_with_unsafe_code(manifest: &str) -> Option<toml::Value> {
    let mut lints = table(manifest)?.get("workspace")?.get("lints")?.clone();
    lints.get_mut("rust")?.as_table_mut()?.insert("unsafe_code".to_owned(), "deny".into());
    Some(lints)
}

fn check_clippy(package: &Package, repository: &Repository) -> Option<Finding> {
    let path = format!("{}/clippy.toml", package.folder);
    match (&package.clippy, is_pure(package)) {
        (Some(clippy), true) if *clippy == repository.pure_clippy => None,
        (Some(_), true) => Some(format!("differs from {PURE_CLIPPY}: run `cargo xtask tidy --fix`")),
        (None, true) => Some(format!("is missing in a pure crate: run `cargo xtask tidy --fix` to copy {PURE_CLIPPY}")),
        (Some(_), false) => Some("hides the root's clippy.toml: only a pure crate has its own".to_owned()),
        (None, false) => None,
    }
    .map(|sentence| Finding::in_file(&path, 1, sentence))
}

/// Copies the ban on I/O into every pure crate.
pub(crate) fn copy_rules(repository: &Repository) -> anyhow::Result<()> {
    for package in repository.packages.iter().filter(|package| is_pure(package)) {
        let path = repository.root.join(&package.folder).join("clippy.toml");
        fs::write(&path, &repository.pure_clippy).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

fn is_pure(package: &Package) -> bool {
    rule_for(&package.name).is_some_and(|rule| rule.kind == Kind::Pure)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINTS: &str = "[lints]\nworkspace = true\n";
    const BAN: &str = "disallowed-methods = []\n";

    fn repository(name: &str, manifest: &str, clippy: Option<&str>) -> Repository {
        let package = Package {
            name: name.to_owned(),
            folder: "crates/x".to_owned(),
            manifest: manifest.to_owned(),
            clippy: clippy.map(str::to_owned),
            ..Package::default()
        };
        let manifest = "[workspace.lints.rust]\nunused = 'warn'\nunsafe_code = 'forbid'\n".to_owned();
        Repository { packages: vec![package], pure_clippy: BAN.to_owned(), manifest, ..Repository::default() }
    }

    fn findings(name: &str, manifest: &str, clippy: Option<&str>) -> Vec<String> {
        check(&repository(name, manifest, clippy)).iter().map(Finding::to_string).collect()
    }

    #[test]
    fn pure_crate_has_a_copy_and_another_has_none() {
        assert_eq!(findings("warden-sip", LINTS, Some(BAN)), [""; 0]);
        assert_eq!(findings("warden-store", LINTS, None), [""; 0]);
    }

    #[test]
    fn missing_copy_is_found() {
        let expected = "crates/x/clippy.toml:1: is missing in a pure crate: \
            run `cargo xtask tidy --fix` to copy xtask/pure-clippy.toml";
        assert_eq!(findings("warden-sip", LINTS, None), [expected]);
    }

    #[test]
    fn changed_copy_is_found() {
        let expected = "crates/x/clippy.toml:1: differs from xtask/pure-clippy.toml: run `cargo xtask tidy --fix`";
        assert_eq!(findings("warden-sip", LINTS, Some("disallowed-methods = [ ]\n")), [expected]);
    }

    #[test]
    fn settings_of_its_own_are_found_in_a_shell_crate() {
        let expected = "crates/x/clippy.toml:1: hides the root's clippy.toml: only a pure crate has its own";
        assert_eq!(findings("warden-store", LINTS, Some(BAN)), [expected]);
    }

    #[test]
    fn crate_without_the_workspace_lints_is_found() {
        let expected = "crates/x/Cargo.toml:1: the workspace's lints are missing: \
            add `[lints]` with `workspace = true`";
        for manifest in ["", "[lints]\nworkspace = false\n", "[lints.rust]\nunused = 'warn'\n"] {
            assert_eq!(findings("warden-store", manifest, None), [expected]);
        }
    }

    #[test]
    fn crate_that_calls_c_has_all_lints_but_one() {
        let copy = "[lints.rust]\nunused = 'warn'\nunsafe_code = 'deny'\n";
        assert_eq!(findings("warden-speex", copy, Some(BAN)), [""; 0]);
        let expected =
            "crates/x/Cargo.toml:1: `[lints]` must be a copy of the workspace's, with `unsafe_code = \"deny\"`";
        for manifest in ["", LINTS, "[lints.rust]\nunsafe_code = 'deny'\n", &copy.replace("deny", "allow")] {
            assert_eq!(findings("warden-speex", manifest, Some(BAN)), [expected]);
        }
    }

    #[test]
    fn fix_copies_the_ban_into_a_pure_crate_only() {
        for (name, expected) in [("warden-sip", Some(BAN)), ("warden-store", None)] {
            let root = tempfile::tempdir().unwrap();
            fs::create_dir_all(root.path().join("crates/x")).unwrap();
            let repository = Repository { root: root.path().to_owned(), ..repository(name, LINTS, None) };
            copy_rules(&repository).unwrap();
            let copy = fs::read_to_string(root.path().join("crates/x/clippy.toml")).ok();
            assert_eq!(copy.as_deref(), expected);
        }
    }
}

//! Dependencies point one way: compares each manifest with the table in `rules.rs`. Crates from outside are free,
//! except those that would give a pure crate I/O; their licences and bans are `deny.toml`'s.

use cargo_metadata::DependencyKind;

use crate::repository::{Dependency, Package, Repository};
use crate::rules::{IO_CRATES, IO_FEATURES, Kind, Rule, SIMULATOR, rule_for};
use crate::tidy::Finding;

pub(crate) fn check(repository: &Repository) -> Vec<Finding> {
    repository.packages.iter().flat_map(check_package).collect()
}

fn check_package(package: &Package) -> Vec<Finding> {
    let Some(rule) = rule_for(&package.name) else {
        let sentence = format!("{} is not in the table: add it to xtask/src/rules.rs", package.folder);
        return vec![Finding::in_crate(&package.name, sentence)];
    };
    let mut sentences = Vec::new();
    if package.folder != rule.folder {
        sentences.push(format!("lies in {}, must lie in {}", package.folder, rule.folder));
    }
    sentences.extend(package.dependencies.iter().filter_map(|dependency| objection(rule, dependency)));
    sentences.into_iter().map(|sentence| Finding::in_crate(&package.name, sentence)).collect()
}

/// Why `rule` forbids `dependency`.
fn objection(rule: &Rule, dependency: &Dependency) -> Option<String> {
    if dependency.has_path || rule_for(&dependency.name).is_some() {
        return object_to_ours(rule, dependency);
    }
    if rule.kind == Kind::Pure && dependency.kind == DependencyKind::Normal {
        return object_to_io(dependency);
    }
    None
}

fn object_to_ours(rule: &Rule, dependency: &Dependency) -> Option<String> {
    let name = dependency.name.as_str();
    let in_tests = dependency.kind == DependencyKind::Development;
    if rule.may_use.contains(&name) || (name == SIMULATOR && in_tests) {
        return None;
    }
    Some(if name == SIMULATOR {
        format!("may depend on {name} in [dev-dependencies] only")
    } else {
        format!("may not depend on {name}: the table in xtask/src/rules.rs has no such arrow")
    })
}

fn object_to_io(dependency: &Dependency) -> Option<String> {
    let name = dependency.name.as_str();
    if IO_CRATES.contains(&name) {
        return Some(format!("is pure and may not depend on {name}, which does I/O"));
    }
    let (_, features) = IO_FEATURES.iter().find(|(listed, _)| *listed == name)?;
    if name == "rand" && dependency.default_features {
        return Some(format!("is pure and may use {name} with `default-features = false` only"));
    }
    let feature = dependency.features.iter().find(|feature| features.contains(&feature.as_str()))?;
    Some(format!("is pure and may not use {name} with its feature `{feature}`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dependency(name: &str, kind: DependencyKind) -> Dependency {
        Dependency { name: name.to_owned(), kind, has_path: false, default_features: true, features: Vec::new() }
    }

    fn findings(name: &str, folder: &str, dependencies: Vec<Dependency>) -> Vec<String> {
        let package = Package { name: name.to_owned(), folder: folder.to_owned(), dependencies, ..Package::default() };
        let repository = Repository { packages: vec![package], ..Repository::default() };
        check(&repository).iter().map(Finding::to_string).collect()
    }

    #[test]
    fn drawn_arrow_is_accepted() {
        let media = dependency("warden-media", DependencyKind::Normal);
        assert_eq!(findings("warden-call", "crates/call", vec![media]), [""; 0]);
    }

    #[test]
    fn arrow_that_is_not_drawn_is_refused_in_every_section() {
        for kind in [DependencyKind::Normal, DependencyKind::Development, DependencyKind::Build] {
            let expected =
                "warden-sip: may not depend on warden-call: the table in xtask/src/rules.rs has no such arrow";
            assert_eq!(findings("warden-sip", "crates/sip", vec![dependency("warden-call", kind)]), [expected]);
        }
    }

    #[test]
    fn path_dependency_outside_the_table_is_refused() {
        let stray = Dependency { has_path: true, ..dependency("stray", DependencyKind::Normal) };
        let expected = "warden-api: may not depend on stray: the table in xtask/src/rules.rs has no such arrow";
        assert_eq!(findings("warden-api", "crates/api", vec![stray]), [expected]);
    }

    #[test]
    fn simulator_is_for_tests_only() {
        let in_tests = dependency(SIMULATOR, DependencyKind::Development);
        assert_eq!(findings("warden-sip", "crates/sip", vec![in_tests]), [""; 0]);
        let in_program = dependency(SIMULATOR, DependencyKind::Normal);
        let expected = "warden: may depend on warden-sim in [dev-dependencies] only";
        assert_eq!(findings("warden", "crates/warden", vec![in_program]), [expected]);
    }

    #[test]
    fn unknown_crate_and_wrong_folder_are_refused() {
        let expected = "warden-fax: crates/fax is not in the table: add it to xtask/src/rules.rs";
        assert_eq!(findings("warden-fax", "crates/fax", Vec::new()), [expected]);
        let expected = "warden-sip: lies in crates/voip, must lie in crates/sip";
        assert_eq!(findings("warden-sip", "crates/voip", Vec::new()), [expected]);
    }

    #[test]
    fn pure_crate_uses_io_crates_in_tests_only() {
        let expected = "warden-sip: is pure and may not depend on tokio, which does I/O";
        let tokio = || dependency("tokio", DependencyKind::Normal);
        assert_eq!(findings("warden-sip", "crates/sip", vec![tokio()]), [expected]);
        assert_eq!(findings("warden-store", "crates/store", vec![tokio()]), [""; 0]);
        let in_tests = dependency("tokio", DependencyKind::Development);
        assert_eq!(findings("warden-sip", "crates/sip", vec![in_tests]), [""; 0]);
    }

    #[test]
    fn pure_crate_uses_rand_without_its_own_randomness() {
        let default = dependency("rand", DependencyKind::Normal);
        let expected = "warden-call: is pure and may use rand with `default-features = false` only";
        assert_eq!(findings("warden-call", "crates/call", vec![default]), [expected]);
        let thread_rng = Dependency {
            default_features: false,
            features: vec!["thread_rng".to_owned()],
            ..dependency("rand", DependencyKind::Normal)
        };
        let expected = "warden-call: is pure and may not use rand with its feature `thread_rng`";
        assert_eq!(findings("warden-call", "crates/call", vec![thread_rng]), [expected]);
        let bare = Dependency { default_features: false, ..dependency("rand", DependencyKind::Normal) };
        assert_eq!(findings("warden-call", "crates/call", vec![bare]), [""; 0]);
    }
}

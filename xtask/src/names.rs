//! A module is named after what it holds: refuses `utils.rs` and the like, and folders of that name.

use crate::repository::{Repository, Source};
use crate::rules::EMPTY_NAMES;
use crate::tidy::Finding;

pub(crate) fn check(repository: &Repository) -> Vec<Finding> {
    repository.sources.iter().filter_map(check_source).collect()
}

fn check_source(source: &Source) -> Option<Finding> {
    let path = source.path.strip_suffix(".rs").unwrap_or(&source.path);
    let name = path.split('/').find(|part| EMPTY_NAMES.contains(part))?;
    let sentence = format!("`{name}` says nothing: name the module after what it holds");
    Some(Finding::in_file(&source.path, 1, sentence))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finds(path: &str) -> bool {
        let source = Source { path: path.to_owned(), text: String::new() };
        !check(&Repository { sources: vec![source], ..Repository::default() }).is_empty()
    }

    #[test]
    fn file_or_folder_with_an_empty_name_is_found() {
        for name in ["utils", "common", "helpers", "util", "misc"] {
            assert!(finds(&format!("crates/sip/src/{name}.rs")), "{name}.rs");
        }
        assert!(finds("crates/sip/tests/common/mod.rs"));
    }

    #[test]
    fn telling_name_is_accepted() {
        assert!(!finds("crates/call/src/common_name.rs"));
        assert!(!finds("crates/sip/src/uri.rs"));
    }
}

//! Reading the configuration file and the `.env` beside it.

use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use warden_config::{Accepted, Config, Report, Variables};

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LoadError {
    #[error("there is no {path}: --config FILE names another configuration file, `warden init` makes one")]
    Missing { path: PathBuf },
    #[error("cannot read {path}")]
    Read { path: PathBuf, source: io::Error },
    /// Prints one problem a line.
    #[error(transparent)]
    Refused(#[from] Report),
}

/// Reads the file at `path`. A variable of the environment wins over one of `.env`.
pub(crate) fn load(path: &Path) -> Result<Accepted, LoadError> {
    let text = read(path)?;
    let beside = path.with_file_name(".env");
    let variables = match read(&beside) {
        Ok(text) => Variables::read(&beside.to_string_lossy(), &text)?,
        Err(LoadError::Missing { .. }) => Variables::default(),
        Err(error @ (LoadError::Read { .. } | LoadError::Refused(_))) => return Err(error),
    };
    let lookup = |name: &str| env::var(name).ok().or_else(|| variables.get(name).map(str::to_owned));
    Ok(Config::read(&path.to_string_lossy(), &text, &lookup)?)
}

fn read(path: &Path) -> Result<String, LoadError> {
    let path = path.to_owned();
    fs::read_to_string(&path).map_err(|source| {
        let is_missing = source.kind() == io::ErrorKind::NotFound;
        if is_missing { LoadError::Missing { path } } else { LoadError::Read { path, source } }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_is_taken_from_the_file_beside_and_a_missing_one_is_a_problem() {
        let place = tempfile::tempdir().unwrap();
        let config = place.path().join("config.yml");
        fs::write(&config, "server:\n  sip_realm: ${WARDEN_TEST_REALM}\n").unwrap();
        let report = load(&config).unwrap_err().to_string();
        assert!(report.contains("config.yml:2:14: server.sip_realm: the variable WARDEN_TEST_REALM"), "{report}");

        fs::write(place.path().join(".env"), "WARDEN_TEST_REALM=office\n").unwrap();
        assert_eq!(load(&config).unwrap().config.server.sip_realm, "office");
    }

    #[test]
    fn a_missing_file_is_named_with_what_to_do() {
        let error = load(Path::new("/nowhere/config.yml")).unwrap_err();
        let advice = "--config FILE names another configuration file, `warden init` makes one";
        assert_eq!(error.to_string(), format!("there is no /nowhere/config.yml: {advice}"));
    }
}

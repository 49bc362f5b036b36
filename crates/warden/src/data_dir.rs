//! The directory for everything that Warden writes; one server at a time has it.

use std::fs::{DirBuilder, File, TryLockError};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

/// Why a server cannot have the directory.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DataDirError {
    #[error("cannot use the data directory {path}")]
    Unusable { path: PathBuf, source: io::Error },
    #[error("a server is already running, at {socket}")]
    Taken { socket: PathBuf },
}

/// Ours until it is dropped, however the process ends.
#[derive(Debug)]
pub(crate) struct DataDir {
    path: PathBuf,
    _lock: File,
}

impl DataDir {
    /// Makes the directory, for the user that Warden runs as only, unless it is there.
    pub(crate) fn take(path: &Path) -> Result<Self, DataDirError> {
        let unusable = |source| DataDirError::Unusable { path: path.to_owned(), source };
        DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(unusable)?;
        let lock = File::open(path).map_err(unusable)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path: path.to_owned(), _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(DataDirError::Taken { socket: socket(path) }),
            Err(TryLockError::Error(source)) => Err(unusable(source)),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Where the server answers to commands.
    pub(crate) fn socket(&self) -> PathBuf {
        socket(&self.path)
    }
}

/// Where calls that have failed are kept in the directory `path`.
pub(crate) fn traces(path: &Path) -> PathBuf {
    path.join("traces")
}

/// Where the classes of music on hold are in the directory `path`.
pub(crate) fn music(path: &Path) -> PathBuf {
    path.join("moh")
}

/// Where calls are recorded to in the directory `path`, unless the configuration says otherwise.
pub(crate) fn recordings(path: &Path) -> PathBuf {
    path.join("recordings")
}

/// Where the server that has the directory `path` answers to commands.
pub(crate) fn socket(path: &Path) -> PathBuf {
    path.join("warden.sock")
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn only_one_server_has_it_and_only_its_user_can_look_inside() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("a/var");
        let first = DataDir::take(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
        let second = DataDir::take(&path).unwrap_err().to_string();
        assert_eq!(second, format!("a server is already running, at {}/warden.sock", path.display()));
        drop(first);
        DataDir::take(&path).unwrap();
    }
}

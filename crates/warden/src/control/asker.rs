//! The command line's side: asks, and waits for the answer.

use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf, absolute};
use std::time::Duration;

use serde::de::DeserializeOwned;

use super::message::{Answer, Request};

/// A server that takes longer has a problem of its own.
const PATIENCE: Duration = Duration::from_secs(5);

/// What may be the mistake when there is no socket.
const ANOTHER_FOLDER: &str = "; server.data_dir is relative, so start this in the same folder as the server";

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AskError {
    #[error("no server is running: nobody listens at {socket}{advice}")]
    NoServer { socket: PathBuf, advice: &'static str },
    #[error("may not ask the server at {socket}: only the user that it runs as may, and root")]
    NotAllowed { socket: PathBuf },
    #[error("cannot ask the server at {socket}")]
    Failed { socket: PathBuf, source: io::Error },
    #[error("the server answered: {0}")]
    Refused(String),
}

/// Asks the server that listens at `socket`.
pub(crate) fn ask<T: DeserializeOwned>(socket: &Path, request: &Request) -> Result<T, AskError> {
    let failed = |source| AskError::Failed { socket: socket.to_owned(), source };
    let stream = UnixStream::connect(socket).map_err(|source| {
        let whole = || absolute(socket).unwrap_or_else(|_| socket.to_owned());
        let kind = source.kind();
        if kind == io::ErrorKind::PermissionDenied {
            return AskError::NotAllowed { socket: whole() };
        }
        if !matches!(kind, io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused) {
            return failed(source);
        }
        // A server that was killed leaves its socket: then this is the right folder.
        let may_be_elsewhere = kind == io::ErrorKind::NotFound && socket.is_relative();
        AskError::NoServer { socket: whole(), advice: if may_be_elsewhere { ANOTHER_FOLDER } else { "" } }
    })?;
    match exchange(stream, request).map_err(failed)? {
        Answer::Ok(value) => Ok(value),
        Answer::Error(words) => Err(AskError::Refused(words)),
    }
}

fn exchange<T: DeserializeOwned>(mut stream: UnixStream, request: &Request) -> io::Result<Answer<T>> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut line = serde_json::to_string(request)?;
    line.push('\n');
    stream.write_all(line.as_bytes())?;
    line.clear();
    BufReader::new(stream).read_line(&mut line)?;
    Ok(serde_json::from_str(&line)?)
}

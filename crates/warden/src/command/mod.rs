//! The commands, one file each.

pub(crate) mod calls;
pub(crate) mod check;
pub(crate) mod registrations;
pub(crate) mod serve;

use std::io::{self, Write};
use std::process::ExitCode;

use crate::load::LoadError;

/// The exit code for a configuration that is refused.
const REFUSED: u8 = 2;

/// Prints every problem to standard error.
///
/// # Errors
/// When it is not the content of the file that is wrong.
fn refuse(error: LoadError) -> anyhow::Result<ExitCode> {
    match error {
        LoadError::Refused(report) => {
            writeln!(io::stderr(), "{report}")?;
            Ok(ExitCode::from(REFUSED))
        }
        unread @ LoadError::Read { .. } => Err(unread.into()),
    }
}

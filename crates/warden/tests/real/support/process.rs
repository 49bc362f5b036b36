//! A program that a test has started: its output goes to a file, and it is killed when it is dropped.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::poll;

/// A running program.
pub(crate) struct Process {
    child: Child,
    output: PathBuf,
}

impl Process {
    /// Starts `command`; what it says goes to `output`.
    pub(crate) fn start(command: &mut Command, output: &Path) -> Self {
        Self::spawn(command.stdin(Stdio::null()), output)
    }

    /// The same for a program that is told what to do by lines of text.
    pub(crate) fn start_with_input(command: &mut Command, output: &Path) -> Self {
        Self::spawn(command.stdin(Stdio::piped()), output)
    }

    fn spawn(command: &mut Command, output: &Path) -> Self {
        let file = File::create(output).unwrap();
        let errors = file.try_clone().unwrap();
        let child = command.stdout(file).stderr(errors).spawn();
        let name = command.get_program().to_string_lossy().into_owned();
        let child = child.unwrap_or_else(|error| panic!("cannot start {name}: {error}; see scripts/need.sh test"));
        Self { child, output: output.to_owned() }
    }

    /// What it has said so far.
    pub(crate) fn output(&self) -> String {
        String::from_utf8_lossy(&fs::read(&self.output).unwrap_or_default()).into_owned()
    }

    /// Types a line into a program that was started with input.
    pub(crate) fn type_line(&mut self, line: &str) {
        writeln!(self.child.stdin.as_mut().unwrap(), "{line}").unwrap();
    }

    pub(crate) fn pid(&self) -> i32 {
        i32::try_from(self.child.id()).unwrap()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.pid()), signal).unwrap();
    }

    /// Whether it has ended.
    pub(crate) fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// Waits until it has ended.
    pub(crate) fn wait(&mut self, seconds: u64) -> ExitStatus {
        poll(seconds, || self.child.try_wait().unwrap()).expect("the program ends when it is told to")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            let _killed = self.child.kill();
            let _ended = self.child.wait();
        }
        if thread::panicking() {
            let _shown = writeln!(io::stderr(), "---- {}\n{}", self.output.display(), self.output());
        }
    }
}

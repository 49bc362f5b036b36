//! A fax machine behind a T.38 gateway: libspandsp, in a small program of our own that is compiled for the test.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::process::Process;

/// The time for a page, twice over, in **seconds**.
const PAGE_S: u64 = 90;

/// The program, with a page that it has drawn.
pub(crate) struct FaxMachines {
    place: TempDir,
}

impl FaxMachines {
    /// Two machines and a page.
    pub(crate) fn new() -> Self {
        let machines = Self { place: tempfile::tempdir().unwrap() };
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/real/support/fax.c");
        let mut compiler = Command::new("cc");
        compiler.args(["-O1", "-o"]).arg(machines.path("fax")).arg(source).args(["-lspandsp", "-ltiff"]);
        assert!(compiler.status().unwrap().success(), "see scripts/need.sh test");
        assert!(machines.run(&["page", "sent.tif"]).wait(10).success());
        machines
    }

    /// One that sends the page from its port to another.
    pub(crate) fn send(&self, port: u16, to: u16) -> Process {
        self.run(&["send", &port.to_string(), &to.to_string(), "sent.tif"])
    }

    /// One that receives it.
    pub(crate) fn receive(&self, port: u16, to: u16) -> Process {
        self.run(&["receive", &port.to_string(), &to.to_string(), "received.tif"])
    }

    /// Whether both say that all is well, and what was received is the page, point by point.
    pub(crate) fn have_sent(&self, machines: [&mut Process; 2]) -> bool {
        let are_content = machines.map(|machine| machine.wait(PAGE_S).success());
        are_content == [true; 2] && self.run(&["same", "sent.tif", "received.tif"]).wait(10).success()
    }

    /// How many bytes have been received.
    pub(crate) fn received(&self) -> u64 {
        fs::metadata(self.path("received.tif")).map_or(0, |file| file.len())
    }

    fn run(&self, arguments: &[&str]) -> Process {
        let mut command = Command::new(self.path("fax"));
        let name = arguments.first().copied().unwrap_or_default();
        Process::start(command.current_dir(self.place.path()).args(arguments), &self.path(&format!("{name}.log")))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.place.path().join(name)
    }
}

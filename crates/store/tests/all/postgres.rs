//! A PostgreSQL server of the tests' own: in a temporary directory, on a Unix socket, gone with its value.

use std::cell::Cell;
use std::fs;
use std::os::unix::fs::{MetadataExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;

/// The server, as long as this lives.
pub(crate) struct Server {
    process: Child,
    directory: TempDir,
    programs: PathBuf,
    databases: Cell<u32>,
}

impl Server {
    pub(crate) fn start() -> Self {
        let programs = programs().expect("PostgreSQL is missing: scripts/need.sh test installs it");
        // In /tmp, as the path of a socket may have 107 bytes only.
        let directory = tempfile::Builder::new().prefix("warden-pg-").tempdir_in("/tmp").expect("directory");
        let user = user_for(directory.path());
        let data = directory.path().join("data");
        let made = as_user(user, &programs.join("initdb"))
            .args(["--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C", "--no-sync", "-D"])
            .arg(&data)
            .current_dir(directory.path())
            .output()
            .expect("initdb runs");
        assert!(made.status.success(), "initdb: {}", String::from_utf8_lossy(&made.stderr));
        let log = fs::File::create(directory.path().join("log")).expect("log");
        let process = as_user(user, &programs.join("postgres"))
            .arg("-D")
            .arg(&data)
            .args(["-F", "-c", "listen_addresses=", "-c", "max_connections=50", "-k"])
            .arg(directory.path())
            .current_dir(directory.path())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("postgres starts");
        let mut server = Self { process, directory, programs, databases: Cell::new(0) };
        server.wait_until_it_answers();
        server
    }

    /// The URL of a fresh database.
    pub(crate) fn database(&self, case: &str) -> String {
        self.databases.set(self.databases.get() + 1);
        let name = format!("case_{}", self.databases.get());
        assert!(self.psql(&format!("CREATE DATABASE {name}")), "no database for {case}");
        format!("postgres://postgres@localhost/{name}?host={}", self.directory.path().display())
    }

    /// It answers nothing any more, and ends no connection.
    #[allow(dead_code, reason = "for the tests of the whole program")]
    pub(crate) fn fall_silent(&self) {
        self.signal_all(Signal::SIGSTOP);
    }

    /// It answers again.
    pub(crate) fn wake(&self) {
        self.signal_all(Signal::SIGCONT);
    }

    /// To the server and the processes that it has started.
    fn signal_all(&self, signal: Signal) {
        let server = self.process.id();
        let is_ours = |id: &u32| *id == server || parent_of(*id) == Some(server);
        let all = fs::read_dir("/proc").expect("processes").flatten();
        for id in all.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).filter(is_ours) {
            kill(Pid::from_raw(i32::try_from(id).expect("a process number")), signal).ok();
        }
    }

    fn psql(&self, sql: &str) -> bool {
        let psql = Command::new(self.programs.join("psql"))
            .arg("-h")
            .arg(self.directory.path())
            .args(["-U", "postgres", "-d", "postgres", "-q", "-c", sql])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        psql.expect("psql runs").success()
    }

    fn wait_until_it_answers(&mut self) {
        let deadline = Instant::now() + Duration::from_secs(30);
        while !self.psql("SELECT 1") {
            let ended = self.process.try_wait().expect("own process");
            let log = fs::read_to_string(self.directory.path().join("log")).unwrap_or_default();
            assert!(ended.is_none() && Instant::now() < deadline, "PostgreSQL did not start: {log}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.wake();
        // SIGINT ends it at once, and in order.
        let id = i32::try_from(self.process.id()).expect("a process number");
        kill(Pid::from_raw(id), Signal::SIGINT).ok();
        let deadline = Instant::now() + Duration::from_secs(10);
        while matches!(self.process.try_wait(), Ok(None)) {
            if Instant::now() > deadline {
                self.process.kill().ok();
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

/// `None` when the process has ended.
fn parent_of(process: u32) -> Option<u32> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    status.lines().find_map(|line| line.strip_prefix("PPid:"))?.trim().parse().ok()
}

/// A folder with all programs of one version: on the path, or where Debian keeps them.
fn programs() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut debian: Vec<_> = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten().collect();
    debian.sort_by_key(fs::DirEntry::file_name);
    let debian = debian.into_iter().rev().map(|version| version.path().join("bin"));
    let has_all = |folder: &PathBuf| ["initdb", "postgres", "psql"].iter().all(|name| folder.join(name).is_file());
    std::env::split_paths(&path).chain(debian).find(has_all)
}

/// PostgreSQL refuses to run as root: then another user gets the directory. `None` for who is not root.
fn user_for(directory: &Path) -> Option<(u32, u32)> {
    if fs::metadata(directory).expect("own directory").uid() != 0 {
        return None;
    }
    let users = fs::read_to_string("/etc/passwd").expect("users");
    let find = |name: &str| {
        let line = users.lines().find(|line| line.split(':').next() == Some(name))?;
        let mut fields = line.split(':').skip(2).map(str::parse);
        Some((fields.next()?.ok()?, fields.next()?.ok()?))
    };
    let (user, group) = find("postgres").or_else(|| find("nobody")).expect("a user that is not root");
    chown(directory, Some(user), Some(group)).expect("root gives directories away");
    Some((user, group))
}

/// The program as that user, killed with the test if that is killed.
fn as_user(user: Option<(u32, u32)>, program: &Path) -> Command {
    let mut command = Command::new("setpriv");
    if let Some((user, group)) = user {
        command.args([format!("--reuid={user}"), format!("--regid={group}"), "--clear-groups".into()]);
    }
    command.arg("--pdeathsig=INT").arg("--").arg(program);
    command
}

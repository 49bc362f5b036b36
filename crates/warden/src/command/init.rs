//! `warden init`: a configuration file and two example extensions to begin with, unless there are some, and in plain
//! words how to set up a phone.

use std::env;
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::net::SocketAddr;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use warden_call::route::Action;
use warden_config::{Config, Tls};

use super::ask_or;
use crate::control::Request;
use crate::directory::{DirectoryError, dialplan};
use crate::extensions::{self, Listed};
use crate::load::load;
use crate::places::places;
use crate::welcome::{Server, Welcome};
use crate::{data_dir, examples};

/// Every key, explained; none is set.
const SAMPLE: &str = include_str!("../../../../config.example.yml");

pub(crate) fn run(path: &Path) -> anyhow::Result<ExitCode> {
    let is_new = write_sample(path).with_context(|| format!("cannot write {}", path.display()))?;
    let config = load(path)?.config;
    let mut added = None; // stays so when a server answers
    let extensions: Vec<Listed> = ask_or(&config, &Request::Extensions, async |config, store| {
        added = Some(examples::add_if_none(config, store).await?);
        extensions::list(config, store).await.map_err(anyhow::Error::msg)
    })?;
    let server = match added {
        Some(examples) => Server::Stopped { examples },
        None => Server::Running { socket: data_dir::socket(&config.server.data_dir) },
    };
    let welcome = Welcome {
        program: env::args().next().unwrap_or_else(|| "warden".into()),
        config: path,
        is_new,
        pair: pair(&config, &extensions)?,
        extensions,
        server,
        places: places(&config.server.host),
        sip_port: config.server.sip_port,
        sips_port: config.server.sips_port,
        web: SocketAddr::new(config.web.host, config.web.port),
        is_encrypted: config.web.tls == Tls::Auto,
    };
    io::stdout().write_all(welcome.to_string().as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

/// Writes the sample, for the user that Warden runs as only. False when there is a file, which is left as it is.
fn write_sample(path: &Path) -> io::Result<bool> {
    if let Some(folder) = path.parent() {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    let mut file = match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(false),
        opened => opened?,
    };
    // Half of it would be taken for somebody's own file at the next start.
    file.write_all(SAMPLE.as_bytes()).inspect_err(|_| drop(fs::remove_file(path)))?;
    Ok(true)
}

/// The first two extensions that the dialplan reaches, to try a call with.
fn pair(config: &Config, all: &[Listed]) -> Result<Option<[String; 2]>, DirectoryError> {
    let dialplan = dialplan(config)?;
    let is_reached = |number: &str| dialplan.find(number).is_some_and(|(_, found)| found.action == Action::Extension);
    let mut reached = all.iter().map(|listed| listed.number.clone()).filter(|number| is_reached(number));
    Ok(reached.next().zip(reached.next()).map(|(first, second)| [first, second]))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::extensions::Kept;

    #[test]
    fn the_sample_is_written_once_for_its_user_only_and_sets_nothing() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("var/config.yml");
        assert!(write_sample(&path).unwrap());
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
        assert_eq!(load(&path).unwrap().config, Config::default());

        fs::write(&path, "mine").unwrap();
        assert!(!write_sample(&path).unwrap());
        assert_eq!(fs::read_to_string(&path).unwrap(), "mine");
    }

    #[test]
    fn a_call_is_suggested_only_where_the_dialplan_leads() {
        let text = "dialplan: { patterns: [{ pattern: '^2', action: extension }, { pattern: '^1', action: reject }] }";
        let config = Config::read("config.yml", text, &|_| None).unwrap().config;
        let listed = |number: &str| Listed {
            number: number.into(),
            name: "Ann".into(),
            source: Kept::Database,
            devices: Vec::new(),
        };
        let all = ["1001", "2001", "2002", "3001"].map(listed);
        assert_eq!(pair(&config, &all).unwrap(), Some(["2001", "2002"].map(str::to_owned)));
        assert_eq!(pair(&config, &all[..2]).unwrap(), None);
    }
}

//! What `warden init` says: for somebody who sets up the first phone.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use crate::examples::Login;
use crate::extensions::{Kept, Listed};
use crate::places::Place;

/// An address as a URL has it.
fn at(ip: IpAddr) -> String {
    if ip.is_ipv6() { format!("[{ip}]") } else { ip.to_string() }
}

/// More extensions than this are only counted.
const MOST_LISTED: usize = 10;

/// Whether a server was running, in which case nothing was added.
pub(crate) enum Server {
    Running { socket: PathBuf },
    Stopped { examples: Vec<Login> },
}

/// All that is said; `Display` is the text.
pub(crate) struct Welcome<'a> {
    /// How this program was called, for commands to be copied.
    pub(crate) program: String,
    pub(crate) config: &'a Path,
    /// Whether the file was written now.
    pub(crate) is_new: bool,
    pub(crate) extensions: Vec<Listed>,
    /// Two that can call each other.
    pub(crate) pair: Option<[String; 2]>,
    pub(crate) server: Server,
    pub(crate) places: Vec<Place>,
    pub(crate) sip_port: u16,
    pub(crate) sips_port: u16,
    pub(crate) web: SocketAddr,
    /// Whether that is HTTPS.
    pub(crate) is_encrypted: bool,
}

impl fmt::Display for Welcome<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.say_what_was_done(f)?;
        writeln!(f)?;
        self.list_extensions(f)?;
        writeln!(f)?;
        self.say_where(f)?;
        if let Some([first, second]) = &self.pair {
            writeln!(
                f,
                "To try it, set up one phone as {first} and another as {second}, and dial {second} on the first."
            )?;
        }
        writeln!(f)?;
        self.say_web(f)
    }
}

impl Welcome<'_> {
    fn say_what_was_done(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let config = self.config.display();
        if self.is_new {
            writeln!(f, "{config} is new. It explains every setting, and none has to be changed.")?;
        } else {
            writeln!(f, "{config} was there already and is as it was.")?;
        }
        match &self.server {
            Server::Running { socket } => {
                writeln!(f, "A server is already running, at {}: no extension was added.", socket.display())
            }
            Server::Stopped { examples } if !examples.is_empty() => {
                writeln!(f, "There was no extension, so {} examples were added.", examples.len())
            }
            Server::Stopped { .. } => Ok(()),
        }
    }

    fn list_extensions(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.extensions.len() {
            0 => {
                return self.show_command(
                    f,
                    "There is no extension yet. To add one:",
                    "extension add 1001 --name Alice",
                );
            }
            1..=MOST_LISTED => self.show_extensions(f)?,
            count => self.show_command(f, &format!("There are {count} extensions. To list them:"), "extension list")?,
        }
        if self.extensions.iter().any(|listed| listed.source == Kept::File) {
            writeln!(f, "Who is declared in {} has the password that is written there.", self.config.display())?;
        }
        let Some(saved) = self.extensions.iter().find(|listed| listed.source != Kept::File) else { return Ok(()) };
        let number = &saved.number;
        let lead = if self.logins().is_empty() {
            format!("Passwords cannot be shown again. To give {number} another one:")
        } else {
            format!("Note the passwords: they cannot be shown again. To give {number} another one:")
        };
        self.show_command(f, &lead, &format!("extension set-password {number}"))
    }

    fn show_extensions(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.extensions.iter().map(|listed| listed.name.escape_debug().to_string());
        let names: Vec<_> = names.collect();
        let width = names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
        let password = if self.logins().is_empty() { "" } else { "PASSWORD" };
        let row = |user: &str, name: &str, password: &str| format!("    {user:<15}  {name:<width$}  {password}");
        writeln!(f, "{}", row("USER NAME", "NAME", password).trim_end())?;
        for (Listed { number, .. }, name) in self.extensions.iter().zip(&names) {
            let login = self.logins().iter().find(|login| login.number == number);
            writeln!(f, "{}", row(number, name, login.map_or("", |login| &login.password)).trim_end())?;
        }
        Ok(())
    }

    fn logins(&self) -> &[Login] {
        match &self.server {
            Server::Running { .. } => &[],
            Server::Stopped { examples } => examples,
        }
    }

    fn say_where(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let port = self.sip_port;
        let what = match self.places.len() {
            0 | 1 => "this address",
            _ => "the one of these addresses that is in its network",
        };
        writeln!(f, "Point a phone at {what}, which it may call server, domain or registrar:")?;
        for Place { address, card } in &self.places {
            let card = card.as_ref().map(|card| format!("   (network card {card})")).unwrap_or_default();
            writeln!(f, "    {address}   port {port}, UDP or TCP; port {}, TLS{card}", self.sips_port)?;
        }
        Ok(())
    }

    fn say_web(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut web = self.web;
        if self.is_encrypted {
            let host = if web.ip().is_unspecified() { "localhost".into() } else { at(web.ip()) };
            writeln!(f, "In a web browser on this machine: https://{host}:{}/api/status", web.port())?;
            let lead = "The browser warns of the certificate, which Warden makes itself. To compare it:";
            return self.show_command(f, lead, "cert status");
        }
        let mut whence = "";
        if web.ip().is_unspecified() {
            let place = self.places.iter().find(|place| place.address.is_ipv4() == web.is_ipv4());
            web.set_ip(place.map_or(web.ip(), |place| place.address));
        }
        if web.ip().is_loopback() {
            whence = ", from this machine only";
        }
        writeln!(f, "In a web browser{whence}: http://{web}/api/status")
    }

    /// A command to be copied, below what it is for.
    fn show_command(&self, f: &mut fmt::Formatter<'_>, lead: &str, command: &str) -> fmt::Result {
        writeln!(f, "{lead}\n    {} {command} --config {}", self.program, self.config.display())
    }
}

#[cfg(test)]
mod tests;

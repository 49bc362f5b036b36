//! `warden trunks`: where Warden registers itself, and how that fares.

use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;

use super::print_list;
use crate::cli::List;
use crate::control::{Request, Trunk, ask};
use crate::data_dir;
use crate::load::load;

pub(crate) fn run(config: &Path, list: &List) -> anyhow::Result<ExitCode> {
    let config = load(config)?.config;
    let socket = data_dir::socket(&config.server.data_dir);
    let trunks: Vec<Trunk> = ask(&socket, &Request::Trunks)?;
    print_list(&trunks, list, table)
}

fn table(trunks: &[Trunk]) -> String {
    if trunks.is_empty() {
        return "no trunk registers anywhere\n".into();
    }
    let server = |trunk: &Trunk| {
        let found = trunk.transport.as_ref().zip(trunk.server);
        found.map_or_else(|| "-".to_owned(), |(transport, address)| format!("{address} {transport}"))
    };
    let wide = |texts: &mut dyn Iterator<Item = usize>, least: usize| texts.max().unwrap_or(0).max(least);
    let name_width = wide(&mut trunks.iter().map(|trunk| trunk.name.len()), 5);
    let server_width = wide(&mut trunks.iter().map(|trunk| server(trunk).len()), 6);
    let mut text = format!("{:<name_width$}  {:<server_width$}  STATE\n", "TRUNK", "SERVER");
    for trunk in trunks {
        // Writing to a text cannot fail.
        let _written =
            writeln!(text, "{:<name_width$}  {:<server_width$}  {}", trunk.name, server(trunk), state(trunk));
    }
    text
}

/// Such as `registered, expires in 12 min` or `not registered: no answer; next try in 25 s`.
fn state(trunk: &Trunk) -> String {
    let mut text = match trunk.expires_in_s {
        Some(expires_in_s) => format!("registered, expires in {}", time(expires_in_s)),
        None if trunk.error.is_none() => "registering".to_owned(),
        None => "not registered".to_owned(),
    };
    if let Some(error) = &trunk.error {
        let mark = if trunk.registered { "; not refreshed: " } else { ": " };
        let next =
            trunk.next_in_s.map_or_else(|| "trying again".to_owned(), |next| format!("next try in {}", time(next)));
        let _written = write!(text, "{mark}{error}; {next}");
    }
    text
}

fn time(seconds: u64) -> String {
    if seconds < 120 { format!("{seconds} s") } else { format!("{} min", seconds / 60) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trunk(expires_in_s: Option<u64>, next_in_s: Option<u64>, error: Option<&str>) -> Trunk {
        Trunk {
            name: "office".into(),
            username: "4930123".into(),
            registrar: "sip:sip.example.com".into(),
            transport: Some("UDP".into()),
            server: Some("192.0.2.1:5060".parse().unwrap()),
            registered: expires_in_s.is_some(),
            expires_in_s,
            next_in_s,
            error: error.map(str::to_owned),
        }
    }

    #[test]
    fn each_state_is_said_in_words() {
        for (trunk, expected) in [
            (trunk(Some(720), Some(600), None), "registered, expires in 12 min"),
            (trunk(None, None, None), "registering"),
            (
                trunk(None, Some(840), Some("401: wrong user name or password")),
                "not registered: 401: wrong user name or password; next try in 14 min",
            ),
            (trunk(None, None, Some("no answer")), "not registered: no answer; trying again"),
            (
                trunk(Some(90), Some(40), Some("no answer")),
                "registered, expires in 90 s; not refreshed: no answer; next try in 40 s",
            ),
        ] {
            assert_eq!(state(&trunk), expected);
        }
        let table = table(&[trunk(Some(60), None, None)]);
        assert_eq!(table.lines().last(), Some("office  192.0.2.1:5060 UDP  registered, expires in 60 s"));
        assert_eq!(super::table(&[]), "no trunk registers anywhere\n");
    }
}

//! `warden bans`: who is banned, through the running server or, when none runs, directly in the database.

use std::fmt::Write as _;
use std::io::{self, Write};
use std::net::IpAddr;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use jiff::tz::TimeZone;
use warden_call::BanChange;
use warden_call::access::{Ban as OneBan, BanReason, Banned};
use warden_store::{Clock, Store};

use super::{ask_or, print_list};
use crate::cli::{BansCommand, List};
use crate::control::{Ban, Request};
use crate::load::load;

pub(crate) fn run(config: &Path, command: &BansCommand) -> anyhow::Result<ExitCode> {
    match command {
        BansCommand::List(list) => self::list(config, list),
        BansCommand::Add { address, duration } => add(config, *address, *duration),
        BansCommand::Remove { address } => remove(config, *address),
    }
}

fn list(config: &Path, list: &List) -> anyhow::Result<ExitCode> {
    let config = load(config)?.config;
    let all: Vec<Ban> = ask_or(&config, &Request::Bans, async |_, store| {
        let clock = Clock::read();
        Ok(store.load_bans(clock).await?.iter().map(|ban| Ban::of(ban, clock)).collect())
    })?;
    print_list(&all, list, |all| table(all, &TimeZone::system()))
}

fn add(config: &Path, address: IpAddr, duration: Option<Duration>) -> anyhow::Result<ExitCode> {
    let config = load(config)?.config;
    let duration = duration.unwrap_or(config.security.rate_limiting.ban_duration);
    let request = Request::Ban { address, seconds: duration.as_secs() };
    ask_or(&config, &request, async |_, store| {
        let clock = Clock::read();
        let until = clock.now.checked_add(duration).unwrap_or(clock.now);
        let who = Banned::address(address);
        let ban = OneBan { who, reason: BanReason::ByHand, until, duration, attempts: 0 };
        Ok(store.save_bans(&[BanChange::Put(ban)], clock).await?)
    })?;
    writeln!(io::stdout(), "{address} banned for {} s", duration.as_secs())?;
    Ok(ExitCode::SUCCESS)
}

fn remove(config: &Path, address: IpAddr) -> anyhow::Result<ExitCode> {
    let config = load(config)?.config;
    let lifted: usize = ask_or(&config, &Request::LiftBans { address }, async |_, store| lift(store, address).await)?;
    anyhow::ensure!(lifted > 0, "{address} is not banned");
    writeln!(io::stdout(), "{address} is heard again")?;
    Ok(ExitCode::SUCCESS)
}

async fn lift(store: &Store, address: IpAddr) -> anyhow::Result<usize> {
    let (clock, source) = (Clock::read(), Banned::address(address).source());
    let bans = store.load_bans(clock).await?.into_iter().map(|ban| ban.who).filter(|who| who.source() == source);
    let changes: Vec<_> = bans.map(BanChange::Remove).collect();
    store.save_bans(&changes, clock).await?;
    Ok(changes.len())
}

fn table(bans: &[Ban], zone: &TimeZone) -> String {
    if bans.is_empty() {
        return "nobody is banned\n".into();
    }
    let width = bans.iter().map(|ban| shown(ban).len()).max().unwrap_or(0).max("ADDRESS".len());
    let mut text = format!(
        "{:<width$}  {:<15}  {:<19}  {:<19}  {:>8}  USER NAME\n",
        "ADDRESS", "REASON", "SINCE", "UNTIL", "ATTEMPTS"
    );
    for ban in bans {
        let [since, until] =
            [ban.since, ban.until].map(|time| time.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string());
        // Whoever guesses may call himself anything, also what a terminal would obey.
        let username = ban.username.as_deref().unwrap_or("all of them").escape_debug();
        let (address, reason, attempts) = (shown(ban), ban.reason.words(), ban.attempts);
        // Writing to a text cannot fail.
        let _written =
            writeln!(text, "{address:<width$}  {reason:<15}  {since:<19}  {until:<19}  {attempts:>8}  {username}");
    }
    text
}

fn shown(ban: &Ban) -> String {
    if ban.address.is_ipv6() { format!("{}/64", ban.address) } else { ban.address.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::Reason;

    #[test]
    fn who_guesses_cannot_write_to_the_terminal() {
        let ban = Ban {
            address: "2001:db8::".parse().unwrap(),
            username: Some("a\x1b[2J\nb".into()),
            reason: Reason::WrongPasswords,
            since: "2026-11-23T22:40:00Z".parse().unwrap(),
            until: "2026-11-23T23:40:00Z".parse().unwrap(),
            attempts: 5,
        };
        let table = table(&[ban], &TimeZone::UTC);
        assert_eq!(table.lines().count(), 2, "{table}");
        assert!(
            table.contains("2001:db8::/64  wrong passwords  2026-11-23 22:40:00")
                && table.ends_with("5  a\\u{1b}[2J\\nb\n"),
            "{table}"
        );
    }

    #[test]
    fn nobody_is_said_in_words() {
        assert_eq!(table(&[], &TimeZone::UTC), "nobody is banned\n");
    }
}

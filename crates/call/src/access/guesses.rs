//! From wrong guesses to bans, and the orders of administrators.

use std::collections::{HashSet, VecDeque};
use std::net::IpAddr;
use std::time::Instant;

use super::ban::{Ban, BanReason, Banned};
use super::{Access, AccessPolicy, WrongGuess};
use crate::output::{BanChange, Event, Output};

impl Access {
    /// Whether a password from `source` in the name of `username` is to be refused unread, at whichever door.
    pub(crate) fn is_banned(&self, source: IpAddr, username: &[u8], policy: &AccessPolicy, now: Instant) -> bool {
        if policy.trusts(source) {
            return false;
        }
        self.bans.of_address(source, now).is_some() || self.bans.of_user(source, username, now).is_some()
    }

    /// A wrong guess came; after too many of them somebody is banned. `is_home`: a phone is registered from there.
    pub(crate) fn strike(
        &mut self,
        guess: &WrongGuess,
        is_home: bool,
        policy: &AccessPolicy,
        now: Instant,
        outputs: &mut VecDeque<Output>,
    ) {
        if !policy.bans.enabled || policy.trusts(guess.source) {
            return;
        }
        let [address, user] = [Banned::address(guess.source), Banned::user(guess.source, &guess.username)];
        let by_user = self.strikes.note(&user, &policy.bans, now);
        let by_address = self.strikes.note(&address, &policy.bans, now);
        let (who, attempts) = match (is_home, by_user, by_address) {
            (false, _, Some(attempts)) => (address, attempts),
            (true, Some(attempts), _) => (user, attempts),
            (true, None, _) | (false, _, None) => return,
        };
        self.strikes.forget(&who);
        let duration = policy.bans.ban_duration;
        let ban =
            Ban { who: who.clone(), reason: BanReason::WrongPasswords, until: now + duration, duration, attempts };
        self.ban(ban, now, outputs);
        self.bans.note_guess(&who, &guess.username);
    }

    /// Bans somebody, and tells of it.
    pub(crate) fn ban(&mut self, ban: Ban, now: Instant, outputs: &mut VecDeque<Output>) {
        if ban.reason == BanReason::WrongPasswords && self.is_shut_out(ban.who.source(), now) {
            // Who gets no answer at all is not to earn a milder ban by guessing.
            return;
        }
        let Ban { who, reason, duration, .. } = &ban;
        outputs.push_back(Output::Event(Event::Banned { who: who.clone(), reason: *reason, duration: *duration }));
        outputs.push_back(Output::SaveBan(BanChange::Put(ban.clone())));
        for ended in self.bans.put(ban, now) {
            outputs.push_back(Output::SaveBan(BanChange::Remove(ended.who)));
        }
    }

    /// Takes over the bans that an earlier run has saved.
    pub(crate) fn restore(&mut self, bans: Vec<Ban>, now: Instant) {
        for ban in bans.into_iter().filter(|ban| now < ban.until) {
            self.bans.put(ban, now);
        }
    }

    /// Lifts every ban of an address.
    pub(crate) fn lift(&mut self, address: IpAddr, outputs: &mut VecDeque<Output>) {
        for who in self.bans.at(address) {
            self.bans.take(&who);
            self.strikes.forget(&who);
            outputs.push_back(Output::SaveBan(BanChange::Remove(who)));
        }
        self.strikes.forget(&Banned::address(address));
    }

    /// These users have another password: nobody stays banned for wrong ones from before.
    pub(crate) fn forgive(&mut self, usernames: &HashSet<&[u8]>, outputs: &mut VecDeque<Output>) {
        for who in self.bans.for_guesses_of(usernames) {
            self.bans.take(&who);
            self.strikes.forget(&who);
            outputs.push_back(Output::SaveBan(BanChange::Remove(who)));
        }
    }

    /// The bans that are on, the next to end first.
    pub(crate) fn bans(&self, now: Instant) -> impl Iterator<Item = &Ban> {
        self.bans.list(now)
    }
}

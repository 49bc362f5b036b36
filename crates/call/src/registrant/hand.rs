//! What one account works with while it deals with one input.

use std::collections::VecDeque;
use std::time::Instant;

use warden_sip::endpoint::{ClientId, Flow, NextHop, Request};
use warden_sip::random::Random;
use warden_sip::resolve::{FailedHops, Question};

use super::account::AccountNews;
use crate::directory::Directory;
use crate::numbers::Numbers;
use crate::output::{Event, Output};

/// What decisions are made from, and where they go.
pub(crate) struct Surroundings<'a> {
    pub(crate) directory: &'a Directory,
    pub(crate) outputs: &'a mut VecDeque<Output>,
    pub(crate) now: Instant,
}

/// What all accounts share.
pub(super) struct Tools {
    pub(super) random: Random,
    pub(super) numbers: Numbers,
    pub(super) failed: FailedHops,
    pub(super) unreached: Option<(Flow, String)>,
}

impl Tools {
    pub(super) fn hand<'a>(&'a mut self, around: Surroundings<'a>) -> Hand<'a> {
        let Surroundings { directory, outputs, now } = around;
        let Self { random, numbers, failed, unreached } = self;
        Hand { directory, random, numbers, failed, unreached: unreached.as_ref(), outputs, now }
    }
}

/// The tools of all accounts, for the one that is served.
pub(super) struct Hand<'a> {
    pub(super) directory: &'a Directory,
    pub(super) random: &'a mut Random,
    pub(super) numbers: &'a mut Numbers,
    pub(super) failed: &'a mut FailedHops,
    /// The connection that could not be made last, and why.
    pub(super) unreached: Option<&'a (Flow, String)>,
    pub(super) outputs: &'a mut VecDeque<Output>,
    pub(super) now: Instant,
}

impl Hand<'_> {
    pub(super) fn look_up(&mut self, question: Question) {
        self.outputs.push_back(Output::Ask(question));
    }

    pub(super) fn open(&mut self, hop: NextHop, any_certificate: bool) -> ClientId {
        let id = self.numbers.next();
        self.outputs.push_back(Output::Open { id, hop, any_certificate });
        id
    }

    pub(super) fn send(&mut self, request: Request, flow: Flow) -> ClientId {
        let id = self.numbers.next();
        self.outputs.push_back(Output::Send { id, request: Box::new(request), flow });
        id
    }

    pub(super) fn keep_alive(&mut self, flow: Flow) {
        self.outputs.push_back(Output::KeepAlive { flow });
    }

    /// Why the connection of `flow` could not be made.
    pub(super) fn reason_for(&self, flow: &Flow) -> Option<String> {
        self.unreached.filter(|(unreached, _)| unreached == flow).map(|(_, reason)| reason.clone())
    }

    pub(super) fn tell(&mut self, account: Box<str>, news: AccountNews) {
        self.outputs.push_back(Output::Event(Event::Account { account, news }));
    }
}

//! Warden as a user agent that registers at other servers: trunks, and lines of its own at a provider.
//!
//! What is done with calls that come by them is not decided here.

mod account;
mod hand;
mod keys;
mod line;
mod pace;
mod request;

pub use account::{Account, AccountNews, AccountView, Password};
pub(crate) use hand::Surroundings;

use std::sync::Arc;
use std::time::{Duration, Instant};

use warden_sip::endpoint::{ClientId, Failure, Flow};
use warden_sip::message::Message;
use warden_sip::random::Random;
use warden_sip::resolve::{Answer, FailedHops, Question};

use self::hand::{Hand, Tools};
use self::line::Line;
use crate::numbers::{Numbers, Part};

/// Accounts begin this far apart, so that one server is not asked for all of them at once.
const APART: Duration = Duration::from_millis(50);

/// All accounts.
pub(crate) struct Registrant {
    lines: Vec<Line>,
    /// Those that are given up, until the server knows.
    leaving: Vec<Line>,
    tools: Tools,
    is_closed: bool,
}

impl Registrant {
    pub(crate) fn new(random: Random) -> Self {
        Self {
            lines: Vec::new(),
            leaving: Vec::new(),
            tools: Tools {
                random,
                numbers: Numbers::new(Part::Registrant),
                failed: FailedHops::default(),
                unreached: None,
            },
            is_closed: false,
        }
    }

    /// The configuration has changed: an account that stays as it was goes on, one that is the same to its server is
    /// registered anew in its place, another begins, and what is gone is given up.
    pub(crate) fn configure(&mut self, around: Surroundings<'_>) {
        if self.is_closed {
            return;
        }
        let (accounts, now) = (Arc::clone(&around.directory.accounts), around.now);
        let mut before = std::mem::take(&mut self.lines);
        before.append(&mut self.leaving);
        let kept = keep(&mut before, &accounts);
        let mut hand = self.tools.hand(around);
        let (mut lines, mut begin) = (Vec::with_capacity(accounts.len()), now);
        for (account, kept) in accounts.iter().zip(kept) {
            lines.push(match kept {
                Some(line) if line.is_for(account) => line,
                Some(mut line) => {
                    begin += APART;
                    line.take_over(Arc::clone(account), begin);
                    line
                }
                None => {
                    begin += APART;
                    Line::new(Arc::clone(account), begin, &mut hand)
                }
            });
        }
        for line in &mut before {
            line.leave(&mut hand);
        }
        for line in &mut lines {
            line.check_contact(&mut hand);
        }
        self.lines = lines;
        self.leaving = before;
        self.forget();
    }

    /// Our address, as others see it, has changed.
    pub(crate) fn check_contacts(&mut self, around: Surroundings<'_>) {
        self.serve(around, Line::check_contact);
    }

    /// Gives all registrations up, for good.
    pub(crate) fn leave(&mut self, around: Surroundings<'_>) {
        self.is_closed = true;
        self.leaving.append(&mut self.lines);
        self.serve(around, Line::leave);
    }

    /// Whether the servers know of all registrations that were given up, or have not answered in time.
    pub(crate) fn has_left(&self) -> bool {
        self.is_closed && self.leaving.is_empty()
    }

    /// How all accounts fare, in the order of the configuration.
    pub(crate) fn views(&self, now: Instant) -> Vec<AccountView> {
        self.lines.iter().map(|line| line.view(now)).collect()
    }

    pub(crate) fn next_timeout(&self) -> Option<Instant> {
        self.lines.iter().chain(&self.leaving).filter_map(Line::next_timeout).min()
    }

    pub(crate) fn handle_timeout(&mut self, around: Surroundings<'_>) {
        self.serve(around, Line::handle_timeout);
    }

    pub(crate) fn handle_answer(&mut self, question: &Question, answer: &Answer, around: Surroundings<'_>) {
        self.serve(around, |line, hand| line.handle_answer(question, answer, hand));
    }

    pub(crate) fn handle_opened(&mut self, id: ClientId, flow: Option<Flow>, around: Surroundings<'_>) {
        self.serve(around, |line, hand| line.handle_opened(id, flow, hand));
    }

    /// A connection cannot be made; what was sent on it fails next, for this reason. Only the last is remembered.
    pub(crate) fn note_unreached(&mut self, flow: Flow, reason: String) {
        self.tools.unreached = Some((flow, reason));
    }

    pub(crate) fn handle_response(&mut self, id: ClientId, response: &Message, around: Surroundings<'_>) {
        self.serve(around, |line, hand| line.handle_response(id, response, hand));
    }

    pub(crate) fn handle_failed(&mut self, id: ClientId, failure: Failure, around: Surroundings<'_>) {
        self.serve(around, |line, hand| line.handle_failed(id, failure, hand));
    }

    pub(crate) fn handle_flow_ended(&mut self, flow: &Flow, around: Surroundings<'_>) {
        self.serve(around, |line, hand| line.handle_flow_ended(flow, hand));
    }

    /// Lets each account deal with something; the one that it is for knows.
    fn serve(&mut self, around: Surroundings<'_>, mut deal: impl FnMut(&mut Line, &mut Hand<'_>)) {
        let mut hand = self.tools.hand(around);
        for line in self.lines.iter_mut().chain(&mut self.leaving) {
            deal(line, &mut hand);
        }
        self.forget();
    }

    fn forget(&mut self) {
        self.leaving.retain(|line| !line.is_over());
    }
}

/// The line out of `before` that each account goes on with: who stays as it is chooses first.
fn keep(before: &mut Vec<Line>, accounts: &[Arc<Account>]) -> Vec<Option<Line>> {
    let mut kept: Vec<Option<Line>> = accounts.iter().map(|_| None).collect();
    for fits in [Line::is_for, Line::is_same_line, Line::is_same_address] {
        for (account, place) in accounts.iter().zip(&mut kept).filter(|(_, place)| place.is_none()) {
            *place = before.iter().position(|line| fits(line, account)).map(|index| before.remove(index));
        }
    }
    kept
}

#[cfg(test)]
mod tests;

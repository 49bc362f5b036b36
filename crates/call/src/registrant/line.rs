//! One account: found, asked, answered, refreshed, tried again.

mod successor;
mod upkeep;

use std::sync::Arc;
use std::time::{Duration, Instant};

use warden_sip::endpoint::{ClientId, Failure, Flow};
use warden_sip::message::Message;
use warden_sip::resolve::{Answer, Attempts, Progress, Question, Resolution};
use warden_sip::tag::Tag;

use super::account::{Account, AccountNews, AccountView};
use super::hand::Hand;
use super::keys::{Keys, Verdict};
use super::pace;
use super::request::{Series, Wish, contact, granted, register};
use crate::bridge::address_for;

/// The most requests of one attempt: challenges, shorter times and places together.
const MAX_TRIES: u32 = 16;
/// A server that keeps a registration longer is not believed: it should be heard of once a day.
const LONGEST: Duration = Duration::from_hours(24);

enum Stage {
    /// For the next attempt, or the next refresh.
    Waiting { until: Instant },
    /// For answers from DNS.
    Resolving(Box<Resolution>),
    /// For a way to the place.
    Opening { id: ClientId },
    /// For the answer.
    Asked {
        id: ClientId,
        flow: Flow,
        /// What was asked for.
        contact: Vec<u8>,
    },
    /// Nothing follows.
    Over,
}

/// How soon a failed attempt is followed by another.
enum Delay {
    /// The more failures, the later; not before this.
    BackOff(Duration),
    /// Asking again will hardly help.
    Slow,
}

/// An account's state.
pub(super) struct Line {
    account: Arc<Account>,
    /// The same one as it is configured now, if an answer is awaited first.
    successor: Option<Arc<Account>>,
    stage: Stage,
    attempts: Attempts,
    /// The way that the last request went; refreshes go there too.
    way: Option<Flow>,
    series: Series,
    keys: Keys,
    /// How long to ask for; a server may want more.
    expires: Duration,
    registered_until: Option<Instant>,
    /// The Contact that is registered, or was last.
    contact: Option<Vec<u8>>,
    /// When a router on the way is shown next that the path is in use; `None` where there is none.
    keep_alive_at: Option<Instant>,
    tries: u32,
    failures: u32,
    error: Option<String>,
    is_leaving: bool,
}

impl Line {
    /// Not yet tried; `begin` is when it is.
    pub(super) fn new(account: Arc<Account>, begin: Instant, hand: &mut Hand<'_>) -> Self {
        let series = Series { call_id: hand.random.hex(), tag: Tag::random(hand.random), sequence: 0 };
        Self {
            expires: account.expires,
            account,
            successor: None,
            stage: Stage::Waiting { until: begin },
            attempts: Attempts::default(),
            way: None,
            series,
            keys: Keys::default(),
            registered_until: None,
            contact: None,
            keep_alive_at: None,
            tries: 0,
            failures: 0,
            error: None,
            is_leaving: false,
        }
    }

    pub(super) fn view(&self, now: Instant) -> AccountView {
        let hop = self.attempts.current().map(|hop| (hop.transport, hop.remote));
        AccountView {
            name: self.wanted().name.clone(),
            username: self.account.username.clone(),
            registrar: self.account.registrar.clone(),
            registered_until: self.registered_until.filter(|until| *until > now),
            server: self.way.map(|way| (way.transport, way.remote)).or(hop),
            next_at: match self.stage {
                Stage::Waiting { until } => Some(until),
                Stage::Resolving(_) | Stage::Opening { .. } | Stage::Asked { .. } | Stage::Over => None,
            },
            error: self.error.clone(),
        }
    }

    pub(super) fn is_over(&self) -> bool {
        matches!(self.stage, Stage::Over)
    }

    pub(super) fn next_timeout(&self) -> Option<Instant> {
        match self.stage {
            Stage::Waiting { until } => Some(self.keep_alive_at.map_or(until, |at| at.min(until))),
            Stage::Resolving(_) | Stage::Opening { .. } | Stage::Asked { .. } | Stage::Over => None,
        }
    }

    pub(super) fn handle_timeout(&mut self, hand: &mut Hand<'_>) {
        let Stage::Waiting { until } = self.stage else { return };
        if until <= hand.now {
            return self.begin(hand);
        }
        if self.keep_alive_at.is_some_and(|at| at <= hand.now) {
            self.keep_alive(hand);
        }
    }

    fn is_registered(&self, now: Instant) -> bool {
        self.registered_until.is_some_and(|until| until > now)
    }

    /// Another attempt: by the way that is known, or from the beginning.
    fn begin(&mut self, hand: &mut Hand<'_>) {
        self.tries = 0;
        self.keys.begin();
        self.attempts = Attempts::default();
        match self.way.filter(|_| self.is_registered(hand.now)) {
            Some(flow) => self.ask(flow, hand),
            None => self.resolve(hand),
        }
    }

    fn resolve(&mut self, hand: &mut Hand<'_>) {
        self.lose_way();
        let target = self.account.outbound_proxy.as_ref().unwrap_or(&self.account.registrar).view();
        let Some(uri) = target.as_sip() else { return self.fail("not a SIP URI".into(), &Delay::Slow, hand) };
        let resolution = Resolution::new(uri, hand.directory.speaks);
        self.stage = Stage::Resolving(Box::new(resolution));
        self.go_on_resolving(hand);
    }

    fn go_on_resolving(&mut self, hand: &mut Hand<'_>) {
        loop {
            let Stage::Resolving(resolution) = &mut self.stage else { return };
            match resolution.poll() {
                Progress::Ask(question) => hand.look_up(question),
                Progress::Wait => return,
                Progress::Found(mut hops) => {
                    hand.failed.put_last(&mut hops, hand.now);
                    self.attempts = Attempts::new(hops);
                    return self.try_next("no server found".into(), Duration::ZERO, hand);
                }
                Progress::Failed(why) => return self.fail(why.to_string(), &Delay::BackOff(Duration::ZERO), hand),
            }
        }
    }

    pub(super) fn handle_answer(&mut self, question: &Question, answer: &Answer, hand: &mut Hand<'_>) {
        let Stage::Resolving(resolution) = &mut self.stage else { return };
        resolution.handle_answer(question, answer, hand.random);
        self.go_on_resolving(hand);
    }

    /// The next place. Without one the attempt has failed, for the reason that the last place gave.
    fn try_next(&mut self, reason: String, retry_after: Duration, hand: &mut Hand<'_>) {
        self.tries += 1;
        match self.attempts.next_hop().filter(|_| self.tries <= MAX_TRIES) {
            Some(hop) => {
                let id = hand.open(hop, self.account.any_certificate);
                self.stage = Stage::Opening { id };
            }
            None => self.fail(reason, &Delay::BackOff(retry_after), hand),
        }
    }

    pub(super) fn handle_opened(&mut self, id: ClientId, flow: Option<Flow>, hand: &mut Hand<'_>) {
        if !matches!(self.stage, Stage::Opening { id: opening } if opening == id) {
            return;
        }
        match flow {
            Some(flow) => self.ask(flow, hand),
            None => self.leave_place("no way to the server".into(), None, hand),
        }
    }

    /// Sends a REGISTER by `flow`, unless it is too large for it and there is another way.
    fn ask(&mut self, flow: Flow, hand: &mut Hand<'_>) {
        let contact = contact(&self.account, &flow, address_for(&flow, hand.directory));
        let before = self.contact.as_deref().filter(|before| *before != contact && self.is_registered(hand.now));
        let wish = if self.is_leaving {
            Wish { contact: before.unwrap_or(&contact), expires_s: 0, instead_of: None }
        } else {
            let expires_s = u32::try_from(self.expires.as_secs()).unwrap_or(u32::MAX);
            Wish { contact: &contact, expires_s, instead_of: before }
        };
        self.series.sequence += 1;
        let Some(mut request) = register(&self.account, &self.series, &wish) else {
            return self.fail("not a SIP URI".into(), &Delay::Slow, hand);
        };
        self.keys.sign(&mut request.headers, &self.account, &request.uri, hand.random);
        if self.attempts.is_too_large(request.size_on(&flow)) {
            return self.try_next("too large".into(), Duration::ZERO, hand);
        }
        self.way = Some(flow);
        let id = hand.send(request, flow);
        self.stage = Stage::Asked { id, flow, contact };
    }

    /// The same once more, after what the answer said.
    fn ask_again(&mut self, flow: Flow, otherwise: String, hand: &mut Hand<'_>) {
        self.tries += 1;
        if self.tries <= MAX_TRIES {
            self.ask(flow, hand);
        } else {
            self.fail(otherwise, &Delay::BackOff(Duration::ZERO), hand);
        }
    }

    /// The flow that the answer to `id` is awaited on.
    fn awaited(&self, id: ClientId) -> Option<Flow> {
        match self.stage {
            Stage::Asked { id: asked, flow, .. } if asked == id => Some(flow),
            Stage::Asked { .. } | Stage::Waiting { .. } | Stage::Resolving(_) | Stage::Opening { .. } | Stage::Over => {
                None
            }
        }
    }

    pub(super) fn handle_response(&mut self, id: ClientId, response: &Message, hand: &mut Hand<'_>) {
        let Some(flow) = self.awaited(id) else { return };
        let Some(status) = response.status().filter(|status| !status.is_provisional()) else { return };
        if !self.is_leaving
            && let Some(successor) = self.successor.take()
        {
            return self.succeed(successor, response, &flow, hand);
        }
        match status.code() {
            401 | 407 => self.handle_challenge(response, flow, hand),
            _ if self.is_leaving => self.end(hand),
            200..300 => self.handle_granted(response, &flow, hand),
            423 => self.handle_too_brief(response, flow, hand),
            408 | 503 => {
                let retry_after = response.retry_after_s().map(|seconds| Duration::from_secs(seconds.into()));
                self.leave_place(words(response), retry_after, hand);
            }
            403 => self.fail(words(response), &Delay::Slow, hand),
            _ => {
                let retry_after = response.retry_after_s().unwrap_or(0);
                self.fail(words(response), &Delay::BackOff(Duration::from_secs(retry_after.into())), hand);
            }
        }
    }

    fn handle_challenge(&mut self, response: &Message, flow: Flow, hand: &mut Hand<'_>) {
        match self.keys.take(response, &self.account) {
            Verdict::TryAgain => self.ask_again(flow, words(response), hand),
            Verdict::Wrong => {
                let code = response.status().map_or(0, warden_sip::status::Status::code);
                self.fail(format!("{code}: wrong user name or password"), &Delay::Slow, hand);
            }
            Verdict::Unknown => {
                let reason = format!("{}: it asks for a way to sign in that is not known here", words(response));
                self.fail(reason, &Delay::Slow, hand);
            }
        }
    }

    /// A longer time is asked for, if the server says which (RFC 3261 §10.2.8).
    fn handle_too_brief(&mut self, response: &Message, flow: Flow, hand: &mut Hand<'_>) {
        let least = response.min_expires_s().map(|seconds| Duration::from_secs(seconds.into()));
        match least.filter(|least| *least > self.expires && *least <= LONGEST) {
            Some(least) => {
                self.expires = least;
                self.ask_again(flow, words(response), hand);
            }
            None => self.fail(words(response), &Delay::Slow, hand),
        }
    }

    fn handle_granted(&mut self, response: &Message, flow: &Flow, hand: &mut Hand<'_>) {
        let Stage::Asked { contact, .. } = &self.stage else { return };
        let contact = contact.clone();
        let expires = granted(response, &contact, self.expires).min(LONGEST);
        if expires.is_zero() {
            return self.fail("the server has not kept the registration".into(), &Delay::BackOff(Duration::ZERO), hand);
        }
        if let Some(hop) = self.attempts.current() {
            hand.failed.forget(hop);
        }
        self.contact = Some(contact);
        let refreshed = self.registered_until.replace(hand.now + expires).is_some_and(|until| until > hand.now);
        (self.failures, self.error) = (0, None);
        self.begin_to_keep_alive(flow, hand);
        self.stage = Stage::Waiting { until: hand.now + pace::refresh_after(expires, hand.random) };
        self.tell(AccountNews::Registered { expires, refreshed }, hand);
        // It may have changed while this was under way.
        self.check_contact(hand);
    }

    pub(super) fn handle_failed(&mut self, id: ClientId, failure: Failure, hand: &mut Hand<'_>) {
        let Some(flow) = self.awaited(id) else { return };
        if self.is_leaving {
            return self.end(hand);
        }
        if let Some(successor) = self.successor.take() {
            return self.become_account(successor, hand.now);
        }
        let reason = match failure {
            Failure::TimedOut => "no answer".to_owned(),
            Failure::Transport => hand.reason_for(&flow).unwrap_or_else(|| "the connection has ended".to_owned()),
        };
        self.leave_place(reason, None, hand);
    }

    /// The place does not serve: it is avoided for a while, and the next one is tried.
    fn leave_place(&mut self, reason: String, retry_after: Option<Duration>, hand: &mut Hand<'_>) {
        self.lose_way();
        match self.attempts.current() {
            Some(hop) => {
                hand.failed.note(hop.clone(), retry_after, hand.now);
                self.try_next(reason, retry_after.unwrap_or_default(), hand);
            }
            // It was the way of the registration before: now for all places that there are.
            None if retry_after.is_none() => {
                self.error = Some(reason);
                self.resolve(hand);
            }
            None => self.fail(reason, &Delay::BackOff(retry_after.unwrap_or_default()), hand),
        }
    }

    fn fail(&mut self, reason: String, delay: &Delay, hand: &mut Hand<'_>) {
        if self.is_leaving {
            return self.end(hand);
        }
        self.failures = self.failures.saturating_add(1);
        let left = self.registered_until.map(|until| until.saturating_duration_since(hand.now));
        let left = left.filter(|left| !left.is_zero());
        let retry = match delay {
            Delay::BackOff(least) => {
                let wait = pace::after_failures(self.failures, hand.random);
                // While calls still come, there is less time to lose.
                let wait = left.map_or(wait, |left| wait.min(left / 2).max(Duration::from_secs(5)));
                wait.max((*least).min(LONGEST))
            }
            Delay::Slow => pace::slow(hand.random),
        };
        self.error = Some(reason.clone());
        self.stage = Stage::Waiting { until: hand.now + retry };
        self.tell(AccountNews::Failed { reason, retry, still_registered: left.is_some() }, hand);
    }

    fn lose_way(&mut self) {
        (self.way, self.keep_alive_at) = (None, None);
    }

    fn end(&mut self, hand: &mut Hand<'_>) {
        self.registered_until = None;
        self.stage = Stage::Over;
        self.tell(AccountNews::Left, hand);
        // It has been configured again meanwhile.
        if let Some(successor) = self.successor.take() {
            self.become_account(successor, hand.now);
        }
    }

    fn tell(&self, news: AccountNews, hand: &mut Hand<'_>) {
        hand.tell(self.account.name.clone(), news);
    }
}

/// A refusal as the server words it.
fn words(response: &Message) -> String {
    const LONGEST_REASON: usize = 80;
    let code = response.status().map_or(0, warden_sip::status::Status::code);
    let reason: String = String::from_utf8_lossy(response.reason()).chars().take(LONGEST_REASON).collect();
    // A server may say anything, also what a terminal would obey.
    format!("{code} {}", reason.escape_debug())
}

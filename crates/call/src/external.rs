//! The external address when it is a name: looked up again and again, and the last good answer holds.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use warden_sip::resolve::{Answer, Question, Speaks};

use crate::directory::Directory;
use crate::output::{Event, Output};

/// The shortest and the longest time between two questions; in between the answer's time to live counts.
const BETWEEN: [Duration; 2] = [Duration::from_secs(10), Duration::from_mins(1)];

/// What is known of the name.
#[derive(Debug, Default)]
pub(crate) struct External {
    name: Option<Box<str>>,
    address: Option<IpAddr>,
    question: Option<Question>,
    ask_at: Option<Instant>,
    /// That there is no answer has been told.
    is_told: bool,
}

impl External {
    /// The configuration has changed. A name that stays keeps its address.
    pub(crate) fn configure(&mut self, directory: &Directory, now: Instant, outputs: &mut VecDeque<Output>) {
        if self.name != directory.external_name {
            *self = Self { name: directory.external_name.clone(), ..Self::default() };
            self.ask(directory.speaks, now, outputs);
        }
    }

    /// What the name stood for when it was looked up last.
    pub(crate) fn address(&self) -> Option<IpAddr> {
        self.address
    }

    pub(crate) fn next_timeout(&self) -> Option<Instant> {
        self.ask_at
    }

    pub(crate) fn handle_timeout(&mut self, speaks: Speaks, now: Instant, outputs: &mut VecDeque<Output>) {
        if self.ask_at.is_some_and(|at| at <= now) {
            self.ask(speaks, now, outputs);
        }
    }

    fn ask(&mut self, speaks: Speaks, now: Instant, outputs: &mut VecDeque<Output>) {
        let [_, longest] = BETWEEN;
        let Some(name) = self.name.clone() else { return };
        let question = if speaks.ipv4 { Question::A(name) } else { Question::Aaaa(name) };
        // Should no answer come at all, it is asked again.
        self.ask_at = Some(now + longest);
        self.question = Some(question.clone());
        outputs.push_back(Output::Ask(question));
    }

    /// DNS has answered something. True when the address has changed.
    pub(crate) fn handle_answer(
        &mut self,
        question: &Question,
        answer: &Answer,
        now: Instant,
        outputs: &mut VecDeque<Output>,
    ) -> bool {
        if self.question.as_ref() != Some(question) {
            return false;
        }
        self.question = None;
        let [shortest, longest] = BETWEEN;
        let (found, ttl) = match answer {
            Answer::Addresses(addresses, ttl) => (choose(addresses, self.address), *ttl),
            Answer::Naptr(..) | Answer::Srv(..) | Answer::Nothing | Answer::Failed => (None, longest),
        };
        self.ask_at = Some(now + ttl.clamp(shortest, longest));
        let has_changed = found.is_some() && found != self.address;
        if has_changed || (found.is_none() && !self.is_told) {
            let name = self.name.clone().unwrap_or_default();
            outputs.push_back(Output::Event(Event::ExternalAddress { name, address: found }));
        }
        self.is_told = found.is_none();
        if has_changed {
            self.address = found;
        }
        has_changed
    }
}

/// One that is still good is kept, so that calls do not change sides with each answer.
fn choose(addresses: &[IpAddr], before: Option<IpAddr>) -> Option<IpAddr> {
    before.filter(|before| addresses.contains(before)).or(addresses.first().copied())
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Bench {
        external: External,
        outputs: VecDeque<Output>,
        start: Instant,
    }

    fn bench(name: &str) -> Bench {
        #[expect(clippy::disallowed_methods, reason = "a start for time that only the test moves")]
        let start = Instant::now();
        let (mut external, mut outputs) = (External::default(), VecDeque::new());
        let directory = Directory { external_name: Some(name.into()), ..Directory::default() };
        external.configure(&directory, start, &mut outputs);
        Bench { external, outputs, start }
    }

    impl Bench {
        fn asked(&mut self) -> bool {
            matches!(self.outputs.pop_front(), Some(Output::Ask(Question::A(name))) if &*name == "pbx.example.com")
        }

        fn answer(&mut self, answer: &Answer, after_s: u64) -> bool {
            let question = Question::A("pbx.example.com".into());
            self.external.handle_answer(&question, answer, self.start + Duration::from_secs(after_s), &mut self.outputs)
        }

        /// The addresses that were told, none when there was no answer.
        #[expect(clippy::wildcard_enum_match_arm, reason = "nothing else is wanted")]
        fn told(&mut self) -> Vec<Option<IpAddr>> {
            let address = |output| match output {
                Output::Event(Event::ExternalAddress { address, .. }) => address,
                other => panic!("{other:?}"),
            };
            self.outputs.drain(..).map(address).collect()
        }

        fn wait(&mut self) -> u64 {
            let at = self.external.next_timeout().expect("it is asked again");
            self.external.handle_timeout(Speaks::default(), at, &mut self.outputs);
            (at - self.start).as_secs()
        }
    }

    fn addresses(last: &[u8], ttl_s: u64) -> Answer {
        let addresses = last.iter().map(|last| [198, 51, 100, *last].into()).collect();
        Answer::Addresses(addresses, Duration::from_secs(ttl_s))
    }

    #[test]
    fn a_name_is_asked_about_again_and_its_last_good_answer_holds() {
        let mut bench = bench("pbx.example.com");
        assert!(bench.asked());
        assert!(bench.answer(&addresses(&[1], 5), 0));
        let first = bench.external.address();
        assert_eq!((bench.told(), first), (vec![first], Some([198, 51, 100, 1].into())));
        assert_eq!(bench.wait(), 10, "not more often, however short it lives");
        assert!(bench.asked());
        assert!(!bench.answer(&Answer::Failed, 10));
        assert_eq!((bench.told(), bench.external.address()), (vec![None], first));
        assert_eq!(bench.wait(), 70);
        assert!(bench.asked());
        assert!(!bench.answer(&Answer::Failed, 70));
        assert_eq!(bench.told(), [], "it is told once");
        assert_eq!(bench.wait(), 130);
        assert!(bench.asked());
        assert!(!bench.answer(&addresses(&[2, 1], 3600), 130), "the one before is among them");
        assert_eq!(bench.wait(), 190, "and at least once a minute");
        assert!(bench.asked());
        assert!(bench.answer(&addresses(&[3, 2], 3600), 190));
        assert_eq!(bench.external.address(), Some([198, 51, 100, 3].into()));
    }

    #[test]
    fn answers_to_others_and_late_ones_change_nothing() {
        let mut bench = bench("pbx.example.com");
        let other = Question::A("other.example.com".into());
        assert!(!bench.external.handle_answer(&other, &addresses(&[1], 60), bench.start, &mut bench.outputs));
        assert!(bench.answer(&addresses(&[1], 60), 0));
        assert!(!bench.answer(&addresses(&[2], 60), 1), "nobody has asked");
        let directory = Directory::default();
        bench.external.configure(&directory, bench.start, &mut bench.outputs);
        assert_eq!((bench.external.address(), bench.external.next_timeout()), (None, None));
    }
}

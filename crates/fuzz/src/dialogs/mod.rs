//! A row of choices as the life of a whole phone system: five phones call, answer, transfer, watch, register and break
//! every rule of dialogs; connections and media sessions fail, configuration changes, time passes. Whatever happens, when
//! the phones fall silent all calls end, each with one record, and nothing is kept.

mod directory;
mod media;
mod phone;
mod records;
mod tables;
mod warden;
mod wire;

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use bytes::Bytes;
use warden_call::media::MediaEvent;
use warden_call::{Input, MessageCounts};
use warden_media::dtmf::{By, Digit, Heard};
use warden_media::relay::{Clue, Finding, Side};
use warden_sip::endpoint::{ConnectionId, Flow};
use warden_sip::header::Transport;

use self::directory::{DIRECTORIES, NUMBERS, address, extension};
use self::phone::{FAR_AHEAD, Phone};
use self::records::Records;
use self::tables::Body;
use self::warden::Warden;
use crate::choices::Choices;

/// More than this in one run teaches nothing new.
const MAX_STEPS: usize = 200;

/// The phone that is nobody's.
const STRANGER: usize = 4;

/// Runs the target.
pub(crate) fn run(data: &[u8]) {
    live(data);
}

/// What became of calls.
fn live(data: &[u8]) -> Records {
    let (mut choices, mut bench) = (Choices::new(data), Bench::new());
    for _ in 0..MAX_STEPS {
        if choices.is_over() {
            break;
        }
        bench.step(&mut choices);
        bench.deliver();
    }
    bench.end()
}

/// The way between a phone and Warden. The last of those with a number comes by a connection.
fn flow(phone: usize) -> Flow {
    let is_stream = phone == 3;
    let host = if phone == STRANGER { [198, 51, 100, 1].into() } else { address(phone) };
    Flow {
        transport: if is_stream { Transport::Tcp } else { Transport::Udp },
        local: ([203, 0, 113, 1], 5060).into(),
        remote: SocketAddr::new(host, 5060),
        connection: is_stream.then_some(ConnectionId(NonZeroU32::MIN)),
    }
}

struct Bench {
    warden: Warden,
    phones: [Phone; 5],
    /// What phones have sent last.
    sent: Vec<(usize, Bytes)>,
}

impl Bench {
    /// Everybody is registered.
    fn new() -> Self {
        let phones = std::array::from_fn(|phone| Phone::new(NUMBERS[phone.min(3)], phone + 1, flow(phone)));
        let mut bench = Self { warden: Warden::new(flow(0).local), phones, sent: Vec::new() };
        for phone in 0..STRANGER {
            let register = bench.phones[phone].register(600);
            bench.warden.receive(register.into(), flow(phone));
        }
        bench.warden.sent.clear();
        bench
    }

    /// One thing happens.
    fn step(&mut self, choices: &mut Choices<'_>) {
        match choices.below(12) {
            0 => self.settle(),
            1 => self.answer(choices),
            2..=6 => self.say(choices),
            7 => self.repeat(choices),
            8 | 9 => self.warden.run_for(Duration::from_millis(choices.pick(&tables::SPANS_MS))),
            10 => self.media(choices),
            _ => self.manage(choices),
        }
    }

    /// Every phone agrees to everything that it is asked, for a while.
    fn settle(&mut self) {
        for _ in 0..6 {
            for phone in 0..self.phones.len() {
                while self.phones[phone].has_been_asked() > 0 {
                    let answer = self.phones[phone].agree(0);
                    self.send(phone, answer);
                }
                while let Some(line) = self.phones[phone].accepted() {
                    let ack = self.phones[phone].acknowledge(line, Body::None);
                    self.send(phone, ack);
                }
            }
            self.deliver();
            self.warden.run_for(Duration::from_millis(20));
            self.deliver();
        }
    }

    /// A phone answers something.
    fn answer(&mut self, choices: &mut Choices<'_>) {
        let phone = choices.below(5);
        let place = choices.below(self.phones[phone].has_been_asked());
        let status = match choices.below(4) {
            0 => choices.pick(&tables::PROVISIONAL),
            1 | 2 => choices.pick(&[200, 202]),
            _ => choices.pick(&tables::FAILURES),
        };
        let (extra, body) = (choices.pick(&tables::ANSWER_EXTRAS), Body::choose(choices));
        let answer = self.phones[phone].answer(place, status, extra, body);
        self.send_damaged(phone, answer, choices);
    }

    /// A phone asks for something.
    fn say(&mut self, choices: &mut Choices<'_>) {
        let from = choices.below(5);
        let kind = choices.below(12);
        let line = choices.below(self.phones[from].lines.len());
        let replaces = self.replaces(choices, kind);
        let phone = &mut self.phones[from];
        let request = match kind {
            0 | 1 => {
                let extra = format!("{}{replaces}", choices.pick(&tables::INVITE_EXTRAS));
                let dialled = choices.pick(&tables::DIALLED);
                let body = if choices.one_in(4) { Body::choose(choices) } else { Body::Sdp(0) };
                phone.invite(dialled, &extra, body)
            }
            2 => phone.reinvite(line, choices.pick(&tables::INVITE_EXTRAS), Body::choose(choices)),
            3 => phone.companion(line, "CANCEL"),
            4 => phone.acknowledge(line, Body::choose(choices)),
            5 => phone.companion(line, "ACK"),
            6 => phone.confirm(line, u32::from(choices.byte() / 128), Body::choose(choices)),
            7 | 8 => phone.within(line, "REFER", &replaces, Body::None, 1),
            9 => {
                let (method, extra, body) = choices.pick(&tables::WITHIN);
                phone.within(line, method, extra, body, choices.pick(&[1, 1, 1, 0, 2, FAR_AHEAD]))
            }
            10 => {
                let (method, extra, body) = choices.pick(&tables::OUTSIDE);
                phone.outside(method, choices.pick(&tables::DIALLED), extra, body)
            }
            _ => phone.register(choices.pick(&[0, 10, 60, 600])),
        };
        self.send_damaged(from, request, choices);
    }

    /// The header that names another call, by which one is replaced or referred to.
    fn replaces(&self, choices: &mut Choices<'_>, kind: usize) -> String {
        let named = |choices: &mut Choices<'_>| {
            let phone = choices.below(5);
            let line = choices.choose(&self.phones[phone].lines)?;
            Some(line.replaces(choices.one_in(2)))
        };
        match kind {
            1 => named(choices).map_or(String::new(), |named| format!("Replaces: {named}\r\n")),
            7 => format!("Refer-To: <sip:{}@203.0.113.1>\r\n", choices.pick(&tables::DIALLED)),
            8 => named(choices).map_or(String::new(), |named| {
                let escaped = named.replace(';', "%3B").replace('=', "%3D");
                format!("Refer-To: <sip:1003@203.0.113.1?Replaces={escaped}>\r\nRefer-Sub: false\r\n")
            }),
            _ => String::new(),
        }
    }

    /// A phone says something again, or from another place.
    fn repeat(&mut self, choices: &mut Choices<'_>) {
        let Some((phone, bytes)) = choices.choose(&self.sent).cloned() else { return };
        let phone = if choices.one_in(4) { choices.below(5) } else { phone };
        self.warden.receive(bytes, flow(phone));
    }

    fn media(&mut self, choices: &mut Choices<'_>) {
        let kind = choices.below(7);
        let side = if choices.one_in(2) { Side::B } else { Side::A };
        let media = &mut self.warden.media;
        match kind {
            0 => media.refuses = !media.refuses,
            1 => media.is_slow = !media.is_slow,
            2 => media.close_all(),
            _ => {
                let Some(call) = media.session(choices.below(4)) else { return };
                media.tell(match kind {
                    3 => MediaEvent::Silent {
                        call,
                        side,
                        lasting: Duration::from_secs(3),
                        finding: Box::new(Finding { promised: None, clue: Clue::Nothing }),
                    },
                    4 => MediaEvent::AudioBack { call, side },
                    5 => MediaEvent::Dead { call, side },
                    _ => MediaEvent::Digit { call, side, heard: pressed(choices) },
                });
            }
        }
        self.warden.drain();
    }

    /// What an administrator, the network and the mailboxes do.
    fn manage(&mut self, choices: &mut Choices<'_>) {
        match choices.below(8) {
            0 | 1 => self.warden.end_flow(&flow(3)),
            2 => self.warden.tell(Input::Directory(DIRECTORIES[1].clone())),
            3 => self.warden.tell(Input::Directory(DIRECTORIES[0].clone())),
            4 => self.warden.tell(Input::AcceptCalls(choices.one_in(2))),
            5 => self.warden.tell(Input::EndCalls),
            6 => {
                let counts = MessageCounts { new: u32::from(choices.byte()), ..MessageCounts::default() };
                self.warden.tell(Input::Mailbox { extension: extension("1001"), counts });
            }
            _ => self.warden.tell(Input::LiftBans(address(0))),
        }
    }

    fn send_damaged(&mut self, phone: usize, mut bytes: Vec<u8>, choices: &mut Choices<'_>) {
        choices.damage(&mut bytes);
        self.send(phone, bytes);
    }

    fn send(&mut self, phone: usize, bytes: Vec<u8>) {
        if bytes.is_empty() {
            return;
        }
        let bytes = Bytes::from(bytes);
        if self.sent.len() == 16 {
            self.sent.remove(0);
        }
        self.sent.push((phone, bytes.clone()));
        self.warden.receive(bytes, flow(phone));
    }

    /// Phones hear what was sent to where they are.
    fn deliver(&mut self) {
        for (flow, message) in std::mem::take(&mut self.warden.sent) {
            let phone = self.phones.iter_mut().find(|phone| phone.flow.remote.ip() == flow.remote.ip());
            if let Some(phone) = phone {
                phone.hear(&message);
            }
        }
    }

    /// The phones fall silent.
    fn end(mut self) -> Records {
        self.warden.media.is_slow = false;
        self.warden.media.close_all();
        self.warden.drain();
        self.warden.run_for(Duration::from_hours(2));
        let [.., nobody] = &*DIRECTORIES;
        self.warden.tell(Input::Directory(nobody.clone()));
        self.warden.run_for(Duration::from_hours(2));
        self.warden.check_over();
        self.warden.records
    }
}

/// A digit that the media threads may have heard.
fn pressed(choices: &mut Choices<'_>) -> Heard {
    let code = u8::try_from(choices.below(17)).unwrap_or(0);
    let digit = Digit::from_event(code).unwrap_or(Digit::FLASH);
    let by = if choices.one_in(2) { By::Tone } else { By::Event };
    Heard { digit, duration: Duration::from_millis(100), by, passed: choices.one_in(4) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INVITE: &[u8] = &[2, 0, 0, 0, 1, 0, 0, 0];
    const SETTLE: &[u8] = &[0];

    #[test]
    fn a_call_is_answered() {
        let records = live(&[INVITE, SETTLE].concat());
        assert_eq!(records.answered(), 1);
    }

    #[test]
    fn a_call_is_transferred() {
        const REFER: &[u8] = &[2, 0, 7, 0, 1, 0];
        let records = live(&[INVITE, SETTLE, REFER, SETTLE, SETTLE].concat());
        assert_eq!((records.answered(), records.joined()), (1, 1));
    }
}

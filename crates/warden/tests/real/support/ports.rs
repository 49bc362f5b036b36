//! Free ports of the loopback, each given to one test only, also when several processes run tests at a time.

use std::net::{Ipv4Addr, TcpListener, UdpSocket};
use std::process;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};

/// They are above those that a server has for audio by default, and below those that Linux gives to whoever asks for
/// any, so that nobody else is given one of them between the look and the use.
const FIRST: u16 = 20_100;
/// A process has a block for itself, and takes another one when its tests need more at once.
const BLOCK: u16 = 1_000;
const BLOCKS: u16 = 12;

/// Ports of this process, as long as it listens on the last of them.
struct Block {
    first: u16,
    next: u16,
    _claim: TcpListener,
}

/// The first and the last port that the test of a thread has. Programs take some of theirs late, or give them back and
/// take them again.
struct Lease {
    tenant: ThreadId,
    range: [u16; 2],
}

struct Ports {
    blocks: Vec<Block>,
    leases: Vec<Lease>,
}

static PORTS: Mutex<Ports> = Mutex::new(Ports { blocks: Vec::new(), leases: Vec::new() });

/// Ends the leases of a thread with it.
struct Tenant(ThreadId);

thread_local! {
    static TENANT: Tenant = Tenant(thread::current().id());
}

/// A port of 127.0.0.1 that nobody has, for UDP and TCP.
pub(crate) fn free_port() -> u16 {
    let [port, _] = free_range(1);
    port
}

/// The first and the last of `count` such ports in a row. The first one is even.
pub(crate) fn free_range(count: u16) -> [u16; 2] {
    let tenant = TENANT.with(|tenant| tenant.0);
    let Ports { blocks, leases } = &mut *ports();
    loop {
        if let Some(range) = blocks.iter_mut().find_map(|block| block.free_range(count, leases)) {
            leases.push(Lease { tenant, range });
            return range;
        }
        blocks.push(Block::take().unwrap_or_else(|| panic!("no {count} free ports in a row")));
    }
}

impl Block {
    /// One that no other process has.
    fn take() -> Option<Self> {
        let start = u16::try_from(process::id() % u32::from(BLOCKS)).unwrap();
        (start..BLOCKS).chain(0..start).find_map(|number| {
            let first = FIRST + number * BLOCK;
            let claim = TcpListener::bind((Ipv4Addr::LOCALHOST, first + BLOCK - 1)).ok()?;
            Some(Self { first, next: 0, _claim: claim })
        })
    }

    /// Goes on from the range before, so that ports rest for as long as there are others.
    fn free_range(&mut self, count: u16, leases: &[Lease]) -> Option<[u16; 2]> {
        let even = count.next_multiple_of(2);
        let starts = (0..BLOCK - even).step_by(2);
        let (before, after): (Vec<_>, Vec<_>) = starts.partition(|at| *at < self.next);
        let range = |at: u16| [self.first + at, self.first + at + (count - 1)];
        let is_unused = |[first, last]: &[u16; 2]| {
            leases.iter().all(|Lease { range: [from, to], .. }| last < from || to < first)
                && (*first..=*last).all(is_free)
        };
        let range = after.into_iter().chain(before).map(range).find(is_unused)?;
        self.next = range[0] - self.first + even;
        Some(range)
    }
}

impl Drop for Tenant {
    fn drop(&mut self) {
        ports().leases.retain(|lease| lease.tenant != self.0);
    }
}

fn ports() -> MutexGuard<'static, Ports> {
    PORTS.lock().unwrap_or_else(PoisonError::into_inner)
}

fn is_free(port: u16) -> bool {
    let address = (Ipv4Addr::LOCALHOST, port);
    UdpSocket::bind(address).is_ok() && TcpListener::bind(address).is_ok()
}

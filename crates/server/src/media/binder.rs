//! Binding port pairs: walks the range for each address, and comes back later to what somebody else had.

use std::collections::VecDeque;
use std::io;
use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

use tokio::sync::mpsc;
use warden_call::media::PortPair;

use super::pair::SocketPair;
use super::told::Told;

/// The most requests that wait; one more is refused, as so many ports are on their way.
const MAX_WAITING: usize = 16;

/// One address with the RTP ports that are not ours yet.
#[derive(Debug)]
struct Host {
    address: IpAddr,
    /// In the order in which they are tried; those that were in use are at the end.
    untried: VecDeque<u16>,
}

/// All addresses.
#[derive(Debug)]
pub(crate) struct Binder {
    hosts: Vec<Host>,
}

/// What came of binding.
#[derive(Debug)]
pub(crate) struct Harvest {
    pub(crate) pairs: Vec<SocketPair>,
    /// The addresses for which there is nothing, each with the reason seen last.
    pub(crate) failed: Vec<(IpAddr, io::Error)>,
}

impl Binder {
    /// Nothing is bound yet. RTP has the even ports of the range, if the next one belongs to it too.
    pub(crate) fn new(mut addresses: Vec<IpAddr>, range: &RangeInclusive<u16>) -> Self {
        addresses.sort_unstable();
        addresses.dedup();
        let is_pair =
            |port: &u16| port.is_multiple_of(2) && port.checked_add(1).is_some_and(|rtcp| range.contains(&rtcp));
        let ports: VecDeque<u16> = range.clone().filter(is_pair).collect();
        let hosts = addresses.into_iter().map(|address| Host { address, untried: ports.clone() }).collect();
        Self { hosts }
    }

    /// How many pairs there can be.
    pub(crate) fn remaining(&self) -> usize {
        self.hosts.iter().map(|host| host.untried.len()).sum()
    }

    /// Binds `count` pairs for each address, or as many as there are.
    pub(crate) fn bind(&mut self, count: usize) -> Harvest {
        harvest(&mut self.hosts, count)
    }

    /// The same for one address.
    pub(crate) fn bind_at(&mut self, address: IpAddr, count: usize) -> Harvest {
        harvest(self.hosts.iter_mut().filter(|host| host.address == address), count)
    }
}

fn harvest<'h>(hosts: impl IntoIterator<Item = &'h mut Host>, count: usize) -> Harvest {
    let mut harvest = Harvest { pairs: Vec::new(), failed: Vec::new() };
    for host in hosts {
        if let Err(error) = host.bind(count, &mut harvest.pairs) {
            harvest.failed.push((host.address, error));
        }
    }
    harvest
}

impl Host {
    /// Tries each port at most once. An error means that there is not one.
    fn bind(&mut self, count: usize, pairs: &mut Vec<SocketPair>) -> io::Result<()> {
        let (mut found, mut failure) = (0, io::ErrorKind::AddrNotAvailable.into());
        for _ in 0..self.untried.len() {
            if found == count {
                break;
            }
            let Some(rtp) = self.untried.pop_front() else { break };
            match SocketPair::bind(PortPair { address: self.address, rtp }) {
                Ok(pair) => {
                    pairs.push(pair);
                    found += 1;
                }
                Err(error) => {
                    self.untried.push_back(rtp);
                    let is_about_this_port =
                        matches!(error.kind(), io::ErrorKind::AddrInUse | io::ErrorKind::PermissionDenied);
                    failure = error;
                    if !is_about_this_port {
                        break; // No descriptors, or no such address: the next port would fare no better.
                    }
                }
            }
        }
        if found == 0 && count > 0 { Err(failure) } else { Ok(()) }
    }
}

/// A thread that binds, since a walk through ports that others use takes long.
#[derive(Debug)]
pub(crate) struct BinderThread {
    requests: SyncSender<(IpAddr, usize)>,
    thread: JoinHandle<()>,
}

impl BinderThread {
    pub(crate) fn start(binder: Binder, told: mpsc::Sender<Told>) -> io::Result<Self> {
        let (requests, receiver) = sync_channel(MAX_WAITING);
        let thread =
            thread::Builder::new().name("media ports".to_owned()).spawn(move || run(binder, &receiver, &told))?;
        Ok(Self { requests, thread })
    }

    /// Asks for `count` pairs more at an address; false when too many requests wait.
    pub(crate) fn ask(&self, address: IpAddr, count: usize) -> bool {
        self.requests.try_send((address, count)).is_ok()
    }

    /// Returns when the thread has ended. Nobody may wait for [`Told`] any more, else it may wait for room there.
    pub(crate) fn end(self) {
        drop(self.requests);
        // A panic has been reported where it happened.
        let _panicked = self.thread.join();
    }
}

fn run(mut binder: Binder, requests: &Receiver<(IpAddr, usize)>, told: &mpsc::Sender<Told>) {
    while let Ok((address, count)) = requests.recv() {
        if told.blocking_send(Told::Bound(binder.bind_at(address, count))).is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, UdpSocket};

    use socket2::SockRef;

    use super::*;

    const HOST: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

    #[test]
    fn rtp_has_even_ports_whose_next_one_is_in_the_range() {
        let pairs = |range| Binder::new(vec![HOST, HOST], &range).hosts.remove(0).untried;
        assert_eq!(pairs(20_001..=20_006), [20_002, 20_004]);
        assert_eq!(pairs(65_533..=65_535), [65_534]);
        assert!(pairs(20_001..=20_002).is_empty());
    }

    #[test]
    fn each_address_has_pairs_of_its_own_marked_as_telephony() {
        let mut addresses = vec![HOST];
        if UdpSocket::bind("[::1]:0").is_ok() {
            addresses.push("::1".parse().unwrap()); // not every machine has IPv6
        }
        let pairs = Binder::new(addresses.clone(), &(10_000..=20_000)).bind(2).pairs;
        for address in &addresses {
            assert_eq!(pairs.iter().filter(|pair| pair.ports.address == *address).count(), 2);
        }
        for SocketPair { ports, rtp, .. } in &pairs {
            let socket = SockRef::from(rtp);
            let class = if ports.address.is_ipv4() { socket.tos_v4() } else { socket.tclass_v6() };
            assert_eq!(class.unwrap(), 0xB8, "{ports:?}");
            assert_eq!(rtp.local_addr().unwrap(), (ports.address, ports.rtp).into());
        }
    }

    #[test]
    fn a_port_in_use_is_left_out_and_taken_later_when_it_is_free() {
        let (range, mut held) = free_range(4);
        held.truncate(2);
        let for_rtcp = held.pop();
        drop(held);
        let first = *range.start();
        let mut binder = Binder::new(vec![HOST], &range);
        let one = binder.bind(32);
        assert_eq!(one.pairs.iter().map(|pair| pair.ports.rtp).collect::<Vec<_>>(), [first + 2]);
        assert_eq!(binder.bind(32).failed[0].1.kind(), io::ErrorKind::AddrInUse);
        drop(for_rtcp);
        let two = binder.bind(32);
        assert_eq!((two.pairs[0].ports.rtp, two.failed.len(), binder.remaining()), (first, 0, 0));
    }

    /// So many free ports in a row, the first one even, and the sockets that hold them.
    fn free_range(count: u16) -> (RangeInclusive<u16>, Vec<UdpSocket>) {
        let hold = |first: u16| (first..first + count).map(|port| UdpSocket::bind((HOST, port))).collect();
        let mut firsts = (32_100..32_700).step_by(usize::from(count));
        firsts.find_map(|first| Some((first..=first + count - 1, io::Result::ok(hold(first))?))).unwrap()
    }
}

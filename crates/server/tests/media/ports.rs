//! Binding ports, running out of them, and giving them back.

use std::net::UdpSocket;
use std::sync::Arc;

use warden_call::call_event::CallId;
use warden_call::directory::Directory;
use warden_call::media::{LegOpening, MediaCommand, MediaEvent, PortPair};
use warden_media::relay::LegSetup;
use warden_server::{Server, Settings, StartError};

use crate::free::free_ports;
use crate::rig::{HOST, Phone, Rig};

#[test]
fn when_the_range_is_used_up_somebody_is_told_and_all_are_free_at_the_end() {
    let (range, held) = free_ports(80);
    drop(held);
    let mut rig = Rig::with_ports(1, range.clone());
    assert_eq!(rig.free.len(), 32);
    assert!(rig.free.iter().all(|pair| pair.rtp % 2 == 0 && range.contains(&pair.rtcp())), "{:?}", rig.free);
    rig.threads.carry_out(MediaCommand::Bind { address: HOST, count: 5 });
    assert!(matches!(rig.event(), MediaEvent::Ports(ports) if ports.len() == 5));
    rig.threads.carry_out(MediaCommand::Bind { address: HOST, count: 32 });
    assert!(matches!(rig.event(), MediaEvent::Ports(ports) if ports.len() == 3));
    rig.threads.carry_out(MediaCommand::Bind { address: HOST, count: 1 });
    assert_eq!(rig.event(), MediaEvent::NoMorePorts { address: HOST });
    rig.open(&mut Phone::new(), &mut Phone::new());
    drop(rig);
    for port in range {
        UdpSocket::bind((HOST, port)).unwrap();
    }
}

#[test]
fn ports_are_bound_at_the_address_that_wants_them_and_run_out_for_it_alone() {
    let (range, held) = free_ports(80);
    drop(held);
    let addresses = vec![HOST, "127.0.0.2".parse().unwrap()];
    let mut rig = Rig::with_addresses(addresses.clone(), 1, range, None);
    assert_eq!(rig.free.len(), 64);
    rig.threads.carry_out(MediaCommand::Bind { address: HOST, count: 32 });
    let MediaEvent::Ports(ports) = rig.event() else { panic!("no ports") };
    assert!(ports.len() == 8 && ports.iter().all(|pair| pair.address == HOST), "{ports:?}");
    for address in addresses {
        rig.threads.carry_out(MediaCommand::Bind { address, count: 8 });
    }
    assert_eq!(rig.event(), MediaEvent::NoMorePorts { address: HOST });
    assert!(matches!(rig.event(), MediaEvent::Ports(ports) if ports.len() == 8 && ports[0].address != HOST));
}

#[test]
fn a_call_on_ports_that_are_not_free_is_closed_at_once_and_keeps_none() {
    let mut rig = Rig::new(1);
    let ports = rig.take_ports();
    let leg = |ports| LegOpening { ports, setup: LegSetup::default() };
    let legs = Box::new([leg(ports), leg(PortPair { address: HOST, rtp: 2 })]);
    rig.threads.carry_out(MediaCommand::Open { call: CallId(9), legs });
    let MediaEvent::Closed { call: CallId(9), statistics } = rig.event() else { panic!("not closed") };
    assert_eq!(statistics[0].received.packets, 0);
    assert_eq!(rig.event(), MediaEvent::Ports(vec![ports]));
}

#[test]
fn a_range_in_use_is_named_and_one_of_a_stopped_server_is_free() {
    let (range, held) = free_ports(8);
    let listen = vec!["127.0.0.1:0".parse().unwrap()];
    let settings = Settings { listen, rtp_ports: range.clone(), ..Settings::default() };
    let error = Server::start(&settings, Arc::new(Directory::default())).unwrap_err();
    assert!(matches!(error, StartError::RtpPorts { .. }), "{error:?}");
    let (first, last) = (range.start(), range.end());
    assert_eq!(error.to_string(), format!("cannot use any of the ports {first} to {last} for RTP on 127.0.0.1"));
    drop(held);
    let (server, _saves) = Server::start(&settings, Arc::new(Directory::default())).unwrap();
    assert!(UdpSocket::bind((HOST, *first)).is_err());
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(server.stop());
    for port in range {
        UdpSocket::bind((HOST, port)).unwrap();
    }
}

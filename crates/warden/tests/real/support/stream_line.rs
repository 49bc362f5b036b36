//! A TCP line between one phone and a server that can be cut in two ends: the phone hears of it, the server does not.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// Both ends of one connection that passes.
struct Passing {
    phone: TcpStream,
    /// Kept open, so that the server believes that the phone is there.
    _server: TcpStream,
}

/// A running forwarder. Its threads end with the connections, and the last one with the test.
pub(crate) struct StreamLine {
    port: u16,
    passing: Arc<Mutex<Vec<Passing>>>,
}

impl StreamLine {
    /// Starts a line to the SIP port of a server.
    pub(crate) fn start(server_port: u16) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let passing = Arc::new(Mutex::new(Vec::new()));
        let all = Arc::clone(&passing);
        thread::spawn(move || {
            for phone in listener.incoming() {
                let phone = phone.unwrap();
                let server = TcpStream::connect((Ipv4Addr::LOCALHOST, server_port)).unwrap();
                let ends = [&phone, &server].map(|end| end.try_clone().unwrap());
                let [phone_again, server_again] = [&phone, &server].map(|end| end.try_clone().unwrap());
                all.lock().unwrap().push(Passing { phone: phone_again, _server: server_again });
                let [from_phone, from_server] = ends;
                thread::spawn(move || pump(from_phone, server));
                thread::spawn(move || pump(from_server, phone));
            }
        });
        Self { port, passing }
    }

    /// The port that the phone takes for its server.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// How many connections there have been.
    pub(crate) fn connections(&self) -> usize {
        self.passing.lock().unwrap().len()
    }

    /// Every phone's end is closed; the server is not told.
    pub(crate) fn cut(&self) {
        for passing in self.passing.lock().unwrap().iter() {
            let _may_be_closed = passing.phone.shutdown(Shutdown::Both);
        }
    }
}

/// Carries bytes one way until there are no more.
fn pump(mut from: TcpStream, mut to: TcpStream) {
    let mut space = [0; 4096];
    while let Ok(length) = from.read(&mut space) {
        if length == 0 {
            return;
        }
        let _may_be_cut = to.write_all(&space[..length]);
    }
}

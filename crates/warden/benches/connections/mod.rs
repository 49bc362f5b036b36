//! Phones that have said one thing and then stay connected.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::sync::Arc;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use socket2::{Domain, Socket, Type};

use crate::support::Warden;

/// Fewer than may come from one address.
const PER_ADDRESS: u32 = 100;

/// By what a phone is connected.
#[derive(Clone, Copy, Debug)]
pub(crate) enum By {
    Tcp,
    Tls,
    Wss,
}

/// A connection that stands.
pub(crate) struct Held {
    _stream: Box<dyn Stream>,
}

trait Stream: Read + Write {}

impl<S: Read + Write> Stream for S {}

/// Connects as many phones. Each is answered once.
pub(crate) fn hold(server: &Warden, by: By, count: u32) -> Vec<Held> {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }).unwrap();
    let config = Arc::new(client(server));
    (0..count).map(|number| connect(server, by, number, &config)).collect()
}

fn connect(server: &Warden, by: By, number: u32, config: &Arc<ClientConfig>) -> Held {
    let port = match by {
        By::Tcp => server.sip_port(),
        By::Tls => server.port_for("tls"),
        By::Wss => server.web_port(),
    };
    let plain = tcp(number, port);
    let mut stream: Box<dyn Stream> = match by {
        By::Tcp => Box::new(plain),
        By::Tls | By::Wss => {
            let name = ServerName::try_from("localhost").unwrap();
            Box::new(StreamOwned::new(ClientConnection::new(Arc::clone(config), name).unwrap(), plain))
        }
    };
    let message = options(number);
    if let By::Wss = by {
        let ask = "GET /sip-ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                   Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\
                   Sec-WebSocket-Protocol: sip\r\n\r\n";
        stream.write_all(ask.as_bytes()).unwrap();
        read_head(&mut stream);
        // The last text frame of a message, its length in two bytes, masked by zeros.
        let length = u16::try_from(message.len()).unwrap().to_be_bytes();
        stream.write_all(&[&[0x81, 0x80 + 126][..], &length, &[0; 4]].concat()).unwrap();
    }
    stream.write_all(message.as_bytes()).unwrap();
    read_head(&mut stream);
    Held { _stream: stream }
}

fn read_head(stream: &mut impl Read) {
    let (mut text, mut byte) = (Vec::new(), [0]);
    while !text.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).unwrap();
        text.extend(byte);
    }
}

fn tcp(number: u32, port: u16) -> TcpStream {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    let from = Ipv4Addr::from(u32::from(Ipv4Addr::LOCALHOST) + number / PER_ADDRESS);
    socket.bind(&SocketAddr::from((from, 0)).into()).unwrap();
    socket.connect(&SocketAddr::from((Ipv4Addr::LOCALHOST, port)).into()).unwrap();
    socket.set_tcp_nodelay(true).unwrap();
    socket.into()
}

/// Trusts the certificate of the server's own making.
fn client(server: &Warden) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    let certificate = server.config().with_file_name("var/certs/warden.pem");
    roots.add(CertificateDer::from_pem_file(certificate).unwrap()).unwrap();
    ClientConfig::builder().with_root_certificates(roots).with_no_client_auth()
}

fn options(number: u32) -> String {
    format!(
        "OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/TCP c;branch=z9hG4bK{number}\r\nFrom: <sip:a@b>;tag=1\r\n\
         To: <sip:a@b>\r\nCall-ID: {number}\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
    )
}

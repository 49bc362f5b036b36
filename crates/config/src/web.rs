//! `web:`, where the admin panel and the API are served.

use std::net::{IpAddr, Ipv4Addr};

use crate::address::read_ip;
use crate::reader::{Field, Reader};
use crate::scalar::parse_boolean;

/// The section `web:`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Web {
    /// The address to listen on. Default `0.0.0.0`.
    pub host: IpAddr,
    /// The port for the admin panel, the API and SIP over WebSocket. Default 8080.
    pub port: u16,
    /// Whether the port speaks HTTPS. Default [`Tls::Auto`].
    pub tls: Tls,
}

/// How `web.port` is encrypted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tls {
    /// HTTPS, with a certificate that is made on the first start unless there is one.
    #[default]
    Auto,
    /// Plain HTTP, for use behind a reverse proxy.
    Off,
}

impl Default for Web {
    fn default() -> Self {
        Self { host: IpAddr::V4(Ipv4Addr::UNSPECIFIED), port: 8080, tls: Tls::Auto }
    }
}

/// Reads the section; what is wrong keeps its default.
pub(crate) fn read(section: &Field<'_>, reader: &mut Reader<'_>) -> Web {
    let default = Web::default();
    let Some(mut fields) = section.fields(reader) else { return default };
    let web = Web {
        host: fields.take("host").and_then(|field| read_ip(&field, reader)).unwrap_or(default.host),
        port: fields.take("port").and_then(|field| field.port(reader)).unwrap_or(default.port),
        tls: fields.take("tls").and_then(|field| read_tls(&field, reader)).unwrap_or(default.tls),
    };
    fields.finish(reader);
    web
}

fn read_tls(field: &Field<'_>, reader: &mut Reader<'_>) -> Option<Tls> {
    let text = field.text(reader)?;
    match parse_boolean(&text.value) {
        Some(true) => Some(Tls::Auto),
        Some(false) => Some(Tls::Off),
        None if text.value.eq_ignore_ascii_case("auto") => Some(Tls::Auto),
        None => {
            field.problem(reader, format!("{} is neither auto nor off", text.shown));
            None
        }
    }
}

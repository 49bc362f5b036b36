//! `capture:`, which calls are kept message by message, and where copies of messages are sent.

use std::net::SocketAddr;
use std::time::Duration;

use crate::reader::{Field, Reader};

/// The section `capture:`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capture {
    /// Whether the messages of calls that fail are kept on disk. Default true.
    pub failed_calls: bool,
    /// The most bytes of all files. Default 104857600, 100 MB.
    pub max_size: u64,
    /// How long a file is kept. Default 7 days.
    pub max_age: Duration,
    /// A collector that gets a copy of every message; `None`: there is none.
    pub hep: Option<Hep>,
}

/// The section `capture.hep:`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hep {
    /// Where the collector listens, by UDP.
    pub address: SocketAddr,
    /// Tells the nodes of a collector apart. Default 1.
    pub id: u32,
}

const DAY: Duration = Duration::from_hours(24);
const SMALLEST_BYTES: u64 = 1024 * 1024;
const LARGEST_BYTES: u64 = 1 << 40;
const MOST_DAYS: u64 = 3660;

impl Default for Capture {
    fn default() -> Self {
        Self { failed_calls: true, max_size: 100 * 1024 * 1024, max_age: 7 * DAY, hep: None }
    }
}

/// Reads the section; what is wrong keeps its default.
pub(crate) fn read(section: &Field<'_>, reader: &mut Reader<'_>) -> Capture {
    let mut capture = Capture::default();
    let Some(mut fields) = section.fields(reader) else { return capture };
    if let Some(keeps) = fields.take("failed_calls").and_then(|field| field.boolean(reader)) {
        capture.failed_calls = keeps;
    }
    if let Some(bytes) = fields.take("max_size").and_then(|field| field.whole(SMALLEST_BYTES..=LARGEST_BYTES, reader)) {
        capture.max_size = bytes;
    }
    let days = fields.take("max_age_days").and_then(|field| field.whole(1..=MOST_DAYS, reader));
    if let Some(days) = days.and_then(|days| u32::try_from(days).ok()) {
        capture.max_age = days * DAY;
    }
    capture.hep = fields.take("hep").and_then(|field| read_hep(&field, reader));
    fields.finish(reader);
    capture
}

fn read_hep(section: &Field<'_>, reader: &mut Reader<'_>) -> Option<Hep> {
    let mut fields = section.fields(reader)?;
    let address = fields.require("address", reader).and_then(|field| read_address(&field, reader));
    let id = fields.take("id").and_then(|field| field.whole(0..=u64::from(u32::MAX), reader));
    fields.finish(reader);
    Some(Hep { address: address?, id: id.and_then(|id| u32::try_from(id).ok()).unwrap_or(1) })
}

fn read_address(field: &Field<'_>, reader: &mut Reader<'_>) -> Option<SocketAddr> {
    let text = field.text(reader)?;
    let address = text.value.parse().ok().filter(|address: &SocketAddr| address.port() != 0);
    if address.is_none() {
        field.problem(reader, format!("{} is not an IP address with a port, such as 192.168.1.20:9060", text.shown));
    }
    address
}

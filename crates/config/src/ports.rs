//! The range of UDP ports for audio, in the documented spelling and in that of the earlier program.

use crate::reader::{Field, Fields, Reader};

/// The fewest ports a range may have: RTP and RTCP, for both phones of one call.
pub const PORTS_PER_CALL: u32 = 4;

/// UDP ports from `first` to `last`, both included; never fewer than [`PORTS_PER_CALL`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PortRange {
    first: u16,
    last: u16,
}

impl Default for PortRange {
    fn default() -> Self {
        Self { first: 10_000, last: 20_000 }
    }
}

impl PortRange {
    /// The range, unless a port is 0 or there are too few for one call.
    #[must_use]
    pub fn new(first: u16, last: u16) -> Option<Self> {
        let enough = first > 0 && last >= first && u32::from(last - first) + 1 >= PORTS_PER_CALL;
        enough.then_some(Self { first, last })
    }

    /// The lowest port.
    #[must_use]
    pub fn first(self) -> u16 {
        self.first
    }

    /// The highest port.
    #[must_use]
    pub fn last(self) -> u16 {
        self.last
    }

    /// Whether `port` is one of them.
    #[must_use]
    pub fn contains(self, port: u16) -> bool {
        (self.first..=self.last).contains(&port)
    }

    /// Reads `rtp_port_range`, or `rtp_port_range_start` and `rtp_port_range_end`.
    pub(crate) fn read(fields: &mut Fields<'_>, reader: &mut Reader<'_>) -> Self {
        let range = fields.take("rtp_port_range");
        let start = fields.take("rtp_port_range_start");
        let end = fields.take("rtp_port_range_end");
        let read = match (range, start, end) {
            (None, None, None) => None,
            (Some(range), None, None) => read_pair(&range, reader),
            (None, start, end) => read_ends(start.as_ref(), end.as_ref(), reader),
            (Some(range), start, end) => {
                for field in [start, end].into_iter().flatten() {
                    let line = range.position().line;
                    field
                        .problem(reader, format!("server.rtp_port_range on line {line} says the same: keep only that"));
                }
                None
            }
        };
        read.unwrap_or_default()
    }
}

fn read_pair(range: &Field<'_>, reader: &mut Reader<'_>) -> Option<PortRange> {
    let ends = range.list(reader)?;
    let [first, last] = ends.as_slice() else {
        range.problem(reader, "must have two ports, the first and the last, as in [10000, 20000]");
        return None;
    };
    let (first, last) = (first.port(reader), last.port(reader));
    check(range, first?, last?, reader)
}

fn read_ends(start: Option<&Field<'_>>, end: Option<&Field<'_>>, reader: &mut Reader<'_>) -> Option<PortRange> {
    let default = PortRange::default();
    let mut port = |field: Option<&Field<'_>>, default| field.map_or(Some(default), |field| field.port(reader));
    let (first, last) = (port(start, default.first), port(end, default.last));
    check(start.or(end)?, first?, last?, reader)
}

fn check(field: &Field<'_>, first: u16, last: u16, reader: &mut Reader<'_>) -> Option<PortRange> {
    let range = PortRange::new(first, last);
    if range.is_none() {
        field.problem(reader, format!("{first} to {last} cannot hold one call ({PORTS_PER_CALL} ports)"));
    }
    range
}

//! Fax over IP (ITU-T T.38 Annex D, RFC 3362): the parameters of an `m=image` line. They are an affair between the two fax
//! machines, so what one side says is told to the other, as far as it is sound; unknown attributes are left behind.

use crate::description::{Attribute, Description, Media, MediaKind, Protocol};
use crate::grammar::{push_number, small, words};
use crate::srtp::{Encryption, Srtp};

/// The longest datagram that is passed on, in bytes. A phone that takes longer ones is said to take these.
pub const MAX_DATAGRAM: u32 = 1500;

/// The format of the media line.
pub(crate) const FORMAT: &[u8] = b"t38";

/// What one side has said of its fax: each parameter at most once, in its order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct T38 {
    parameters: Vec<Parameter>,
}

/// One attribute of T.38.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parameter {
    /// `T38FaxVersion`.
    Version(u8),
    /// `T38MaxBitRate`, in bit/s.
    MaxBitRate(u32),
    /// `T38FaxFillBitRemoval`.
    FillBitRemoval(Flag),
    /// `T38FaxTranscodingMMR`.
    TranscodingMmr(Flag),
    /// `T38FaxTranscodingJBIG`.
    TranscodingJbig(Flag),
    /// `T38FaxRateManagement`.
    RateManagement(RateManagement),
    /// `T38FaxMaxBuffer`, in bytes.
    MaxBuffer(u32),
    /// `T38FaxMaxDatagram`, which some write `T38MaxDatagram`: in bytes, at most [`MAX_DATAGRAM`].
    MaxDatagram(u32),
    /// `T38FaxMaxIFP`, in bytes.
    MaxIfp(u32),
    /// `T38FaxUdpEC`.
    ErrorCorrection(ErrorCorrection),
    /// `T38FaxUdpECDepth`: how many packets are sent again, at least and at most.
    ErrorCorrectionDepth(u8, Option<u8>),
    /// `T38VendorInfo`: country, extension and manufacturer (T.35).
    VendorInfo(u8, u8, u16),
}

/// A property, which older devices write with a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flag {
    /// The attribute alone: it is so.
    Named,
    /// `:1` or `:0`.
    Said(bool),
}

/// Who checks the training of the modems.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RateManagement {
    /// Each gateway (`localTCF`), as over TCP.
    Local,
    /// The fax machine at the end (`transferredTCF`), as over UDP.
    Transferred,
}

/// How lost datagrams are made up for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorCorrection {
    /// Each datagram repeats those before it.
    Redundancy,
    /// Parity.
    Fec,
    /// Not at all.
    None,
}

const CORRECTIONS: [(&str, ErrorCorrection); 3] = [
    ("t38UDPRedundancy", ErrorCorrection::Redundancy),
    ("t38UDPFEC", ErrorCorrection::Fec),
    ("t38UDPNoEC", ErrorCorrection::None),
];

const MANAGEMENTS: [(&str, RateManagement); 2] =
    [("localTCF", RateManagement::Local), ("transferredTCF", RateManagement::Transferred)];

/// Reads the value of one attribute.
type Read = fn(&[u8]) -> Option<Parameter>;

/// Every attribute that is known, by its name.
const KNOWN: [(&str, Read); 13] = [
    ("T38FaxVersion", |value| small(value).map(Parameter::Version)),
    ("T38MaxBitRate", |value| small(value).map(Parameter::MaxBitRate)),
    ("T38FaxFillBitRemoval", |value| flag(value).map(Parameter::FillBitRemoval)),
    ("T38FaxTranscodingMMR", |value| flag(value).map(Parameter::TranscodingMmr)),
    ("T38FaxTranscodingJBIG", |value| flag(value).map(Parameter::TranscodingJbig)),
    ("T38FaxRateManagement", |value| named(value, &MANAGEMENTS).map(Parameter::RateManagement)),
    ("T38FaxMaxBuffer", |value| small(value).map(Parameter::MaxBuffer)),
    ("T38FaxMaxDatagram", max_datagram),
    ("T38MaxDatagram", max_datagram),
    ("T38FaxMaxIFP", |value| small(value).map(Parameter::MaxIfp)),
    ("T38FaxUdpEC", |value| named(value, &CORRECTIONS).map(Parameter::ErrorCorrection)),
    ("T38FaxUdpECDepth", depth),
    ("T38VendorInfo", vendor),
];

impl T38 {
    /// What `media` says, if it is live fax by UDPTL.
    pub(crate) fn offered(media: &Media<'_>) -> Option<Self> {
        let is_fax = media.kind() == MediaKind::Image
            && media.is_live()
            && media.protocol() == Protocol::Udptl
            && media.address().is_some()
            && Self::format(media).is_some();
        is_fax.then(|| Self::read(media))
    }

    /// The format as `media` writes it.
    pub(crate) fn format<'o>(media: &Media<'o>) -> Option<&'o [u8]> {
        media.format_words().find(|format| format.eq_ignore_ascii_case(FORMAT))
    }

    /// The fax of `offer` that can be taken on a leg that is encrypted so: none where everything must be, as UDPTL is
    /// always plain.
    pub(crate) fn find<'o>(offer: &'o Description, encryption: &Encryption) -> Option<(usize, Media<'o>, Self)> {
        let mut lines = offer.media().enumerate().filter(|_| encryption.policy() != Srtp::Required);
        lines.find_map(|(index, media)| Some((index, media, Self::offered(&media)?)))
    }

    fn read(media: &Media<'_>) -> Self {
        let mut parameters: Vec<Parameter> = Vec::new();
        for Attribute { name, value } in media.attributes() {
            let known = KNOWN.iter().find(|(known, _)| name.eq_ignore_ascii_case(known.as_bytes()));
            let Some(parameter) = known.and_then(|(_, read)| read(value.unwrap_or_default())) else { continue };
            if parameters.iter().all(|other| other.name() != parameter.name()) {
                parameters.push(parameter);
            }
        }
        Self { parameters }
    }

    /// What was said, in its order.
    #[must_use]
    pub fn parameters(&self) -> &[Parameter] {
        &self.parameters
    }
}

impl FromIterator<Parameter> for T38 {
    fn from_iter<I: IntoIterator<Item = Parameter>>(parameters: I) -> Self {
        Self { parameters: parameters.into_iter().collect() }
    }
}

impl Parameter {
    fn name(self) -> &'static str {
        match self {
            Self::Version(_) => "T38FaxVersion",
            Self::MaxBitRate(_) => "T38MaxBitRate",
            Self::FillBitRemoval(_) => "T38FaxFillBitRemoval",
            Self::TranscodingMmr(_) => "T38FaxTranscodingMMR",
            Self::TranscodingJbig(_) => "T38FaxTranscodingJBIG",
            Self::RateManagement(_) => "T38FaxRateManagement",
            Self::MaxBuffer(_) => "T38FaxMaxBuffer",
            Self::MaxDatagram(_) => "T38FaxMaxDatagram",
            Self::MaxIfp(_) => "T38FaxMaxIFP",
            Self::ErrorCorrection(_) => "T38FaxUdpEC",
            Self::ErrorCorrectionDepth(..) => "T38FaxUdpECDepth",
            Self::VendorInfo(..) => "T38VendorInfo",
        }
    }

    /// Appends name and value, as they follow `a=`.
    pub(crate) fn push(self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.name().as_bytes());
        match self {
            Self::FillBitRemoval(Flag::Named)
            | Self::TranscodingMmr(Flag::Named)
            | Self::TranscodingJbig(Flag::Named) => {}
            Self::FillBitRemoval(Flag::Said(is_so))
            | Self::TranscodingMmr(Flag::Said(is_so))
            | Self::TranscodingJbig(Flag::Said(is_so)) => push_numbers(&[u32::from(is_so)], out),
            Self::Version(number) => push_numbers(&[number.into()], out),
            Self::MaxBitRate(number) | Self::MaxBuffer(number) | Self::MaxDatagram(number) | Self::MaxIfp(number) => {
                push_numbers(&[number], out);
            }
            Self::RateManagement(management) => push_name(management, &MANAGEMENTS, out),
            Self::ErrorCorrection(correction) => push_name(correction, &CORRECTIONS, out),
            Self::ErrorCorrectionDepth(least, None) => push_numbers(&[least.into()], out),
            Self::ErrorCorrectionDepth(least, Some(most)) => push_numbers(&[least.into(), most.into()], out),
            Self::VendorInfo(country, extension, maker) => {
                push_numbers(&[country.into(), extension.into(), maker.into()], out);
            }
        }
    }
}

fn flag(value: &[u8]) -> Option<Flag> {
    match value {
        b"" => Some(Flag::Named),
        b"0" => Some(Flag::Said(false)),
        b"1" => Some(Flag::Said(true)),
        _ => None,
    }
}

fn named<T: Copy>(value: &[u8], names: &[(&str, T)]) -> Option<T> {
    names.iter().find(|(name, _)| value.eq_ignore_ascii_case(name.as_bytes())).map(|(_, meant)| *meant)
}

fn max_datagram(value: &[u8]) -> Option<Parameter> {
    small(value).map(|bytes: u32| Parameter::MaxDatagram(bytes.min(MAX_DATAGRAM)))
}

fn depth(value: &[u8]) -> Option<Parameter> {
    let mut numbers = words(value);
    let least = small(numbers.next()?)?;
    let most = numbers.next().map_or(Some(None), |most| small(most).map(Some))?;
    numbers.next().is_none().then_some(Parameter::ErrorCorrectionDepth(least, most))
}

fn vendor(value: &[u8]) -> Option<Parameter> {
    let mut numbers = words(value);
    let (country, extension, maker) = (numbers.next()?, numbers.next()?, numbers.next()?);
    Some(Parameter::VendorInfo(small(country)?, small(extension)?, small(maker)?)).filter(|_| numbers.next().is_none())
}

/// `:` and the numbers, a space between two.
fn push_numbers(numbers: &[u32], out: &mut Vec<u8>) {
    let separators = std::iter::once(b':').chain(std::iter::repeat(b' '));
    for (number, separator) in numbers.iter().zip(separators) {
        out.push(separator);
        push_number(*number, out);
    }
}

fn push_name<T: Copy + PartialEq>(value: T, names: &[(&str, T)], out: &mut Vec<u8>) {
    if let Some((name, _)) = names.iter().find(|(_, meant)| *meant == value) {
        out.push(b':');
        out.extend_from_slice(name.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::description::Description;

    fn read(line: &str, attributes: &str) -> Option<T38> {
        let text = format!("v=0\nc=IN IP4 192.0.2.1\n{line}\n{attributes}");
        let description = Description::parse(text.as_bytes()).expect("valid");
        T38::offered(&description.media_at(0).expect("one media line"))
    }

    fn written(attributes: &str) -> String {
        let t38 = read("m=image 4000 udptl t38", attributes).expect("fax");
        let mut out = Vec::new();
        for parameter in t38.parameters() {
            parameter.push(&mut out);
            out.push(b'\n');
        }
        String::from_utf8(out).expect("letters")
    }

    #[test]
    fn fax_is_a_live_image_by_udptl() {
        assert_eq!(read("m=image 4000 udptl t38", ""), Some(T38::default()));
        assert_eq!(read("m=IMAGE 4000 UDPTL T38", ""), Some(T38::default()));
        for line in ["m=image 0 udptl t38", "m=image 4000 tcp t38", "m=image 4000 udptl x", "m=audio 4000 udptl t38"] {
            assert_eq!(read(line, ""), None, "{line}");
        }
    }

    #[test]
    fn every_parameter_is_passed_on_in_its_order_and_form() {
        let all = "T38FaxVersion:3\nT38MaxBitRate:33600\nT38FaxFillBitRemoval\nT38FaxTranscodingMMR:0\n\
            T38FaxTranscodingJBIG:1\nT38FaxRateManagement:transferredTCF\nT38FaxMaxBuffer:1024\n\
            T38FaxMaxDatagram:238\nT38FaxMaxIFP:40\nT38FaxUdpEC:t38UDPRedundancy\nT38FaxUdpECDepth:3 5\n\
            T38VendorInfo:0 0 37\n";
        assert_eq!(written(&all.replace("T38", "a=T38")), all);
    }

    #[test]
    fn what_is_unknown_makes_no_sense_or_comes_twice_is_left_behind() {
        let lines = "a=T38FaxVersion:256\na=T38FaxUdpEC:x\na=T38FaxUdpECDepth:1 2 3\na=T38VendorInfo:0 0\n\
            a=T38FaxFillBitRemoval:yes\na=sendrecv\na=T38FaxSecret:1\na=T38MaxBitRate:\na=T38FaxMaxBuffer:-1\n\
            a=t38maxdatagram: 65000\na=T38FaxMaxDatagram:72\na=T38FAXVERSION:0\na=T38FaxVersion:1\n";
        assert_eq!(written(lines), "T38FaxMaxDatagram:1500\nT38FaxVersion:0\n");
    }
}

//! One session description: its lines in order, known and unknown, and typed views of them.

mod address;
mod attribute;
mod build;
mod media;
mod origin;
mod parse;
mod protocol;

pub use address::Address;
pub(crate) use address::push_connection;
pub use attribute::Attribute;
pub use media::{Media, MediaKind};
pub use origin::Origin;
pub use parse::ParseError;
pub use protocol::Protocol;

pub(crate) use build::{Builder, MediaWords};

use media::MediaLine;

/// The longest description that is read, in bytes.
pub const MAX_LENGTH: usize = 16 * 1024;
/// The most lines that are read.
pub const MAX_LINES: usize = 1024;
/// The most media lines that are read.
pub const MAX_MEDIA: usize = 32;
/// The most formats that are read on one media line.
pub const MAX_FORMATS: usize = 64;
/// The most keys of a media line that are looked at.
pub const MAX_CRYPTOS: usize = 16;

/// A session description: its canonical text and where in it each line is.
///
/// The text keeps every line that was read, in its place, with CRLF at the end; blank lines are gone and the words of
/// a media line are one space apart.
#[derive(Clone)]
pub struct Description {
    text: Vec<u8>,
    lines: Vec<Line>,
    media: Vec<MediaLine>,
}

/// A part of the text.
#[derive(Clone, Copy, Debug)]
struct Span {
    start: u32,
    end: u32,
}

impl Span {
    /// Offsets beyond 32 bits cannot occur: what is read is bounded, what is written comes from what was read.
    fn new(start: usize, end: usize) -> Self {
        let offset = |at| u32::try_from(at).unwrap_or(u32::MAX);
        Self { start: offset(start), end: offset(end) }
    }

    fn of(self, text: &[u8]) -> &[u8] {
        text.get(self.start as usize..self.end as usize).unwrap_or_default()
    }
}

/// One line: the letter and what follows `=`.
#[derive(Clone, Copy, Debug)]
struct Line {
    letter: u8,
    value: Span,
}

impl Description {
    /// What goes on the wire, and what [`Description::parse`] reads back as the same.
    #[must_use]
    pub fn text(&self) -> &[u8] {
        &self.text
    }

    /// All lines in order: the letter and what follows `=`.
    pub fn lines(&self) -> impl Iterator<Item = (u8, &[u8])> {
        self.lines.iter().map(|line| (line.letter, line.value.of(&self.text)))
    }

    /// How many media lines there are.
    #[must_use]
    pub fn media_count(&self) -> usize {
        self.media.len()
    }

    /// The media descriptions in order, refused ones included.
    pub fn media(&self) -> impl Iterator<Item = Media<'_>> {
        (0..self.media.len()).filter_map(|index| self.media_at(index))
    }

    /// The media description number `index`, from zero.
    #[must_use]
    pub fn media_at(&self, index: usize) -> Option<Media<'_>> {
        let line = self.media.get(index)?;
        let next = self.media.get(index + 1).map_or(self.lines.len(), |next| next.at);
        Some(Media::new(self, line, self.lines.get(line.at + 1..next).unwrap_or_default()))
    }

    /// The `o=` line; `None` when it is missing or not six words.
    #[must_use]
    pub fn origin(&self) -> Option<Origin<'_>> {
        self.session_lines(b'o').find_map(Origin::parse)
    }

    /// The address of the session's `c=` line, which holds for media without one.
    #[must_use]
    pub fn address(&self) -> Option<Address<'_>> {
        self.session_lines(b'c').find_map(Address::parse_connection)
    }

    /// The session's attributes, those before the first media line.
    pub fn attributes(&self) -> impl Iterator<Item = Attribute<'_>> {
        self.session_lines(b'a').map(Attribute::parse)
    }

    /// Whether both say the same but for who says it: all lines equal, `o=` left out.
    #[must_use]
    pub fn is_same_session(&self, other: &Self) -> bool {
        let without_origin = |(letter, _): &(u8, &[u8])| *letter != b'o';
        self.lines().filter(without_origin).eq(other.lines().filter(without_origin))
    }

    fn session_lines(&self, letter: u8) -> impl Iterator<Item = &[u8]> {
        let end = self.media.first().map_or(self.lines.len(), |first| first.at);
        self.values(self.lines.get(..end).unwrap_or_default(), letter)
    }

    fn values<'d>(&'d self, lines: &'d [Line], letter: u8) -> impl Iterator<Item = &'d [u8]> {
        lines.iter().filter(move |line| line.letter == letter).map(|line| line.value.of(&self.text))
    }
}

impl PartialEq for Description {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Description {}

impl std::fmt::Debug for Description {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Description(")?;
        for (letter, value) in self.lines() {
            let shown = value.get(..secret_at(letter, value)).unwrap_or_default();
            let hidden = if shown.len() < value.len() { "***" } else { "" };
            write!(f, "{}={}{hidden}\\r\\n", letter.escape_ascii(), shown.escape_ascii())?;
        }
        f.write_str(")")
    }
}

/// Where the key in a line begins, or its end if it has none.
fn secret_at(letter: u8, value: &[u8]) -> usize {
    const INLINE: &[u8] = b"inline:";
    match letter {
        b'k' => 0,
        b'a' => {
            let at = value.windows(INLINE.len()).position(|part| part.eq_ignore_ascii_case(INLINE));
            at.map_or(value.len(), |at| at + INLINE.len())
        }
        _ => value.len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OFFER: &[u8] =
        b"v=0\no=- 1 2 IN IP4 192.0.2.1\ns=-\nc=IN IP4 192.0.2.1\nt=0 0\na=x\nm=audio 4000 RTP/AVP 0\n\
        a=y:z\nm=video 4002 RTP/AVP 31\nc=IN IP4 192.0.2.2\n";

    #[test]
    fn lines_of_the_session_and_of_each_media_are_told_apart() {
        let offer = Description::parse(OFFER).expect("valid");
        assert_eq!(offer.attributes().map(|attribute| attribute.name).collect::<Vec<_>>(), [b"x"]);
        let audio = offer.media_at(0).expect("audio");
        assert_eq!(audio.attributes().map(|attribute| attribute.name).collect::<Vec<_>>(), [b"y"]);
        assert_eq!(audio.address(), Some(Address::Ip([192, 0, 2, 1].into())));
        assert_eq!(offer.media_at(1).expect("video").address(), Some(Address::Ip([192, 0, 2, 2].into())));
        assert!(offer.media_at(2).is_none());
    }

    #[test]
    fn keys_are_not_printed_for_people() {
        let text = b"v=0\nk=clear:hidden\nm=audio 0 RTP/SAVP 0\na=crypto:1 X Inline:hidden;inline:hidden\na=x\n";
        let printed = format!("{:?}", Description::parse(text).expect("valid"));
        let lines = "v=0\\r\\nk=***\\r\\nm=audio 0 RTP/SAVP 0\\r\\na=crypto:1 X Inline:***\\r\\na=x\\r\\n";
        assert_eq!(printed, format!("Description({lines})"));
    }

    #[test]
    fn only_the_origin_may_differ_in_the_same_session() {
        let offer = Description::parse(OFFER).expect("valid");
        let text = String::from_utf8_lossy(OFFER);
        let newer = Description::parse(text.replace("- 1 2", "- 1 3").as_bytes()).expect("valid");
        let held = Description::parse(text.replace("a=y:z", "a=sendonly").as_bytes()).expect("valid");
        assert!(offer.is_same_session(&newer));
        assert!(!offer.is_same_session(&held));
    }
}

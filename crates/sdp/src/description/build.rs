//! Appends lines to a description and notes where they are, for the parser and for what we write ourselves.

use super::media::{MediaKind, MediaLine};
use super::{Description, Line, Protocol, Span};
use crate::grammar::push_number;

/// A description that grows line by line.
pub(crate) struct Builder {
    description: Description,
}

/// What a media line says before its formats.
#[derive(Clone, Copy)]
pub(crate) struct MediaWords<'a> {
    pub(crate) kind: &'a [u8],
    pub(crate) port: u16,
    pub(crate) port_count: u16,
    pub(crate) protocol: &'a [u8],
}

impl Builder {
    /// An empty one with room for `bytes` of text and `lines` lines.
    pub(crate) fn with_capacity(bytes: usize, lines: usize) -> Self {
        let (text, lines) = (Vec::with_capacity(bytes), Vec::with_capacity(lines));
        Self { description: Description { text, lines, media: Vec::with_capacity(1) } }
    }

    /// Appends `letter=` and what `write` adds, which must hold no line end.
    pub(crate) fn line(&mut self, letter: u8, write: impl FnOnce(&mut Vec<u8>)) {
        let Description { text, lines, .. } = &mut self.description;
        text.extend_from_slice(&[letter, b'=']);
        let start = text.len();
        write(text);
        lines.push(Line { letter, value: Span::new(start, text.len()) });
        text.extend_from_slice(b"\r\n");
    }

    /// Appends a media line, its formats each with a space in front; the lines that follow belong to it.
    pub(crate) fn media(&mut self, words: MediaWords<'_>, write_formats: impl FnOnce(&mut Vec<u8>)) {
        let at = self.line_count();
        let mut spans = [Span::new(0, 0); 3];
        self.line(b'm', |out| {
            let kind = append(words.kind, out);
            out.push(b' ');
            push_number(words.port, out);
            if words.port_count > 1 {
                out.push(b'/');
                push_number(words.port_count, out);
            }
            out.push(b' ');
            let protocol = append(words.protocol, out);
            let start = out.len();
            write_formats(out);
            spans = [kind, protocol, Span::new(start, out.len())];
        });
        let [kind_text, protocol_text, formats] = spans;
        self.description.media.push(MediaLine {
            at,
            kind: MediaKind::from_text(words.kind),
            kind_text,
            port: words.port,
            port_count: words.port_count.max(1),
            protocol: Protocol::from_text(words.protocol),
            protocol_text,
            formats,
        });
    }

    pub(crate) fn line_count(&self) -> usize {
        self.description.lines.len()
    }

    pub(crate) fn media_count(&self) -> usize {
        self.description.media.len()
    }

    /// What has grown.
    pub(crate) fn finish(self) -> Description {
        self.description
    }
}

fn append(text: &[u8], out: &mut Vec<u8>) -> Span {
    let start = out.len();
    out.extend_from_slice(text);
    Span::new(start, out.len())
}

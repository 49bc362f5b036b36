//! Turns YAML text into a [`Node`] tree. Repeated keys, merge keys, tags and a second document are problems; anchors
//! and aliases work within limits, so that no file takes more memory than its size suggests.

use std::collections::HashMap;
use std::collections::hash_map::Entry as Slot;

use granit_parser::{Event, Marker, Parser, ScalarStyle, ScanError, Span, StrInput, Tag};

use crate::problem::Position;
use crate::reader::Reader;
use crate::syntax::{Mended, explain};
use crate::tree::{Entry, Kind, Node};

/// How deep lists and sections may nest; the documented file needs six levels.
const DEEPEST: usize = 32;
/// How many values all aliases together may stand for.
const MOST_COPIES: usize = 100_000;
/// How many texts with stray backslashes are mended before the reader gives up.
const MOST_MENDED: usize = 50;

/// Parses `text`; `None` when it is not YAML. An empty text is [`Kind::Null`].
pub(crate) fn parse(text: &str, reader: &mut Reader<'_>) -> Option<Node> {
    let mut mended = Mended::new(text);
    for _ in 0..MOST_MENDED {
        // Problems of a run that ends in a mended mistake come again in the next run.
        let earlier = reader.problem_count();
        match Builder::new(&mended, reader).document() {
            Ok(node) => return Some(node),
            Err(Stop::Refused) => return None,
            Err(Stop::Syntax(error)) => {
                let position = mended.position(error.marker());
                let again = mended.mend(&error);
                if again {
                    reader.forget_problems_after(earlier);
                }
                reader.problem(position, "", explain(&error));
                if !again {
                    return None;
                }
            }
        }
    }
    None
}

/// Why building the tree ended early.
enum Stop {
    Syntax(Box<ScanError>),
    /// The problem is told already.
    Refused,
}

impl From<ScanError> for Stop {
    fn from(error: ScanError) -> Self {
        Self::Syntax(Box::new(error))
    }
}

/// A value that an alias can stand for.
struct Anchored {
    node: Node,
    size: usize,
    height: usize,
}

struct Builder<'t, 'r, 'a> {
    parser: Parser<'t, StrInput<'t>>,
    mended: &'t Mended,
    reader: &'r mut Reader<'a>,
    anchors: HashMap<usize, Anchored>,
    copies: usize,
}

impl<'t, 'r, 'a> Builder<'t, 'r, 'a> {
    fn new(mended: &'t Mended, reader: &'r mut Reader<'a>) -> Self {
        let options = granit_parser::options! {
            emit_comments: false,
            flow_nesting_limit: DEEPEST,
            block_nesting_limit: DEEPEST,
        };
        let parser = Parser::new_from_str_with_options(&mended.text, options);
        Self { parser, mended, reader, anchors: HashMap::new(), copies: 0 }
    }

    fn document(&mut self) -> Result<Node, Stop> {
        let mut root = None;
        while let Some(next) = self.parser.next_event() {
            let (event, span) = next?;
            if root.is_some() && matches!(event, Event::DocumentStart(..)) {
                return self.refuse(&span.start, "only one document is read: remove the `---` and what follows");
            }
            if event.is_node() {
                root = Some(self.node(event, span, 0)?);
            }
        }
        Ok(root.unwrap_or(Node { position: Position { line: 1, column: 1 }, kind: Kind::Null }))
    }

    /// The value that starts with `event`.
    #[expect(clippy::wildcard_enum_match_arm, reason = "only four kinds of event start a value")]
    fn node(&mut self, event: Event<'t>, span: Span, depth: usize) -> Result<Node, Stop> {
        if depth > DEEPEST {
            return self.refuse(&span.start, "lists and sections are nested too deeply");
        }
        let position = self.mended.position(&span.start);
        let (kind, anchor) = match event {
            Event::Scalar(text, style, anchor, tag) => {
                self.check_tag(tag.as_deref(), position);
                let null = style == ScalarStyle::Plain && matches!(&*text, "" | "~" | "null" | "Null" | "NULL");
                (if null { Kind::Null } else { Kind::Text(text.into_owned()) }, anchor)
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.check_tag(tag.as_deref(), position);
                (Kind::List(self.list(depth)?), anchor)
            }
            Event::MappingStart(_, anchor, tag) => {
                self.check_tag(tag.as_deref(), position);
                (Kind::Map(self.map(depth)?), anchor)
            }
            Event::Alias(anchor) => return self.alias(anchor, &span.start, depth),
            _ => return self.refuse(&span.start, "expected a value"),
        };
        let node = Node { position, kind };
        if anchor != 0 {
            let (size, height) = measure(&node);
            self.anchors.insert(anchor, Anchored { node: node.clone(), size, height });
            self.count_copies(size, &span.start)?;
        }
        Ok(node)
    }

    fn list(&mut self, depth: usize) -> Result<Vec<Node>, Stop> {
        let mut nodes = Vec::new();
        while let Some(next) = self.parser.next_event() {
            let (event, span) = next?;
            if event == Event::SequenceEnd {
                break;
            }
            nodes.push(self.node(event, span, depth + 1)?);
        }
        Ok(nodes)
    }

    fn map(&mut self, depth: usize) -> Result<Vec<Entry>, Stop> {
        let mut entries: Vec<Entry> = Vec::new();
        let mut lines: HashMap<String, usize> = HashMap::new();
        while let Some(next) = self.parser.next_event() {
            let (event, span) = next?;
            if event == Event::MappingEnd {
                break;
            }
            let key = self.node(event, span, depth + 1)?;
            let Some(next) = self.parser.next_event() else { break };
            let (event, span) = next?;
            let value = self.node(event, span, depth + 1)?;
            let position = key.position;
            let Kind::Text(key) = key.kind else {
                self.reader.problem(position, "", "a key must be a plain word");
                continue;
            };
            if key == "<<" {
                self.reader.problem(position, "", "`<<` is not understood: write the keys out");
                continue;
            }
            match lines.entry(key.clone()) {
                Slot::Occupied(first) => {
                    let message = format!("`{}` is written twice; the first is on line {}", shown(&key), first.get());
                    self.reader.problem(position, "", message);
                }
                Slot::Vacant(slot) => {
                    slot.insert(position.line);
                    entries.push(Entry { key, position, value });
                }
            }
        }
        Ok(entries)
    }

    fn alias(&mut self, anchor: usize, at: &Marker, depth: usize) -> Result<Node, Stop> {
        let Some(anchored) = self.anchors.get(&anchor) else {
            return self.refuse(at, "this alias stands for something that contains it");
        };
        let (node, size, height) = (anchored.node.clone(), anchored.size, anchored.height);
        if depth + height > DEEPEST {
            return self.refuse(at, "lists and sections are nested too deeply");
        }
        self.count_copies(size, at)?;
        Ok(node)
    }

    fn count_copies(&mut self, size: usize, at: &Marker) -> Result<(), Stop> {
        self.copies = self.copies.saturating_add(size);
        if self.copies > MOST_COPIES { self.refuse(at, "the aliases stand for too much") } else { Ok(()) }
    }

    fn check_tag(&mut self, tag: Option<&Tag>, position: Position) {
        if let Some(tag) = tag.filter(|tag| !tag.is_yaml_core_schema()) {
            let message = format!("`{}` is a tag, and tags are not understood", shown(&tag.original()));
            self.reader.problem(position, "", message);
        }
    }

    fn refuse<T>(&mut self, at: &Marker, message: &str) -> Result<T, Stop> {
        self.reader.problem(self.mended.position(at), "", message);
        Err(Stop::Refused)
    }
}

/// How many values `node` holds, itself included, and how deep it goes.
fn measure(node: &Node) -> (usize, usize) {
    let inner = match &node.kind {
        Kind::Null | Kind::Text(_) => return (1, 0),
        Kind::List(nodes) => nodes.iter().map(measure).reduce(larger),
        Kind::Map(entries) => entries.iter().map(|entry| measure(&entry.value)).reduce(larger),
    };
    inner.map_or((1, 1), |(size, height)| (size + 1, height + 1))
}

fn larger(a: (usize, usize), b: (usize, usize)) -> (usize, usize) {
    (a.0 + b.0, a.1.max(b.1))
}

/// A key or tag for a message: without control characters, and not a page long.
pub(crate) fn shown(text: &str) -> String {
    const LONGEST: usize = 40;
    let mut short: String = text.chars().take(LONGEST).flat_map(char::escape_debug).collect();
    if text.chars().nth(LONGEST).is_some() {
        short.push_str("...");
    }
    short
}

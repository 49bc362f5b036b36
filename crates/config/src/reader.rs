//! Collects problems while the tree is walked, and hands out the keys of a section so that none is overlooked.

use std::sync::Arc;

use crate::later;
use crate::nearest::suggestion;
use crate::problem::{Position, Problem};
use crate::tree::{Entry, Kind, Node};
use crate::variables::{self, Replaced};
use crate::yaml::shown;

/// What has been found so far, and how variables are looked up.
pub(crate) struct Reader<'a> {
    file: Arc<str>,
    lookup: &'a dyn Fn(&str) -> Option<String>,
    problems: Vec<Problem>,
    notes: Vec<Problem>,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(file_name: &str, lookup: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Self { file: file_name.into(), lookup, problems: Vec::new(), notes: Vec::new() }
    }

    pub(crate) fn problem(&mut self, position: Position, path: &str, message: impl Into<String>) {
        self.problems.push(Problem {
            file: Arc::clone(&self.file),
            position,
            path: path.to_owned(),
            message: message.into(),
        });
    }

    pub(crate) fn note(&mut self, position: Position, path: &str, message: impl Into<String>) {
        let file = Arc::clone(&self.file);
        self.notes.push(Problem { file, position, path: path.to_owned(), message: message.into() });
    }

    pub(crate) fn problem_count(&self) -> usize {
        self.problems.len()
    }

    pub(crate) fn forget_problems_after(&mut self, count: usize) {
        self.problems.truncate(count);
    }

    /// `text` with its variables replaced; `None` when that is a problem, which is then told.
    pub(crate) fn replace(&mut self, text: &str, position: Position, path: &str) -> Option<Replaced> {
        match variables::replace(text, self.lookup) {
            Ok(replaced) => Some(replaced),
            Err(problems) => {
                for problem in problems {
                    self.problem(position, path, problem);
                }
                None
            }
        }
    }

    /// Problems and notes, each in the order of the file.
    pub(crate) fn finish(mut self) -> (Vec<Problem>, Vec<Problem>) {
        self.problems.sort_by_key(|problem| problem.position);
        self.notes.sort_by_key(|note| note.position);
        (self.problems, self.notes)
    }
}

/// A value with the key that leads to it. How its text is read is in `scalar.rs`.
#[derive(Clone, Debug)]
pub(crate) struct Field<'n> {
    pub(crate) path: String,
    pub(crate) node: &'n Node,
}

impl<'n> Field<'n> {
    pub(crate) fn new(path: impl Into<String>, node: &'n Node) -> Self {
        Self { path: path.into(), node }
    }

    pub(crate) fn position(&self) -> Position {
        self.node.position
    }

    pub(crate) fn problem(&self, reader: &mut Reader<'_>, message: impl Into<String>) {
        reader.problem(self.node.position, &self.path, message);
    }

    pub(crate) fn note(&self, reader: &mut Reader<'_>, message: impl Into<String>) {
        reader.note(self.node.position, &self.path, message);
    }

    /// Says that something else than `expected` is written here.
    pub(crate) fn expected(&self, reader: &mut Reader<'_>, expected: &str) {
        self.problem(reader, format!("expected {expected}, found {}", self.node.kind_name()));
    }

    /// The entries of a list; nothing written is an empty list.
    pub(crate) fn list(&self, reader: &mut Reader<'_>) -> Option<Vec<Field<'n>>> {
        match &self.node.kind {
            Kind::Null => Some(Vec::new()),
            Kind::List(nodes) => {
                let entry = |(index, node)| Field::new(format!("{}[{index}]", self.path), node);
                Some((1..).zip(nodes).map(entry).collect())
            }
            Kind::Text(_) | Kind::Map(_) => {
                self.expected(reader, "a list");
                None
            }
        }
    }

    /// The keys of a section; nothing written is a section without keys.
    pub(crate) fn fields(&self, reader: &mut Reader<'_>) -> Option<Fields<'n>> {
        let entries: &[Entry] = match &self.node.kind {
            Kind::Null => &[],
            Kind::Map(entries) => entries,
            Kind::Text(_) | Kind::List(_) => {
                self.expected(reader, "keys with values");
                return None;
            }
        };
        Some(Fields { path: self.path.clone(), position: self.node.position, entries, known: Vec::new() })
    }
}

/// The keys of one section. [`Fields::finish`] refuses those that nobody took.
#[derive(Debug)]
pub(crate) struct Fields<'n> {
    pub(crate) path: String,
    pub(crate) position: Position,
    entries: &'n [Entry],
    known: Vec<&'static str>,
}

impl<'n> Fields<'n> {
    /// The value of `key`; `None` when it is not written or nothing is written after it.
    pub(crate) fn take(&mut self, key: &'static str) -> Option<Field<'n>> {
        self.known.push(key);
        let entry = self.entries.iter().find(|entry| entry.key == key)?;
        (entry.value.kind != Kind::Null).then(|| Field::new(self.path_of(key), &entry.value))
    }

    /// As [`Fields::take`], but a missing key is a problem.
    pub(crate) fn require(&mut self, key: &'static str, reader: &mut Reader<'_>) -> Option<Field<'n>> {
        let field = self.take(key);
        if field.is_none() {
            reader.problem(self.position, &self.path_of(key), "is missing");
        }
        field
    }

    /// Documented keys that Warden does not act on yet, written as in `later.rs`: each one present gets a note, and
    /// what is inside is checked against the documents.
    pub(crate) fn later(&mut self, keys: &'static [&'static str], reader: &mut Reader<'_>) {
        for name in later::names(keys, "") {
            self.known.push(name);
            for entry in self.entries.iter().filter(|entry| entry.key == name) {
                later::note(&Field::new(self.path_of(name), &entry.value), entry.position, keys, name, reader);
            }
        }
    }

    /// Names every key that was not taken, with the nearest that could be.
    pub(crate) fn finish(self, reader: &mut Reader<'_>) {
        for entry in self.entries.iter().filter(|entry| !self.known.contains(&entry.key.as_str())) {
            unknown_key(entry, &self.path, self.known.iter().copied(), reader);
        }
    }

    /// The same for a section of which the documents do not tell every key: one that was not taken gets a note.
    pub(crate) fn finish_leniently(self, reader: &mut Reader<'_>) {
        for entry in self.entries.iter().filter(|entry| !self.known.contains(&entry.key.as_str())) {
            reader.note(entry.position, &self.path_of(&entry.key), "not built yet, ignored");
        }
    }

    fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }
}

/// Says that `entry` is no key of the section at `path`.
pub(crate) fn unknown_key<'k>(
    entry: &Entry,
    path: &str,
    known: impl IntoIterator<Item = &'k str>,
    reader: &mut Reader<'_>,
) {
    let message = format!("unknown key `{}`{}", shown(&entry.key), suggestion(&entry.key, known));
    reader.problem(entry.position, path, message);
}

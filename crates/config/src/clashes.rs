//! Settings that are right one by one and cannot stand together, or make no sense together.

use std::collections::HashMap;

use regex::Regex;

use crate::config::Config;
use crate::dialplan::Action;
use crate::extensions::Extension;
use crate::problem::Position;
use crate::reader::Reader;
use crate::tree::{Kind, Node};

/// Adds every clash between sections. A default has no place in the file, so a problem is told at the key that is
/// written.
pub(crate) fn find(config: &Config, root: &Node, reader: &mut Reader<'_>) {
    let server = &config.server;
    let (sip, sips, web) = ("server.sip_port", "server.sips_port", "web.port");
    for (port, key, taken, by) in [
        (server.sips_port, sips, server.sip_port, sip),
        (config.web.port, web, server.sip_port, sip),
        (config.web.port, web, server.sips_port, sips),
    ] {
        if port == taken {
            tell(root, [key, by], &format!("{port} is the port of both {by} and {key}"), reader);
        }
    }
    if server.rtp_port_range.contains(server.sip_port) {
        let (first, last) = (server.rtp_port_range.first(), server.rtp_port_range.last());
        let message = format!("{} is one of the ports for audio, {first} to {last}", server.sip_port);
        let ranges = ["server.rtp_port_range", "server.rtp_port_range_start", "server.rtp_port_range_end"];
        tell(root, [sip].into_iter().chain(ranges), &message, reader);
    }
    let entries = Entries::of(root);
    find_emergency_extensions(config, root, &entries, reader);
    find_lists_of_extensions(config, reader);
    // A pattern with a problem is not among the others.
    if reader.problem_count() == 0 {
        find_extensions_that_nobody_can_call(config, &entries, reader);
    }
}

/// The declared extensions as they are written, by where they begin, with their place in the list, counted from 1.
struct Entries<'n>(HashMap<Position, (usize, &'n Node)>);

impl<'n> Entries<'n> {
    fn of(root: &'n Node) -> Self {
        Self((1..).zip(list(root, &["extensions"])).map(|(number, entry)| (entry.position, (number, entry))).collect())
    }

    /// Where its number stands, and the path of that.
    fn number_of(&self, extension: &Extension) -> Option<(Position, String)> {
        let (index, entry) = self.0.get(&extension.position)?;
        let position = entry.find(&["number"]).map_or(entry.position, |node| node.position);
        Some((position, format!("extensions[{index}].number")))
    }
}

fn list<'n>(root: &'n Node, keys: &[&str]) -> &'n [Node] {
    match root.find(keys).map(|node| &node.kind) {
        Some(Kind::List(nodes)) => nodes.as_slice(),
        Some(Kind::Null | Kind::Text(_) | Kind::Map(_)) | None => &[],
    }
}

/// Tells `message` at the first of `keys` that is written.
fn tell<'k>(root: &Node, keys: impl IntoIterator<Item = &'k str>, message: &str, reader: &mut Reader<'_>) {
    for key in keys {
        let names: Vec<&str> = key.split('.').collect();
        if let Some(node) = root.find(&names) {
            reader.problem(node.position, key, message);
            return;
        }
    }
}

/// An extension must not be an emergency number, nor one dialled with a 9 for the outside line before it.
fn find_emergency_extensions(config: &Config, root: &Node, entries: &Entries<'_>, reader: &mut Reader<'_>) {
    let written = list(root, &["e911_protection", "emergency_numbers"]);
    let numbers = config.e911_protection.emergency_numbers.iter().enumerate();
    let emergency: HashMap<&str, usize> = numbers.map(|(index, number)| (number.as_str(), index)).collect();
    for extension in &config.extensions {
        let number = extension.number.as_str();
        let without_9 = number.strip_prefix('9').unwrap_or(number);
        let Some((clash, index)) = emergency.get_key_value(number).or_else(|| emergency.get_key_value(without_9))
        else {
            continue;
        };
        let line = written.get(*index).map_or_else(String::new, |node| format!(" on line {}", node.position.line));
        let message = if *clash == number {
            format!("{number} is the emergency number{line}")
        } else {
            format!("{number} is the emergency number {clash}{line} dialled with a 9 before it")
        };
        let Some((position, path)) = entries.number_of(extension) else { continue };
        reader.problem(position, &path, message);
    }
}

/// A number that the dialplan does not ring: perhaps nobody has thought of its patterns.
fn find_extensions_that_nobody_can_call(config: &Config, entries: &Entries<'_>, reader: &mut Reader<'_>) {
    let patterns = config.dialplan.patterns.iter();
    let patterns: Vec<_> = patterns.filter_map(|it| Some((Regex::new(&it.pattern).ok()?, it.action))).collect();
    for extension in &config.extensions {
        let number = extension.number.as_str();
        let message = match (1..).zip(&patterns).find(|(_, (regex, _))| regex.is_match(number)) {
            Some((_, (_, Action::Extension))) => continue,
            Some((place, (_, action))) => {
                format!("dialplan.patterns[{place}] has {number} for {}, so nobody can call it", action.name())
            }
            None => format!("no pattern of the dialplan has {number}, so nobody can call it"),
        };
        let Some((position, path)) = entries.number_of(extension) else { continue };
        reader.note(position, &path, message);
    }
}

/// What stands for a list must not be an extension: nobody could watch that any more.
fn find_lists_of_extensions(config: &Config, reader: &mut Reader<'_>) {
    for (number, list) in (1..).zip(&config.blf_lists) {
        if let Some(extension) = config.extensions.iter().find(|extension| extension.number == list.number) {
            let message = format!("{} is the extension on line {}", list.number, extension.position.line);
            reader.problem(list.position, &format!("blf_lists[{number}].number"), message);
        }
    }
}

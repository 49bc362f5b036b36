//! Settings that are right one by one and cannot stand together.

use std::collections::HashMap;

use crate::config::Config;
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
    find_emergency_extensions(config, root, reader);
    find_lists_of_extensions(config, reader);
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
fn find_emergency_extensions(config: &Config, root: &Node, reader: &mut Reader<'_>) {
    let list = |keys: &[&str]| match root.find(keys).map(|node| &node.kind) {
        Some(Kind::List(nodes)) => nodes.as_slice(),
        Some(Kind::Null | Kind::Text(_) | Kind::Map(_)) | None => &[],
    };
    let written = list(&["e911_protection", "emergency_numbers"]);
    let numbers = config.e911_protection.emergency_numbers.iter().enumerate();
    let emergency: HashMap<&str, usize> = numbers.map(|(index, number)| (number.as_str(), index)).collect();
    let entries = (1..).zip(list(&["extensions"])).map(|(number, entry)| (entry.position, (number, entry)));
    let entries: HashMap<Position, (usize, &Node)> = entries.collect();
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
        let Some((index, entry)) = entries.get(&extension.position) else { continue };
        let position = entry.find(&["number"]).map_or(entry.position, |node| node.position);
        reader.problem(position, &format!("extensions[{index}].number"), message);
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

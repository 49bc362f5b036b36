//! Reading what people publish: PIDF (RFC 3863) with RPID (RFC 4480), as tolerant as programs are careless, and bounded.

use roxmltree::{Document, Node, ParsingOptions};

use super::presence::Published;

/// The largest document that is read, in **bytes**.
pub(super) const MAX_DOCUMENT: usize = 16 * 1024;
/// The most nodes of one; a program's own has a few dozen.
const MAX_NODES: u32 = 500;
/// The most of a note that is kept, in **characters**.
const MAX_NOTE: usize = 256;
/// The most activities that are kept.
const MAX_ACTIVITIES: usize = 8;

/// What RPID has for activities (RFC 4480 §3.2), as far as it says something to others.
const ACTIVITIES: [&str; 24] = [
    "appointment",
    "away",
    "breakfast",
    "busy",
    "dinner",
    "holiday",
    "in-transit",
    "looking-for-work",
    "lunch",
    "meal",
    "meeting",
    "on-the-phone",
    "performance",
    "permanent-absence",
    "playing",
    "presentation",
    "shopping",
    "sleeping",
    "spectator",
    "steering",
    "travel",
    "tv",
    "vacation",
    "working",
];

/// Reads a document. Elements are known by their names alone: programs mix up the namespaces.
///
/// `None` when it is no XML, too large, or no presence. There is no document type and so no entity of its own.
pub(super) fn read(document: &[u8]) -> Option<Published> {
    let text = std::str::from_utf8(document).ok().filter(|text| text.len() <= MAX_DOCUMENT)?;
    let options = ParsingOptions { nodes_limit: MAX_NODES, ..ParsingOptions::default() };
    let document = Document::parse_with_options(text.trim_start_matches('\u{feff}'), options).ok()?;
    let root = document.root_element();
    if root.tag_name().name() != "presence" {
        return None;
    }
    let elements = || root.descendants().filter(Node::is_element);
    let named = |name: &'static str| elements().filter(move |node| node.tag_name().name() == name);
    let mut basics = named("basic").filter_map(|node| match node.text().unwrap_or_default().trim() {
        "open" => Some(true),
        "closed" => Some(false),
        _ => None,
    });
    let first = basics.next();
    let is_open = first.map(|first| first || basics.any(|is_open| is_open));
    let said = named("activities").flat_map(|node| node.children()).filter(Node::is_element);
    let mut activities: Vec<_> = said.filter_map(|node| known(node.tag_name().name())).collect();
    activities.sort_unstable();
    activities.dedup();
    activities.truncate(MAX_ACTIVITIES);
    let note = named("note").filter_map(|node| node.text()).map(str::trim).find(|note| !note.is_empty());
    let note = note.unwrap_or_default().chars().filter(|c| !c.is_control()).take(MAX_NOTE).collect();
    Some(Published { is_open, activities, note })
}

fn known(activity: &str) -> Option<&'static str> {
    ACTIVITIES.into_iter().find(|known| *known == activity)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In the form of RFC 4480 §5.
    const EXAMPLE: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<presence xmlns="urn:ietf:params:xml:ns:pidf" xmlns:dm="urn:ietf:params:xml:ns:pidf:data-model"
  xmlns:rpid="urn:ietf:params:xml:ns:pidf:rpid" entity="pres:someone@example.com">
  <tuple id="bs35r9"><status><basic>open</basic></status><contact priority="0.8">im:someone@mobilecarrier.net</contact>
    <note xml:lang="en">Don't Disturb &amp; go</note></tuple>
  <tuple id="ty4658"><status><basic>closed</basic></status></tuple>
  <dm:person id="p1"><rpid:activities from="2005-05-30T12:00:00+05:00"><rpid:note>Far away</rpid:note><rpid:away/><rpid:x/>
    </rpid:activities></dm:person>
</presence>"#;

    #[test]
    fn somebody_is_open_who_is_anywhere_and_what_is_not_known_is_left_out() {
        let published = read(EXAMPLE.as_bytes()).expect("a presence");
        assert_eq!((published.is_open, published.note.as_str()), (Some(true), "Don't Disturb & go"));
        assert_eq!(published.activities, ["away"]);
    }

    #[test]
    fn what_is_no_presence_is_refused() {
        let bomb = "<!DOCTYPE p [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]><presence><note>&b;</note></presence>";
        let many = format!("<presence>{}</presence>", "<a/>".repeat(600));
        let deep = format!("<presence>{}", "<a>".repeat(5000));
        let large = format!("<presence><note>{}</note></presence>", "x".repeat(MAX_DOCUMENT));
        for bad in ["", "<presence>", "<other/>", "\0", bomb, &many, &deep, &large] {
            assert_eq!(read(bad.as_bytes()), None, "{bad:.40}");
        }
        assert_eq!(read(b"\xff<presence/>"), None);
    }
}

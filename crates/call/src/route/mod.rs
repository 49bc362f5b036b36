//! Where a dialled number goes: emergency numbers before anything, then the patterns in their order.

mod dialplan;

pub use dialplan::{Action, Dialplan, Pattern};

use crate::call_event::{Destination, Rule};
use crate::directory::{Directory, Extension};

/// Where a number goes, and what decided it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Route {
    pub(crate) rule: Rule,
    pub(crate) destination: Destination,
}

/// Looks `number` up; the same directory always gives the same answer.
pub(crate) fn route(directory: &Directory, number: &str) -> Route {
    if directory.dialplan.is_emergency(number) {
        return Route { rule: Rule::Emergency, destination: Destination::EmergencyServices };
    }
    let Some((place, pattern)) = directory.dialplan.find(number) else {
        return Route { rule: Rule::NoPattern, destination: Destination::Unknown };
    };
    let rule = Rule::Pattern { place, pattern: pattern.text().to_owned() };
    let destination = match pattern.action {
        Action::Extension => extension(directory, number),
        Action::Reject => Destination::Rejected,
        Action::NotBuilt => Destination::NotBuilt,
    };
    Route { rule, destination }
}

fn extension(directory: &Directory, number: &str) -> Destination {
    let known = Extension::parse(number.as_bytes()).ok().filter(|number| directory.people.contains_key(number));
    known.map_or(Destination::Unknown, Destination::Extension)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::Person;

    fn directory() -> Directory {
        let patterns = [("^1199$", Action::Reject), ("^1[0-9]{3}$", Action::Extension), ("^8", Action::NotBuilt)];
        let patterns = patterns.map(|(text, action)| Pattern::new(text, action).expect("a regular expression"));
        let mut directory = Directory { dialplan: Dialplan::new(["911", "1112"], patterns), ..Directory::default() };
        for number in ["1001", "1199", "1112", "911", "2001"] {
            let extension = Extension::parse(number.as_bytes()).expect("an extension");
            directory.people.insert(extension, Person { name: number.into() });
        }
        directory
    }

    fn destination(number: &str) -> Destination {
        route(&directory(), number).destination
    }

    #[test]
    fn the_first_pattern_that_matches_decides() {
        let extension = Extension::parse(b"1001").expect("an extension");
        let rule = Rule::Pattern { place: 2, pattern: "^1[0-9]{3}$".into() };
        let destination_of_1001 = Destination::Extension(extension);
        assert_eq!(route(&directory(), "1001"), Route { rule, destination: destination_of_1001 });
        assert_eq!(destination("1199"), Destination::Rejected);
        assert_eq!(destination("8001"), Destination::NotBuilt);
    }

    #[test]
    fn a_number_without_pattern_or_person_is_unknown() {
        assert_eq!(destination("1002"), Destination::Unknown);
        assert_eq!(destination("2001"), Destination::Unknown);
        assert_eq!(destination("1001 "), Destination::Unknown);
        assert_eq!(destination(""), Destination::Unknown);
    }

    #[test]
    fn an_emergency_number_is_known_before_patterns_and_people() {
        assert_eq!(destination("911"), Destination::EmergencyServices);
        assert_eq!(destination("1112"), Destination::EmergencyServices);
        assert_eq!(destination("9111"), Destination::Unknown);
    }
}

//! `blf_lists:`.

use crate::read::{assert_problem, config};

#[test]
fn a_list_has_a_number_a_name_and_members_in_their_order() {
    let config = config("blf_lists:\n  - number: sales\n    name: Sales\n    members: ['1003', '1001']\n");
    let [list] = config.blf_lists.as_slice() else { panic!("{config:?}") };
    assert_eq!((list.number.as_str(), list.name.as_str()), ("sales", "Sales"));
    assert_eq!(list.members, ["1003", "1001"]);
}

#[test]
fn a_list_that_cannot_be_watched_is_a_problem() {
    let list = |number: &str, members: &str| {
        format!("blf_lists:\n  - number: {number}\n    name: Sales\n    members: {members}\n")
    };
    let cases = [
        (list("'a b'", "['1001']"), "2:13: blf_lists[1].number: `a b` is not 1 to 32 letters, digits or any of - _ ."),
        (list("8", "[]"), "4:14: blf_lists[1].members: must have 1 to 64 extensions"),
        (list("8", "['1001', '1001']"), "4:23: blf_lists[1].members[2]: `1001` is written twice"),
        (list("8", "[bob]"), "4:15: blf_lists[1].members[1]: `bob` is not a number of 1 to 15 digits"),
    ];
    for (text, expected) in cases {
        assert_problem(&text, expected);
    }
    let twice = format!("{}  - number: 8\n    name: More\n    members: ['1001']\n", list("8", "['1001']"));
    assert_problem(&twice, "5:13: blf_lists[2].number: `8` is already the list on line 2");
}

#[test]
fn a_list_has_no_number_of_an_extension() {
    let text = "extensions:\n  - { number: '1001', name: Ann, password: blue-kettle }\nblf_lists:\n  \
                - { number: '1001', name: All, members: ['1001'] }\n";
    assert_problem(text, "4:5: blf_lists[1].number: 1001 is the extension on line 2");
}

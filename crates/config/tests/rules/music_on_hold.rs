//! `music_on_hold:` and the classes of extensions.

use crate::read::{config, problems};

#[test]
fn there_is_music_of_the_default_class_unless_something_else_is_said() {
    let music = config("").music_on_hold;
    assert_eq!((music.enabled, music.class.name.as_str()), (true, "default"));
    let music = config("music_on_hold: {enabled: false, class: Jazz_2}").music_on_hold;
    assert_eq!((music.enabled, music.class.name.as_str()), (false, "Jazz_2"));
}

#[test]
fn an_extension_has_a_class_of_its_own() {
    let text = "extensions:\n  - {number: '1001', name: Ann, password: blue-kettle, music_on_hold: sales}\n  \
                - {number: '1002', name: Bob, password: blue-kettle}";
    let extensions = config(text).extensions;
    let classes: Vec<_> =
        extensions.iter().map(|it| it.music_on_hold.as_ref().map(|class| class.name.as_str())).collect();
    assert_eq!(classes, [Some("sales"), None]);
}

#[test]
fn a_class_names_no_other_directory() {
    for bad in ["../etc", "a/b", "'..'", "'.'", "'jazz music'", "'é'", "''", &"x".repeat(33)] {
        let found = problems(&format!("music_on_hold: {{class: {bad}}}"));
        assert_eq!(found.len(), 1, "{bad}");
        assert!(found[0].starts_with("1:24: music_on_hold.class: "), "{found:?}");
    }
    let text = "extensions: [{number: '1001', name: Ann, password: blue-kettle, music_on_hold: a b}]";
    assert_eq!(
        problems(text),
        ["1:80: extensions[1].music_on_hold: `a b` is not 1 to 32 letters, digits, `-` and `_`"]
    );
}

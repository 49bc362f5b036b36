//! "High Fields": strings and bells in D, with a harp that hardly moves. Slow, light and open.

use super::{Form, Part, Piece, Voice};

const FIRST: &str = "Dadd9 | Bm7 | Gmaj7 | A | D/F# | Gmaj7 | Em7 | Asus4 A |";
const MIDDLE: &str = "Gmaj7 | A/G | F#m7 | Bm7 | Em7 | F#m7 | Gmaj7 | Asus4 A |";
const LAST: &str = "Dadd9 | Bm7 | Gmaj7 | A | D/F# | Gmaj7 | Em7 A | Dadd9 |";

const SONG: [&str; 3] = [
    "f#5:2 e5:1 d5:1 | d5:3 a4:1 | b4:2 d5:2 | c#5:3 -:1 |
     a5:2 f#5:1 e5:1 | d5:3 b4:1 | g4:1 b4:1 d5:1 e5:1 | e5:3 -:1 |",
    "b4:1 d5:1 g5:2 | e5:2 c#5:2 | a4:1 c#5:1 f#5:2 | d5:3 -:1 |
     g5:1 f#5:1 e5:2 | c#5:2 a4:2 | b4:1 d5:1 f#5:1 g5:1 | e5:3 -:1 |",
    "f#5:2 e5:1 d5:1 | d5:3 a4:1 | b4:2 d5:2 | e5:3 -:1 |
     a5:2 f#5:1 e5:1 | d5:3 b4:1 | b4:1 d5:1 c#5:1 e5:1 | d5:3 -:1 |",
];

pub(super) fn piece() -> Piece {
    let form = Form::new(4.0, &[FIRST, MIDDLE, LAST]);
    let parts = vec![
        Part::new(Voice::Strings, 0.34, 0.50, form.together(&[(0.0, 4.0, 0.50)], 57)),
        Part::new(Voice::Harp, 0.58, 0.45, form.broken(&[0, 1, 2, 3, 4, 3, 2, 1], 57, 0.50)),
        Part::new(Voice::Bass, 0.36, 0.05, form.bass(&[(0.0, 3.2, 0.7)])),
        Part::new(Voice::Bells, 0.52, 0.50, form.sing(&SONG, 0.60)),
        Part::new(Voice::Piano, 0.26, 0.40, form.sing(&SONG, 0.45)),
    ];
    Piece { name: "high-fields", seed: 4, beats_per_minute: 68.0, parts, form }
}

#[cfg(test)]
#[test]
fn the_bars_of_high_fields_add_up() {
    super::tests::bars_add_up(&SONG, 4.0);
}

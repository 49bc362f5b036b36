//! "Blue Lamp": a bossa nova in A minor for guitar, electric piano, bass and brushes. An evening in a small bar.

use super::{Form, Part, Piece, Voice};

const FIRST: &str = "Dm9 | G13 | Cmaj9 | Fmaj7 | Bm7b5 | E7b9 | Am9 | Am6 |";
const SECOND: &str = "Dm9 | G13 | Em7 | A7 | Dm9 | G13 | Cmaj9 | E7b9 |";
const MIDDLE: &str = "Am9 | D9 | Gmaj7 | Em7 | Fmaj7 | Bm7b5 E7b9 | Am9 | A7 |";
const LAST: &str = "Dm9 | G13 | Em7 | A7 | Dm9 | G13 | Cmaj9 | A7 |";

const SONG: [&str; 5] = [
    "-:.5 a4:.5 c5:1 e5:1.5 d5:.5 | e5:1 d5:.5 b4:1.5 -:1 | -:.5 g4:.5 b4:1 d5:1.5 c5:.5 | a4:3 -:1 |
     -:.5 f4:.5 a4:1 d5:1.5 c5:.5 | b4:1 g#4:.5 f5:1.5 e5:1 | c5:1.5 b4:.5 a4:2 | -:1 e5:1 f#5:1 e5:1 |",
    "f5:1.5 e5:.5 d5:1 a4:1 | b4:1 e5:2 -:1 | d5:1.5 b4:.5 g4:2 | c#5:1 e5:1.5 g5:1.5 |
     f5:1.5 e5:.5 c5:1 a4:1 | b4:1 d5:1 e5:1 d5:1 | e5:3 -:1 | -:1 d5:1 b4:1 g#4:1 |",
    "e5:2 c5:1 b4:1 | f#5:1.5 e5:.5 c5:2 | d5:2 b4:1 a4:1 | b4:3 -:1 |
     c5:1 e5:1 a5:1 g5:1 | f5:1 d5:1 e5:1 d5:1 | c5:3 b4:1 | c#5:2 e5:1 -:1 |",
    "-:.5 a4:.5 c5:1 e5:1.5 d5:.5 | e5:1 d5:.5 b4:1.5 -:1 | -:.5 g4:.5 b4:1 d5:1.5 c5:.5 | a4:3 -:1 |
     -:.5 f4:.5 a4:1 d5:1.5 c5:.5 | b4:1 g#4:.5 f5:1.5 e5:1 | c5:1.5 b4:.5 a4:2 | -:1 e5:1 f#5:1 e5:1 |",
    "f5:1.5 e5:.5 d5:1 a4:1 | b4:1 e5:2 -:1 | d5:1.5 b4:.5 g4:2 | c#5:1 e5:1.5 g5:1.5 |
     f5:1.5 e5:.5 c5:1 a4:1 | b4:1 d5:1 e5:1 d5:1 | c5:3 -:1 | -:1 e5:1 c#5:1 g4:1 |",
];

pub(super) fn piece() -> Piece {
    let form = Form::new(4.0, &[FIRST, SECOND, MIDDLE, FIRST, LAST]);
    let rhythm = [(0.0, 0.9, 0.52), (1.5, 0.4, 0.42), (2.5, 0.9, 0.50), (3.5, 0.4, 0.38)];
    let brushes = [
        (0.0, 1.0, false, 0.32),
        (1.0, 0.3, true, 0.55),
        (2.0, 1.0, false, 0.32),
        (3.0, 0.3, true, 0.60),
        (3.5, 0.2, true, 0.25),
    ];
    let parts = vec![
        Part::new(Voice::Guitar, 0.44, 0.25, form.together(&rhythm, 57)),
        Part::new(
            Voice::Bass,
            0.50,
            0.05,
            form.bass(&[(0.0, 1.4, 0.8), (1.5, 0.4, 0.5), (2.0, 1.4, 0.75), (3.5, 0.4, 0.5)]),
        ),
        Part::of_strokes(0.10, 0.30, form.strokes(&brushes)),
        Part::new(Voice::Strings, 0.11, 0.40, form.together(&[(0.0, 4.0, 0.40)], 60)),
        Part::new(Voice::Piano, 0.66, 0.35, form.sing(&SONG, 0.70)),
    ];
    Piece { name: "blue-lamp", seed: 3, beats_per_minute: 116.0, parts, form }
}

#[cfg(test)]
#[test]
fn the_bars_of_blue_lamp_add_up() {
    super::tests::bars_add_up(&SONG, 4.0);
}

//! "Paper Boats": a harp plays a tune in A over an electric piano, with a bass and a soft drum. Cheerful, and on its way.

use super::{Form, Part, Piece, Voice};

const FIRST: &str = "A | E/G# | F#m7 | D | A | E | D | E |";
const HOME: &str = "A | E/G# | F#m7 | D | A | E | D E | A |";
const MIDDLE: &str = "D | E | C#m7 | F#m7 | Bm7 | E7 | A | E |";
const LAST: &str = "D | A | D | E |";

const SONG: [&str; 5] = [
    "c#5:.5 e5:.5 a5:1 e5:1 c#5:1 | b4:.5 e5:.5 g#5:1 e5:2 | a4:.5 c#5:.5 f#5:1 e5:1 c#5:1 | d5:1 f#5:1 a5:2 |
     e5:1 c#5:.5 b4:.5 a4:2 | b4:1 g#4:1 e5:2 | f#5:1 e5:.5 d5:.5 a4:2 | b4:3 -:1 |",
    "c#5:.5 e5:.5 a5:1 e5:1 c#5:1 | b4:.5 e5:.5 g#5:1 e5:2 | a4:.5 c#5:.5 f#5:1 e5:1 c#5:1 | d5:1 f#5:1 a5:2 |
     e5:1 c#5:.5 b4:.5 a4:2 | b4:1 g#4:1 e5:2 | f#5:1 d5:1 e5:1 g#4:1 | a4:3 -:1 |",
    "f#5:1.5 e5:.5 d5:2 | g#5:1.5 f#5:.5 e5:2 | e5:1 c#5:1 b4:2 | a4:1 c#5:1 e5:2 |
     d5:1 f#5:1 b5:1 a5:1 | g#5:2 e5:2 | a5:3 e5:1 | b4:3 -:1 |",
    "c#5:.5 e5:.5 a5:1 e5:1 c#5:1 | b4:.5 e5:.5 g#5:1 e5:2 | a4:.5 c#5:.5 f#5:1 e5:1 c#5:1 | d5:1 f#5:1 a5:2 |
     e5:1 c#5:.5 b4:.5 a4:2 | b4:1 g#4:1 e5:2 | f#5:1 d5:1 e5:1 g#4:1 | a4:3 -:1 |",
    "f#5:1 e5:1 a4:2 | c#5:3 -:1 | f#5:1 e5:1 d5:2 | b4:3 -:1 |",
];

pub(super) fn piece() -> Piece {
    let form = Form::new(4.0, &[FIRST, HOME, MIDDLE, HOME, LAST]);
    let offbeat = [(0.5, 0.4, 0.40), (1.5, 0.4, 0.44), (2.5, 0.4, 0.40), (3.5, 0.4, 0.44)];
    let taps = [(1.0, 0.3, true, 0.50), (2.5, 0.2, true, 0.22), (3.0, 0.3, true, 0.52)];
    let parts = vec![
        Part::new(Voice::Harp, 0.95, 0.35, form.sing(&SONG, 0.85)),
        Part::new(Voice::Piano, 0.26, 0.30, form.together(&offbeat, 57)),
        Part::new(Voice::Guitar, 0.30, 0.30, form.broken(&[0, 2, 1, 2, 3, 2, 1, 2], 52, 0.50)),
        Part::new(Voice::Bass, 0.36, 0.05, form.bass(&[(0.0, 1.2, 0.8), (2.0, 1.2, 0.65)])),
        Part::of_strokes(0.10, 0.30, form.strokes(&taps)),
        Part::new(Voice::Strings, 0.10, 0.40, form.together(&[(0.0, 4.0, 0.40)], 57)),
    ];
    Piece { name: "paper-boats", seed: 5, beats_per_minute: 104.0, parts, form }
}

#[cfg(test)]
#[test]
fn the_bars_of_paper_boats_add_up() {
    super::tests::bars_add_up(&SONG, 4.0);
}

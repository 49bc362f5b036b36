//! "Morning Light": a guitar in C, picked with the fingers, over strings; an electric piano sings. Calm and friendly.

use super::{Form, Part, Piece, Voice};

const FIRST: &str = "C | G/B | Am7 | Fmaj7 | C | Em7 | Fmaj7 | Gsus4 G |";
const HOME: &str = "C | G/B | Am7 | Fmaj7 | C | Em7 | Fmaj7 G | C |";
const MIDDLE: &str = "Am7 | Em7 | Fmaj7 | C/E | Dm7 | Am7 | Fmaj7 | Gsus4 G |";

const SONG: [&str; 4] = [
    "e5:1.5 d5:.5 c5:1 g4:1 | d5:2 b4:1 d5:1 | c5:1.5 b4:.5 a4:1 e5:1 | a4:2 c5:2 |
     g5:1.5 e5:.5 d5:1 c5:1 | b4:2 g4:1 b4:1 | a4:1 c5:1 e5:1 d5:1 | d5:3 -:1 |",
    "e5:1.5 d5:.5 c5:1 g4:1 | d5:2 b4:1 d5:1 | c5:1.5 b4:.5 a4:1 e5:1 | a4:2 c5:2 |
     g5:1.5 e5:.5 d5:1 c5:1 | b4:2 g4:1 b4:1 | a4:1 c5:1 b4:1 d5:1 | c5:3 -:1 |",
    "a4:1 c5:1 e5:2 | g5:2 e5:1 d5:1 | f5:1.5 e5:.5 c5:2 | e5:2 g4:2 |
     f5:1 e5:1 d5:1 f5:1 | e5:3 c5:1 | a4:1 c5:1 f5:1 e5:1 | d5:3 -:1 |",
    "e5:1 g5:1 e5:1 c5:1 | d5:2 b4:1 d5:1 | c5:1.5 b4:.5 a4:1 e5:1 | f5:2 c5:2 |
     g5:1.5 e5:.5 d5:1 c5:1 | b4:2 g4:1 b4:1 | a4:1 c5:1 b4:1 d5:1 | c5:3 -:1 |",
];

pub(super) fn piece() -> Piece {
    let form = Form::new(4.0, &[FIRST, HOME, MIDDLE, HOME]);
    let parts = vec![
        Part::new(Voice::Guitar, 0.62, 0.30, form.broken(&[0, 2, 1, 3, 2, 1, 4, 2], 55, 0.62)),
        Part::new(Voice::Strings, 0.20, 0.40, form.together(&[(0.0, 4.0, 0.42)], 60)),
        Part::new(Voice::Bass, 0.42, 0.05, form.bass(&[(0.0, 1.8, 0.8), (2.0, 1.6, 0.62)])),
        Part::new(Voice::Piano, 0.62, 0.35, form.sing(&SONG, 0.66)),
    ];
    Piece { name: "morning-light", seed: 1, beats_per_minute: 84.0, parts, form }
}

#[cfg(test)]
#[test]
fn the_bars_of_morning_light_add_up() {
    super::tests::bars_add_up(&SONG, 4.0);
}

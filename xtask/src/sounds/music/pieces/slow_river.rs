//! "Slow River": a waltz in G for a harp, an electric piano and strings, with bells at the end. Wide and unhurried.

use super::{Form, Part, Piece, Voice};

const FIRST: &str = "G | Em7 | Cmaj7 | D | G | Bm7 | Am7 | D7 |";
const HOME: &str = "G | Em7 | Cmaj7 | D | Em | C | Am7 D7 | G |";
const MIDDLE: &str = "Em | Bm7 | C | G/B | Am7 | Em | Cmaj7 | Dsus4 D |";
const LAST: &str = "C | G/B | Am7 | G | C | G/B | Am7 D7 | G |";

const SONG: [&str; 4] = [
    "b4:2 d5:1 | g5:2 f#5:1 | e5:2 d5:1 | a4:3 | b4:2 d5:1 | f#5:2 d5:1 | e5:1 d5:1 c5:1 | d5:3 |",
    "b4:2 d5:1 | g5:2 f#5:1 | e5:2 d5:1 | f#5:3 | g5:2 e5:1 | e5:1 d5:1 c5:1 | b4:1 c5:1 a4:1 | g4:3 |",
    "e5:2 g5:1 | f#5:2 d5:1 | e5:1 d5:1 c5:1 | d5:3 | c5:2 e5:1 | g5:2 e5:1 | e5:1 f#5:1 g5:1 | a5:2 f#5:1 |",
    "b4:2 d5:1 | g5:2 f#5:1 | e5:2 d5:1 | f#5:3 | g5:2 e5:1 | e5:1 d5:1 c5:1 | b4:1 c5:1 a4:1 | g4:3 |",
];
const BELLS: &str = "g5:3 | d5:3 | c5:1 e5:2 | d5:3 | g5:2 e5:1 | d5:2 b4:1 | c5:1 b4:1 a4:1 | g4:3 |";
const SILENCE: &str = "-:3 | -:3 | -:3 | -:3 | -:3 | -:3 | -:3 | -:3 |";

pub(super) fn piece() -> Piece {
    let form = Form::new(3.0, &[FIRST, HOME, MIDDLE, HOME, LAST]);
    let bells = form.sing(&[SILENCE, SILENCE, SILENCE, SILENCE, BELLS], 0.6);
    let parts = vec![
        Part::new(Voice::Harp, 0.62, 0.40, form.broken(&[0, 1, 2, 3, 2, 1], 55, 0.60)),
        Part::new(Voice::Strings, 0.22, 0.45, form.together(&[(0.0, 3.0, 0.42)], 59)),
        Part::new(Voice::Bass, 0.40, 0.05, form.bass(&[(0.0, 2.4, 0.75)])),
        Part::new(Voice::Piano, 0.60, 0.40, form.sing(&SONG, 0.62)),
        Part::new(Voice::Bells, 0.50, 0.50, bells),
    ];
    Piece { name: "slow-river", seed: 2, beats_per_minute: 92.0, parts, form }
}

#[cfg(test)]
#[test]
fn the_bars_of_slow_river_add_up() {
    super::tests::bars_add_up(&SONG, 3.0);
    super::tests::bars_add_up(&[BELLS, SILENCE], 3.0);
}

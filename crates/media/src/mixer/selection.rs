//! Who is mixed when there are too many to mix all.

use super::Participant;

/// As many participants are all mixed.
pub const ALL: usize = 16;
/// Of more, so many who talk.
pub const SELECTED: usize = 8;
/// Who is to take another's place is louder by so much, in dB, so that it does not change to and fro.
const LOUDER_DB: f32 = 6.0;

/// Marks who is mixed from now on.
pub(super) fn select(participants: &mut [Option<Participant>], present: usize) {
    if present <= ALL {
        participants.iter_mut().flatten().for_each(|it| it.is_selected = !it.is_muted);
        return;
    }
    let mut selected = 0;
    for it in participants.iter_mut().flatten() {
        it.is_selected &= it.talks();
        selected += usize::from(it.is_selected);
        if selected > SELECTED {
            it.is_selected = false; // there were fewer a moment ago
            selected -= 1;
        }
    }
    while let Some((loudest, loudness)) = loudest_left_out(participants) {
        if selected == SELECTED {
            let Some((softest, least)) = softest_selected(participants) else { return };
            if loudness < least + LOUDER_DB {
                return;
            }
            set(participants, softest, false);
            selected -= 1;
        }
        set(participants, loudest, true);
        selected += 1;
    }
}

fn set(participants: &mut [Option<Participant>], at: usize, is_selected: bool) {
    if let Some(Some(it)) = participants.get_mut(at) {
        it.is_selected = is_selected;
    }
}

fn loudest_left_out(participants: &[Option<Participant>]) -> Option<(usize, f32)> {
    let left_out = loudnesses(participants, false);
    left_out.max_by(|one, other| one.1.total_cmp(&other.1))
}

fn softest_selected(participants: &[Option<Participant>]) -> Option<(usize, f32)> {
    loudnesses(participants, true).min_by(|one, other| one.1.total_cmp(&other.1))
}

fn loudnesses(participants: &[Option<Participant>], selected: bool) -> impl Iterator<Item = (usize, f32)> {
    let all = participants.iter().enumerate().filter_map(|(at, it)| Some((at, it.as_ref()?)));
    let some = all.filter(move |(_, it)| it.is_selected == selected && it.talks());
    some.map(|(at, it)| (at, it.speech.loudness_dbov()))
}

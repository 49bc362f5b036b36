//! Any bytes as a presence document: what is read stays within its bounds.

/// Runs the target.
pub(crate) fn run(data: &[u8]) {
    if let Some((activities, note)) = warden_call::read_presence(data) {
        assert!(activities <= 8 && note.chars().count() <= 256 && !note.contains(char::is_control));
    }
}

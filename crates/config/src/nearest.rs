//! Finds what somebody meant to write.

/// The known name closest to `name`, unless none is close: at most one wrong letter in three, letter case aside.
pub(crate) fn nearest<'k>(name: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    const LONGEST: usize = 64;
    let written: String = name.chars().take(LONGEST).flat_map(char::to_lowercase).collect();
    let allowed = written.chars().count().div_ceil(3);
    known
        .into_iter()
        .map(|candidate| (strsim::osa_distance(&written, &candidate.to_lowercase()), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// `; did you mean `x`?`, or nothing when no known name is near.
pub(crate) fn suggestion<'k>(name: &str, known: impl IntoIterator<Item = &'k str>) -> String {
    nearest(name, known).map_or_else(String::new, |candidate| format!("; did you mean `{candidate}`?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEYS: [&str; 3] = ["host", "sip_port", "sips_port"];

    #[test]
    fn a_typo_finds_the_nearest_name() {
        assert_eq!(nearest("sip_prot", KEYS), Some("sip_port"));
        assert_eq!(nearest("sipport", KEYS), Some("sip_port"));
        assert_eq!(nearest("HOST", KEYS), Some("host"));
    }

    #[test]
    fn a_name_that_is_like_none_finds_nothing() {
        assert_eq!(nearest("colour", KEYS), None);
        assert_eq!(nearest("", KEYS), None);
        assert_eq!(nearest("x", []), None);
    }

    #[test]
    fn a_suggestion_is_the_end_of_a_sentence() {
        assert_eq!(suggestion("hots", KEYS), "; did you mean `host`?");
        assert_eq!(suggestion("colour", KEYS), "");
    }
}

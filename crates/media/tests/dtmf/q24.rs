//! The limits of ITU-T Q.24 (table A.1), each at its edge, for every digit.

use crate::sound::{ALL, Tone, digits, heard, over_a_line, say};

const RATES_HZ: [u32; 3] = [8000, 16_000, 48_000];

/// All digits are heard so, wherever the blocks of the detector begin.
fn all_heard(tone: Tone) {
    for lead in [0, 11, 23, 37] {
        assert_eq!(digits(&say(ALL, 8000, tone, Some(-50.0), lead), 8000), ALL, "{tone:?}");
    }
}

fn none_heard(tone: Tone) {
    for lead in [0, 11, 23, 37] {
        assert_eq!(digits(&say(ALL, 8000, tone, Some(-50.0), lead), 8000), "", "{tone:?}");
    }
}

#[test]
fn every_digit_is_heard_once_in_order_and_with_its_length_at_every_rate() {
    for rate_hz in RATES_HZ {
        for length_ms in [50, 80, 150, 400, 3000] {
            let length = f64::from(u32::try_from(length_ms).unwrap());
            let told = heard(&say(ALL, rate_hz, Tone { length_ms: length, ..Tone::USUAL }, None, 0), rate_hz);
            assert_eq!(told.iter().map(|(digit, _)| *digit).collect::<String>(), ALL);
            let is_right = |(_, ms): &(char, u64)| ms.abs_diff(length_ms) <= 8;
            assert!(told.iter().all(is_right), "{length_ms} at {rate_hz}: {told:?}");
        }
    }
}

#[test]
fn forty_milliseconds_are_a_digit_and_24_are_none() {
    all_heard(Tone { length_ms: 40.0, gap_ms: 40.0, ..Tone::USUAL });
    none_heard(Tone { length_ms: 24.0, ..Tone::USUAL });
}

#[test]
fn a_gap_of_10_ms_is_no_gap_and_one_of_40_is() {
    let twice = |gap_ms| digits(&say("55", 8000, Tone { gap_ms, ..Tone::USUAL }, None, 0), 8000);
    assert_eq!([twice(10.0), twice(40.0)], ["5", "55"]);
}

#[test]
fn frequencies_may_be_off_by_one_and_a_half_percent_and_not_by_three_and_a_half() {
    for off in [[0.015, 0.015], [-0.015, -0.015], [0.015, -0.015], [-0.015, 0.015]] {
        all_heard(Tone { off, length_ms: 40.0, ..Tone::USUAL });
    }
    for off in [[0.035, 0.0], [-0.035, 0.0], [0.0, 0.035], [0.0, -0.035], [0.05, 0.05], [-0.05, 0.0]] {
        none_heard(Tone { off, length_ms: 200.0, ..Tone::USUAL });
    }
}

#[test]
fn the_high_frequency_may_be_4_db_louder_and_8_db_softer() {
    all_heard(Tone { low_dbm0: -14.0, high_dbm0: -10.0, length_ms: 40.0, ..Tone::USUAL });
    all_heard(Tone { low_dbm0: -10.0, high_dbm0: -18.0, length_ms: 40.0, ..Tone::USUAL });
    none_heard(Tone { low_dbm0: -20.0, high_dbm0: -8.0, ..Tone::USUAL });
    none_heard(Tone { low_dbm0: -6.0, high_dbm0: -20.0, ..Tone::USUAL });
}

#[test]
fn digits_are_heard_from_0_to_minus_25_dbm0_and_not_when_they_are_hardly_there() {
    for dbm0 in [-3.0, -12.0, -25.0] {
        all_heard(Tone { low_dbm0: dbm0, high_dbm0: dbm0, length_ms: 40.0, ..Tone::USUAL });
    }
    none_heard(Tone { low_dbm0: -36.0, high_dbm0: -36.0, ..Tone::USUAL });
    // Louder than the samples can show: cut off.
    all_heard(Tone { low_dbm0: 0.0, high_dbm0: 0.0, length_ms: 60.0, ..Tone::USUAL });
}

#[test]
fn noise_15_db_below_does_not_hide_a_digit() {
    let tone = Tone { low_dbm0: -12.0, high_dbm0: -12.0, length_ms: 50.0, gap_ms: 50.0, ..Tone::USUAL };
    let many = ALL.repeat(20);
    assert_eq!(digits(&say(&many, 8000, tone, Some(-24.0), 0), 8000), many);
}

#[test]
fn a_line_that_loses_three_packets_of_a_hundred_loses_and_doubles_no_digit() {
    let many = ALL.repeat(20);
    let tone = Tone { length_ms: 100.0, gap_ms: 100.0, ..Tone::USUAL };
    for seed in 1..=5 {
        let line = over_a_line(&say(&many, 8000, tone, Some(-50.0), 0), 0.03, seed);
        assert_eq!(digits(&line, 8000), many, "seed {seed}");
    }
}

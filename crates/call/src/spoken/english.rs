//! English as it is spoken in North America: twelve hours, the month before the day.

use super::{Date, Language, Moment, Prompt, Time};

/// English.
#[derive(Clone, Copy, Debug)]
pub struct English;

impl Language for English {
    fn number(&self, number: i64) -> Vec<Prompt> {
        let mut said = Vec::new();
        if number < 0 {
            said.push("digits/minus".into());
        }
        say_number(number.unsigned_abs(), &mut said);
        said
    }

    fn ordinal(&self, number: u32) -> Vec<Prompt> {
        let mut said = self.number(number.into());
        // Only the last word changes.
        if number != 0
            && let Some(last) = said.pop()
        {
            said.push(last.replacen("digits/", "digits/h-", 1).into());
        }
        said
    }

    fn digits(&self, text: &str) -> Vec<Prompt> {
        text.chars().filter_map(digit).collect()
    }

    fn spelled(&self, text: &str) -> Vec<Prompt> {
        text.chars().filter_map(|letter| digit(letter).filter(|_| letter != '+').or_else(|| sign(letter))).collect()
    }

    fn date(&self, date: Date) -> Vec<Prompt> {
        let mut said = vec![format!("digits/day-{}", date.weekday()).into()];
        said.push(format!("digits/mon-{}", date.month() - 1).into());
        said.extend(self.ordinal(date.day().into()));
        say_year(date.year(), &mut said);
        said
    }

    fn time(&self, time: Time) -> Vec<Prompt> {
        let mut said = Vec::new();
        say_number(u64::from((time.hour() + 11) % 12 + 1), &mut said);
        match time.minute() {
            0 => said.push("digits/oclock".into()),
            minute => {
                if minute < 10 {
                    said.push("digits/oh".into());
                }
                say_number(minute.into(), &mut said);
            }
        }
        said.push(if time.hour() < 12 { "digits/a-m" } else { "digits/p-m" }.into());
        said
    }

    fn moment(&self, moment: Moment, today: Date) -> Vec<Prompt> {
        let mut said = match today.days_after(moment.date) {
            0 => vec!["digits/today".into()],
            1 => vec!["digits/yesterday".into()],
            2..=6 => vec![format!("digits/day-{}", moment.date.weekday()).into()],
            _ => self.date(moment.date),
        };
        said.push("digits/at".into());
        said.extend(self.time(moment.time));
        said
    }

    fn duration(&self, seconds: u32) -> Vec<Prompt> {
        let parts = [
            (seconds / 3600, "hour", "hours"),
            (seconds / 60 % 60, "minute", "minutes"),
            (seconds % 60, "second", "seconds"),
        ];
        let mut said = Vec::new();
        for (count, one, many) in parts {
            if count > 0 || (seconds == 0 && one == "second") {
                say_number(count.into(), &mut said);
                said.push(if count == 1 { one } else { many }.into());
            }
        }
        said
    }
}

/// What is larger has no name in the prompts: its digits are said.
const TOO_LARGE: u64 = 1_000_000_000_000;

fn say_number(number: u64, said: &mut Vec<Prompt>) {
    if number >= TOO_LARGE {
        said.extend(number.to_string().chars().filter_map(digit));
        return;
    }
    let mut rest = number;
    for (unit, name) in [(1_000_000_000, "billion"), (1_000_000, "million"), (1000, "thousand"), (100, "hundred")] {
        if rest >= unit {
            say_number(rest / unit, said);
            said.push(format!("digits/{name}").into());
            rest %= unit;
        }
    }
    if rest > 20 {
        said.push(format!("digits/{}", rest / 10 * 10).into());
        rest %= 10;
    }
    if rest > 0 || number == 0 {
        said.push(format!("digits/{rest}").into());
    }
}

/// `nineteen eighty-four`, `nineteen oh five`, `nineteen hundred`; but `two thousand six`.
fn say_year(year: u16, said: &mut Vec<Prompt>) {
    let (century, rest) = (year / 100, year % 100);
    if century > 10 && century != 20 && rest == 0 {
        say_number(century.into(), said);
        said.push("digits/hundred".into());
    } else if century > 10 && (rest >= 10 || century != 20) {
        say_number(century.into(), said);
        if rest < 10 {
            said.push("digits/oh".into());
        }
        say_number(rest.into(), said);
    } else {
        say_number(year.into(), said);
    }
}

fn digit(letter: char) -> Option<Prompt> {
    match letter {
        '0'..='9' => Some(format!("digits/{letter}").into()),
        '*' => Some("digits/star".into()),
        '#' => Some("digits/pound".into()),
        '+' => Some("digits/plus".into()),
        _ => None,
    }
}

fn sign(letter: char) -> Option<Prompt> {
    let name = match letter.to_ascii_lowercase() {
        letter @ 'a'..='z' => return Some(format!("letters/{letter}").into()),
        '@' => "at",
        '-' => "dash",
        '.' => "dot",
        '$' => "dollar",
        '=' => "equals",
        '!' => "exclaimation-point",
        '+' => "plus",
        '/' => "slash",
        ' ' => "space",
        '_' => "underscore",
        '&' => "ascii38",
        _ => return None,
    };
    Some(format!("letters/{name}").into())
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    /// The names of the English prompts that are built in.
    fn pack() -> HashSet<&'static str> {
        let list = include_str!("../../../../sounds/prompts/en.toml");
        list.lines().filter_map(|line| line.strip_prefix('"')?.split('"').next()).collect()
    }

    /// Without the folder.
    fn words(said: &[Prompt]) -> String {
        said.iter().map(|name| name.rsplit('/').next().unwrap_or_default()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn numbers_are_said_as_people_say_them() {
        let said = [
            (0, "0"),
            (7, "7"),
            (20, "20"),
            (21, "20 1"),
            (100, "1 hundred"),
            (315, "3 hundred 15"),
            (1001, "1 thousand 1"),
            (120_000, "1 hundred 20 thousand"),
            (2_000_042, "2 million 40 2"),
            (-3_000_000_019, "minus 3 billion 19"),
            (1_234_567_890_123, "1 2 3 4 5 6 7 8 9 0 1 2 3"),
        ];
        for (number, expected) in said {
            assert_eq!(words(&English.number(number)), expected, "{number}");
        }
    }

    #[test]
    fn ordinals_change_their_last_word_only() {
        let said =
            [(1, "h-1"), (12, "h-12"), (20, "h-20"), (21, "20 h-1"), (100, "1 h-hundred"), (103, "1 hundred h-3")];
        for (number, expected) in said {
            assert_eq!(words(&English.ordinal(number)), expected, "{number}");
        }
    }

    #[test]
    fn telephone_numbers_are_said_digit_by_digit_and_names_are_spelled() {
        assert_eq!(words(&English.digits("+1 (555) 01-23*#")), "plus 1 5 5 5 0 1 2 3 star pound");
        assert_eq!(
            English.spelled("Al-7@x.org")[..5],
            ["letters/a", "letters/l", "letters/dash", "digits/7", "letters/at"]
        );
    }

    #[test]
    fn a_message_came_today_yesterday_on_a_weekday_or_on_a_date() {
        let today = Date::new(2026, 11, 26).unwrap();
        let said = |year, month, day, hour, minute| {
            let (date, time) = (Date::new(year, month, day).unwrap(), Time::new(hour, minute).unwrap());
            words(&English.moment(Moment { date, time }, today))
        };
        assert_eq!(said(2026, 11, 26, 0, 0), "today at 12 oclock a-m");
        assert_eq!(said(2026, 11, 25, 12, 5), "yesterday at 12 oh 5 p-m");
        assert_eq!(said(2026, 11, 20, 23, 59), "day-5 at 11 50 9 p-m");
        assert_eq!(said(2026, 11, 19, 9, 30), "day-4 mon-10 h-19 20 20 6 at 9 30 a-m");
        // A clock that was set back: the date is told.
        assert_eq!(said(2026, 11, 27, 9, 30), "day-5 mon-10 20 h-7 20 20 6 at 9 30 a-m");
    }

    #[test]
    fn years_are_said_as_people_say_them() {
        let said = [
            (1984, "19 80 4"),
            (1900, "19 hundred"),
            (1905, "19 oh 5"),
            (2000, "2 thousand"),
            (2006, "2 thousand 6"),
            (2026, "20 20 6"),
            (2100, "20 1 hundred"),
        ];
        for (year, expected) in said {
            let mut prompts = Vec::new();
            say_year(year, &mut prompts);
            assert_eq!(words(&prompts), expected, "{year}");
        }
    }

    #[test]
    fn durations_leave_out_what_is_nothing() {
        let said = [
            (0, "0 seconds"),
            (1, "1 second"),
            (60, "1 minute"),
            (125, "2 minutes 5 seconds"),
            (7203, "2 hours 3 seconds"),
        ];
        for (seconds, expected) in said {
            assert_eq!(words(&English.duration(seconds)), expected, "{seconds}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_said_is_in_the_prompt_pack(
            number in -999_999_999_i64..=999_999_999,
            any_number: i64,
            seconds: u32,
            text: String,
            days in (1_u16..=9999, 1_u8..=12, 1_u8..=28),
            (hour, minute) in (0_u8..24, 0_u8..60),
        ) {
            let pack = pack();
            let date = Date::new(days.0, days.1, days.2).unwrap();
            let moment = Moment { date, time: Time::new(hour, minute).unwrap() };
            let said = [
                English.number(number),
                English.number(any_number),
                English.ordinal(number.unsigned_abs().try_into().unwrap()),
                English.ordinal(seconds),
                English.duration(seconds),
                English.digits(&text),
                English.spelled(&text),
                English.moment(moment, Date::new(2026, 1, 1).unwrap()),
            ];
            for name in said.iter().flatten() {
                prop_assert!(pack.contains(name.as_ref()), "{name}");
            }
            prop_assert!(said.iter().take(5).all(|said| !said.is_empty()));
        }
    }
}

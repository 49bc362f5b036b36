//! Days and times of day, as they are where they are heard. Which zone that is, is left to others.

/// A day of the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date {
    year: u16,
    month: u8,
    day: u8,
}

/// A time of day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Time {
    hour: u8,
    minute: u8,
}

/// A time on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment {
    /// The day.
    pub date: Date,
    /// The time.
    pub time: Time,
}

impl Date {
    /// Month and day count from 1. `None` if there is no such day, or the year is not from 1 to 9999.
    #[must_use]
    pub fn new(year: u16, month: u8, day: u8) -> Option<Self> {
        let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        let days = match month {
            1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
            4 | 6 | 9 | 11 => 30,
            2 if is_leap => 29,
            2 => 28,
            _ => return None,
        };
        ((1..=9999).contains(&year) && (1..=days).contains(&day)).then_some(Self { year, month, day })
    }

    /// From 1 to 9999.
    #[must_use]
    pub fn year(self) -> u16 {
        self.year
    }

    /// 1 is January.
    #[must_use]
    pub fn month(self) -> u8 {
        self.month
    }

    /// Of the month, from 1.
    #[must_use]
    pub fn day(self) -> u8 {
        self.day
    }

    /// 0 is Sunday.
    #[must_use]
    pub fn weekday(self) -> u8 {
        // Day 0 was a Sunday.
        u8::try_from(self.number().rem_euclid(7)).unwrap_or_default()
    }

    /// How many days after `other`; negative before it.
    #[must_use]
    pub fn days_after(self, other: Self) -> i64 {
        self.number() - other.number()
    }

    /// Counted from a Sunday, 31 December of the year before 1. The year begins in March here, so that a leap day is its
    /// last.
    fn number(self) -> i64 {
        let late = i64::from(self.month > 2);
        let year = i64::from(self.year) - 1 + late;
        let month = (i64::from(self.month) + 9) % 12;
        365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + i64::from(self.day) - 307 + 1
    }
}

impl Time {
    /// `None` unless the hour is from 0 to 23 and the minute from 0 to 59.
    #[must_use]
    pub fn new(hour: u8, minute: u8) -> Option<Self> {
        (hour < 24 && minute < 60).then_some(Self { hour, minute })
    }

    /// From 0 to 23.
    #[must_use]
    pub fn hour(self) -> u8 {
        self.hour
    }

    /// From 0 to 59.
    #[must_use]
    pub fn minute(self) -> u8 {
        self.minute
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(year: u16, month: u8, day: u8) -> Date {
        Date::new(year, month, day).unwrap()
    }

    #[test]
    fn weekdays_are_those_of_the_calendar() {
        let known =
            [(1, 1, 1, 1), (1970, 1, 1, 4), (2000, 2, 29, 2), (2024, 2, 29, 4), (2026, 11, 26, 4), (2100, 3, 1, 1)];
        for (year, month, day, weekday) in known {
            assert_eq!(date(year, month, day).weekday(), weekday, "{year}-{month}-{day}");
        }
    }

    #[test]
    fn days_follow_each_other_over_months_and_years() {
        assert_eq!(date(2026, 3, 1).days_after(date(2026, 2, 28)), 1);
        assert_eq!(date(2024, 3, 1).days_after(date(2024, 2, 28)), 2);
        assert_eq!(date(2026, 1, 1).days_after(date(2025, 12, 31)), 1);
        assert_eq!(date(2025, 12, 31).days_after(date(2026, 1, 1)), -1);
    }

    #[test]
    fn there_is_no_day_or_time_that_is_none() {
        for (year, month, day) in
            [(2026, 2, 29), (1900, 2, 29), (2026, 4, 31), (2026, 0, 1), (2026, 13, 1), (0, 1, 1), (2026, 1, 0)]
        {
            assert_eq!(Date::new(year, month, day), None, "{year}-{month}-{day}");
        }
        assert!(Time::new(24, 0).is_none() && Time::new(0, 60).is_none() && Time::new(23, 59).is_some());
    }
}

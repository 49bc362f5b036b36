//! The ordered patterns and the emergency numbers.

use std::sync::Arc;

use regex::Regex;

/// What is done with a number that a pattern matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Ring the extension with this number.
    Extension,
    /// Refuse the call.
    Reject,
    /// Something that is configured and not built yet; later patterns do not get its numbers.
    NotBuilt,
}

/// One entry of the dialplan.
#[derive(Clone, Debug)]
pub struct Pattern {
    regex: Regex,
    /// What is done.
    pub action: Action,
}

impl Pattern {
    /// A pattern that is searched for anywhere in the number; one for whole numbers is written `^...$`.
    ///
    /// # Errors
    /// What the regular expression lacks.
    pub fn new(text: &str, action: Action) -> Result<Self, regex::Error> {
        Ok(Self { regex: Regex::new(text)?, action })
    }

    /// The regular expression as it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        self.regex.as_str()
    }
}

/// What is done with dialled numbers. A clone shares the patterns.
#[derive(Clone, Debug, Default)]
pub struct Dialplan {
    emergency_numbers: Arc<[Box<str>]>,
    patterns: Arc<[Pattern]>,
}

impl Dialplan {
    /// Emergency numbers, which are recognised before every pattern, and patterns in their order.
    #[must_use]
    pub fn new<'a>(
        emergency_numbers: impl IntoIterator<Item = &'a str>,
        patterns: impl IntoIterator<Item = Pattern>,
    ) -> Self {
        Self {
            emergency_numbers: emergency_numbers.into_iter().map(Into::into).collect(),
            patterns: patterns.into_iter().collect(),
        }
    }

    /// The emergency numbers.
    #[must_use]
    pub fn emergency_numbers(&self) -> Arc<[Box<str>]> {
        Arc::clone(&self.emergency_numbers)
    }

    /// Whether `number` calls the emergency services.
    #[must_use]
    pub fn is_emergency(&self, number: &str) -> bool {
        self.emergency_numbers.iter().any(|emergency| **emergency == *number)
    }

    /// The first pattern that `number` matches, with its place counted from 1.
    #[must_use]
    pub fn find(&self, number: &str) -> Option<(usize, &Pattern)> {
        (1..).zip(&*self.patterns).find(|(_, pattern)| pattern.regex.is_match(number))
    }
}

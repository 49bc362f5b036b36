//! What is wrong with a file, and where.

use std::fmt;
use std::sync::Arc;

/// A place in a file, counted from 1; a column is a character, not a byte.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// The line, from 1.
    pub line: usize,
    /// The character in the line, from 1.
    pub column: usize,
}

/// One sentence about one place; printed as `config.yml:14:9: server.sip_port: ...`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The file as the reader was told to call it.
    pub file: Arc<str>,
    /// Where in the file.
    pub position: Position,
    /// The key, such as `server.rtp_port_range` or `extensions[2].password`, where entries of a list count from 1.
    /// Empty when the problem belongs to no key.
    pub path: String,
    /// What is wrong and what would be right. It never holds a password or the value of a variable.
    pub message: String,
}

impl Problem {
    fn write(&self, f: &mut fmt::Formatter<'_>, label: &str) -> fmt::Result {
        let Position { line, column } = self.position;
        write!(f, "{}:{line}:{column}: {label}", self.file)?;
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(&self.message)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, "")
    }
}

/// The most problems that are printed, and the most notes: who has one mistake a thousand times needs not read it as often.
const MAX_PRINTED: usize = 50;

/// Why a file is refused: every problem at once, in the order of the file.
///
/// Printed it has one line each, the notes among them marked `note:`. Only the first 50 of both are printed, and how
/// many more there are.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Report {
    /// What must be put right; never empty.
    pub problems: Vec<Problem>,
    /// What is only good to know, such as a section that Warden does not act on yet.
    pub notes: Vec<Problem>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (problems, notes) = (self.problems.iter().take(MAX_PRINTED), self.notes.iter().take(MAX_PRINTED));
        let mut lines: Vec<(&Problem, &str)> = problems.map(|problem| (problem, "")).collect();
        lines.extend(notes.map(|note| (note, "note: ")));
        lines.sort_by_key(|(problem, _)| problem.position);
        let more = self.problems.len() + self.notes.len() - lines.len();
        for (index, (problem, label)) in lines.into_iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            problem.write(f, label)?;
        }
        if more > 0 { write!(f, "\nand {} more", Grouped(more)) } else { Ok(()) }
    }
}

/// Prints a number with a comma before every three digits: `1,954`.
struct Grouped(usize);

impl fmt::Display for Grouped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(number) = *self;
        if number < 1000 {
            return write!(f, "{number}");
        }
        write!(f, "{},{:03}", Self(number / 1000), number % 1000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(line: usize, path: &str, message: &str) -> Problem {
        let position = Position { line, column: 9 };
        Problem { file: "config.yml".into(), position, path: path.to_owned(), message: message.to_owned() }
    }

    #[test]
    fn a_problem_is_printed_with_file_line_column_and_key() {
        let text = problem(14, "server.rtp_port_range", "20002 to 20003 cannot hold one call (4 ports)").to_string();
        assert_eq!(text, "config.yml:14:9: server.rtp_port_range: 20002 to 20003 cannot hold one call (4 ports)");
        assert_eq!(problem(2, "", "no").to_string(), "config.yml:2:9: no");
    }

    #[test]
    fn a_report_prints_problems_and_notes_in_the_order_of_the_file() {
        let report =
            Report { problems: vec![problem(1, "a", "x"), problem(5, "b", "y")], notes: vec![problem(3, "c", "z")] };
        let expected = "config.yml:1:9: a: x\nconfig.yml:3:9: note: c: z\nconfig.yml:5:9: b: y";
        assert_eq!(report.to_string(), expected);
    }

    #[test]
    fn of_a_thousand_problems_the_first_fifty_are_printed_and_the_others_counted() {
        let problems = |count| (1..=count).map(|line| problem(line, "a", "x")).collect();
        let report = Report { problems: problems(2001), notes: vec![problem(3, "c", "z"), problem(2000, "d", "z")] };
        let text = report.to_string();
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines.len(), 53);
        assert_eq!(lines[3], "config.yml:3:9: note: c: z");
        assert_eq!(lines[50..], ["config.yml:50:9: a: x", "config.yml:2000:9: note: d: z", "and 1,951 more"]);
        let text = |count| Report { problems: problems(count), notes: Vec::new() }.to_string();
        assert!(text(50).ends_with("config.yml:50:9: a: x"));
        assert!(text(51).ends_with("\nand 1 more") && text(1_002_100).ends_with("\nand 1,002,050 more"));
    }
}

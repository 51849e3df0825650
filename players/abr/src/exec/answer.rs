//! What a program answers, and what is wrong with it.

use crate::{Decision, Observation, Verdict};
use alloc::format;
use alloc::string::String;
use serde::Deserialize;
use weir_units::Span;

/// The longest line that is taken as an answer, in bytes.
pub const MAX_ANSWER: usize = 4_096;

/// The longest wait: nobody watches a picture that stands still for longer.
const MAX_WAIT: Span = Span::from_s(3_600);

/// A line that is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{line:?}: {problem}")]
pub struct AnswerError {
    /// The beginning of the line.
    line: String,
    /// What is wrong with it, and what was expected.
    problem: String,
}

impl AnswerError {
    pub(super) fn new(line: &str, problem: String) -> Self {
        Self { line: line.chars().take(60).collect(), problem }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Answer {
    rung: u64,
    #[serde(default)]
    wait_s: f64,
    #[serde(default)]
    replace: Option<u64>,
}

/// Reads the answer to [`question`](super::question).
///
/// # Errors
/// If the line is too long, is no JSON object of the fields of an answer, or asks for a rung, a
/// wait or a segment that does not exist.
pub fn answer(line: &str, seen: &Observation) -> Result<Decision, AnswerError> {
    let error = |problem: String| AnswerError::new(line, problem);
    let expected = r#"expected such as {"rung": 2, "wait_s": 0.5}"#;
    let answer: Answer = parse(line, expected)?;
    let rung = rung(line, answer.rung, seen)?;
    let wait = Span::from_secs_f64(answer.wait_s).filter(|wait| *wait <= MAX_WAIT);
    let wait = wait.ok_or_else(|| {
        error(format!(
            "wait_s {} is none: expected 0 to {}",
            answer.wait_s,
            MAX_WAIT.ns() / 1_000_000_000
        ))
    })?;
    let replace = match answer.replace {
        None => None,
        Some(number) => {
            let index = usize::try_from(number).ok().filter(|index| *index < seen.buffered.len());
            let count = seen.buffered.len();
            Some(index.ok_or_else(|| {
                error(format!("replace {number} is none: the buffer has {count} segments, from 0"))
            })?)
        }
    };
    Ok(Decision { rung, wait, replace })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProgressAnswer {
    #[serde(default)]
    abandon: Option<u64>,
}

/// Reads the answer to [`progress_question`](super::progress_question).
///
/// # Errors
/// As [`answer`].
pub fn progress_answer(line: &str, seen: &Observation) -> Result<Verdict, AnswerError> {
    let answer: ProgressAnswer = parse(line, r#"expected {} or such as {"abandon": 0}"#)?;
    match answer.abandon {
        None => Ok(Verdict::Continue),
        Some(number) => Ok(Verdict::Abandon { to: Some(rung(line, number, seen)?) }),
    }
}

fn parse<'a, T: Deserialize<'a>>(line: &'a str, expected: &str) -> Result<T, AnswerError> {
    if line.len() > MAX_ANSWER {
        let problem = format!("{} bytes are too many: at most {MAX_ANSWER}", line.len());
        return Err(AnswerError::new(line, problem));
    }
    let error = |error: serde_json::Error| AnswerError::new(line, format!("{error} ({expected})"));
    serde_json::from_str(line).map_err(error)
}

fn rung(line: &str, number: u64, seen: &Observation) -> Result<usize, AnswerError> {
    let top = seen.top();
    let rung = usize::try_from(number).ok().filter(|rung| *rung <= top);
    let problem = || format!("rung {number} is none: the ladder has 0 to {top}");
    rung.ok_or_else(|| AnswerError::new(line, problem()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::observation;
    use alloc::string::ToString;
    use alloc::vec;
    use proptest::prelude::*;

    fn seen() -> Observation {
        Observation { buffered: vec![0, 1, 0], ..observation(&[300, 900, 2000]) }
    }

    #[test]
    fn an_answer_is_a_decision() {
        let read = |line: &str| answer(line, &seen()).unwrap();
        assert_eq!(read(r#"{"rung": 2}"#), Decision::now(2));
        assert_eq!(
            read(" {\"wait_s\":0.25,\"rung\":0}\r\n"),
            Decision::after(0, Span::from_ms(250))
        );
        assert_eq!(read(r#"{"rung": 1, "replace": 2}"#).replace, Some(2));
        assert_eq!(progress_answer("{}", &seen()), Ok(Verdict::Continue));
        let abandon = progress_answer(r#"{"abandon": 0}"#, &seen());
        assert_eq!(abandon, Ok(Verdict::Abandon { to: Some(0) }));
    }

    #[test]
    fn a_wrong_answer_says_what_was_expected() {
        let problem = |line: &str| answer(line, &seen()).unwrap_err().to_string();
        assert!(problem("").contains("expected such as"));
        assert!(problem("2").contains("expected such as"));
        assert!(problem(r#"{"rung": -1}"#).contains("expected u64"));
        assert!(problem(r#"{"rung": 1.5}"#).contains("expected u64"));
        assert!(
            problem(r#"{"rungs": 1}"#).contains("unknown field `rungs`, expected one of `rung`")
        );
        assert!(problem(r#"{"rung": 3}"#).contains("the ladder has 0 to 2"));
        assert!(problem(r#"{"rung": 1, "wait_s": -1}"#).contains("expected 0 to 3600"));
        assert!(problem(r#"{"rung": 1, "wait_s": 1e9}"#).contains("expected 0 to 3600"));
        assert!(problem(r#"{"rung": 1, "wait_s": NaN}"#).contains("expected such as"));
        assert!(problem(r#"{"rung": 1, "replace": 3}"#).contains("the buffer has 3 segments"));
        assert!(problem(&" ".repeat(5_000)).contains("at most 4096"));
        let abandon = progress_answer(r#"{"abandon": 9}"#, &seen()).unwrap_err().to_string();
        assert!(abandon.contains("the ladder has 0 to 2"));
    }

    proptest! {
        #[test]
        fn no_line_breaks_the_reader(line in ".{0,80}") {
            let _ = (answer(&line, &seen()), progress_answer(&line, &seen()));
        }
    }
}

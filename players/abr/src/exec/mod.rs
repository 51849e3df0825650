//! An algorithm of one's own as a program: it reads what there is to see from its standard input, a
//! line of JSON for each question, and writes a line of JSON for each answer. `PROTOCOL.md` says
//! what each field means.
//!
//! Here is all of it that needs no process: the questions ([`question`], [`progress_question`]),
//! the answers ([`answer`], [`progress_answer`]), and [`ByLines`], which makes an [`Abr`] of
//! anything that can exchange lines. Starting a program, and waiting for it no longer than
//! [`Program::patience`], is up to a laboratory.

mod answer;
mod question;

pub use answer::{AnswerError, MAX_ANSWER, answer, progress_answer};
pub use question::{progress_question, question};

use crate::{Abr, Choice, ChoiceError, Decision, Observation, Progress, Verdict};
use alloc::borrow::ToOwned;
use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use weir_units::Span;

/// The name under which a [`Choice`] holds a program, and by which tables call it.
pub const NAME: &str = "exec";

const COMMAND: &str = "command";
const PATIENCE: &str = "patience";
const PROGRESS: &str = "progress";
const PARAMS: [&str; 3] = [COMMAND, PATIENCE, PROGRESS];

/// How long a command may be.
const MAX_COMMAND: usize = 4_096;
/// The longest patience.
const MAX_PATIENCE: Span = Span::from_s(60);

/// A program that decides: `abr = { exec = "python3 my_abr.py" }`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    /// The program and its arguments, as a shell would split them at blanks.
    pub command: String,
    /// How long an answer may take. A second, if nothing is said.
    pub patience: Span,
    /// Whether it is asked about downloads in progress too. It is not, if nothing is said.
    pub progress: bool,
}

impl Program {
    /// This command, with everything else as it is if nothing is said.
    pub fn new(command: &str) -> Self {
        Self { command: command.to_owned(), patience: Span::from_s(1), progress: false }
    }

    /// The words of the command. A word may stand in single or double quotes, in which blanks are a
    /// part of it; there are no escapes and no variables.
    pub fn words(&self) -> Vec<String> {
        let mut words = Vec::new();
        let mut word: Option<String> = None;
        let mut quote = None;
        for c in self.command.chars() {
            match quote {
                Some(open) if c == open => quote = None,
                Some(_) => word.get_or_insert_default().push(c),
                None if c == '"' || c == '\'' => {
                    quote = Some(c);
                    word.get_or_insert_default();
                }
                None if c.is_whitespace() => words.extend(word.take()),
                None => word.get_or_insert_default().push(c),
            }
        }
        words.extend(word);
        words
    }

    /// As a choice, which an experiment holds like that of any other algorithm.
    pub fn choice(&self) -> Choice {
        let mut params = BTreeMap::from([(COMMAND.to_owned(), self.command.clone())]);
        let usual = Self::new(&self.command);
        if self.patience != usual.patience {
            params.insert(PATIENCE.to_owned(), self.patience.to_string());
        }
        if self.progress != usual.progress {
            params.insert(PROGRESS.to_owned(), "on".to_owned());
        }
        Choice { name: NAME.to_owned(), params }
    }

    /// The program of a choice.
    pub(crate) fn of(choice: &Choice) -> Result<Self, ChoiceError> {
        let bad = |param: &'static str, value: &str, problem: &str| ChoiceError::BadValue {
            abr: NAME,
            param,
            value: value.chars().take(60).collect(),
            problem: problem.to_owned(),
        };
        if let Some(unknown) = choice.params.keys().find(|name| !PARAMS.contains(&name.as_str())) {
            let (param, known) = (unknown.clone(), PARAMS.to_vec());
            return Err(ChoiceError::UnknownParam { abr: NAME, param, known });
        }
        let given = |name: &str| choice.params.get(name).map(String::as_str);
        let mut program = Self::new(given(COMMAND).unwrap_or_default());
        if program.words().is_empty() || program.command.len() > MAX_COMMAND {
            return Err(bad(COMMAND, &program.command, "expected a program and its arguments"));
        }
        if let Some(text) = given(PATIENCE) {
            program.patience = text
                .parse()
                .map_err(|error: weir_units::ParseError| bad(PATIENCE, text, &error.to_string()))?;
            if program.patience == Span::ZERO || program.patience > MAX_PATIENCE {
                return Err(bad(PATIENCE, text, "expected more than nothing and at most 60 s"));
            }
        }
        match given(PROGRESS) {
            None | Some("off") => {}
            Some("on") => program.progress = true,
            Some(text) => return Err(bad(PROGRESS, text, "expected one of: off, on")),
        }
        Ok(program)
    }
}

/// Something that answers lines with lines.
pub trait Exchange: Send {
    /// Sends `line`, which has no line break, and returns the line that answers it, of at most
    /// [`MAX_ANSWER`] bytes.
    ///
    /// # Errors
    /// With the reason, if no answer comes in time, or the other side is gone.
    fn exchange(&mut self, line: &str) -> Result<String, String>;

    /// What is to be said where a line is no answer, because of this problem, and nothing more will
    /// be asked: with whatever helps to find out why.
    fn complain(&mut self, problem: String) -> String {
        problem
    }
}

/// An algorithm behind an exchange of lines.
///
/// After a [fault](Abr::fault) nothing more is exchanged, and every decision is the lowest rung.
#[derive(Debug)]
pub struct ByLines<E> {
    exchange: E,
    progress: bool,
    fault: Option<String>,
}

impl<E: Exchange> ByLines<E> {
    /// The algorithm behind `exchange`; `progress` says whether it is asked about downloads in
    /// progress.
    pub const fn new(exchange: E, progress: bool) -> Self {
        Self { exchange, progress, fault: None }
    }

    /// Asks, and reads the answer; the default after a fault.
    fn ask<T>(
        &mut self,
        question: impl FnOnce() -> Result<String, AnswerError>,
        read: impl FnOnce(&str) -> Result<T, AnswerError>,
    ) -> Option<T> {
        if self.fault.is_some() {
            return None;
        }
        let asked = question().map_err(|error| error.to_string());
        let answered = asked.and_then(|line| self.exchange.exchange(&line));
        let read = answered.and_then(|line| {
            read(&line).map_err(|error| self.exchange.complain(error.to_string()))
        });
        match read {
            Ok(value) => Some(value),
            Err(fault) => {
                self.fault = Some(fault);
                None
            }
        }
    }
}

impl<E: Exchange> Abr for ByLines<E> {
    fn decide(&mut self, seen: &Observation) -> Decision {
        let decision = self.ask(|| question(seen), |line| answer(line, seen));
        decision.unwrap_or(Decision::now(0))
    }

    fn progress(&mut self, seen: &Observation, progress: &Progress) -> Verdict {
        if !self.progress {
            return Verdict::Continue;
        }
        let ask = || progress_question(seen, progress);
        self.ask(ask, |line| progress_answer(line, seen)).unwrap_or_default()
    }

    fn abandons(&self) -> bool {
        self.progress
    }

    fn fault(&self) -> Option<&str> {
        self.fault.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::observation;
    use alloc::format;
    use alloc::vec;

    #[test]
    fn a_choice_holds_a_program() {
        let mut program = Program::new("python3 'my abr.py' --fast");
        assert_eq!(program.words(), ["python3", "my abr.py", "--fast"]);
        assert_eq!(program.choice().program(), Ok(Some(program.clone())));
        (program.patience, program.progress) = (Span::from_ms(250), true);
        assert_eq!(program.choice().program(), Ok(Some(program.clone())));
        assert_eq!(program.choice().check(), Ok(()));
        assert_eq!(Choice::named("bola").program(), Ok(None));
    }

    #[test]
    fn a_program_cannot_be_built_here() {
        let error = Program::new("python3").choice().build().err().unwrap().to_string();
        assert_eq!(error, "\"exec\" is a program: it must be started, not built");
    }

    #[test]
    fn a_bad_program_is_refused() {
        let with = |param: &str, value: &str| {
            let mut choice = Program::new("python3").choice();
            choice.params.insert(param.to_owned(), value.to_owned());
            choice.check().unwrap_err().to_string()
        };
        assert!(with("command", "  ").contains("expected a program"));
        assert!(with("patience", "2").contains("the unit is missing"));
        assert!(with("patience", "2 min").contains("at most 60 s"));
        assert!(with("progress", "yes").contains("expected one of: off, on"));
        assert!(with("patients", "2 s").contains("it has: command, patience, progress"));
    }

    struct Script(Vec<Result<String, String>>);

    impl Exchange for Script {
        fn exchange(&mut self, _line: &str) -> Result<String, String> {
            self.0.remove(0)
        }
    }

    #[test]
    fn after_a_fault_nothing_more_is_asked() {
        let seen = observation(&[300, 900]);
        let answers = vec![Ok(r#"{"rung": 1}"#.to_owned()), Err("no answer within 1 s".to_owned())];
        let mut abr = ByLines::new(Script(answers), false);
        assert_eq!((abr.decide(&seen).rung, abr.fault()), (1, None));
        for _ in 0..3 {
            let rung = abr.decide(&seen).rung;
            assert_eq!((rung, abr.fault()), (0, Some("no answer within 1 s")));
        }
    }

    #[test]
    fn a_wrong_answer_is_a_fault() {
        let seen = observation(&[300, 900]);
        let mut abr = ByLines::new(Script(vec![Ok(r#"{"rung": 2}"#.to_owned())]), false);
        abr.decide(&seen);
        let fault = abr.fault().unwrap();
        assert_eq!(fault, format!("{:?}: rung 2 is none: the ladder has 0 to 1", r#"{"rung": 2}"#));
    }
}

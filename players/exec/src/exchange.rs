//! A question and its answer. Both sides may be slow, and neither waits for the other for ever: the
//! question goes out as the pipe takes it, and whatever the program says meanwhile is read.

use crate::child::{Child, Deadline, ERRORS_AT_ONCE, wait_for};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags};
use std::io;
use std::os::fd::AsFd;
use std::time::Duration;
use weir_abr::exec::{Exchange, MAX_ANSWER};
use weir_units::Span;

/// How much longer the first answer may take than any other: interpreters start, and models load.
const STARTING: Span = Span::from_s(10);

/// How much of what a program said is quoted.
const QUOTED: usize = 60;

impl Exchange for Child {
    fn exchange(&mut self, line: &str) -> Result<String, String> {
        let answer = self.ask(line).map_err(|problem| self.fail(problem))?;
        self.starting = false;
        Ok(answer)
    }

    fn complain(&mut self, problem: String) -> String {
        self.fail(format_args!("answered {problem}"))
    }
}

impl Child {
    /// The answer, or what is wrong.
    fn ask(&mut self, line: &str) -> Result<String, String> {
        let mut said = Vec::new();
        if self.on_event(&mut said)? > 0 {
            return Err(format!("said {} without being asked", quoted(&said)));
        }
        let starting = if self.starting { STARTING } else { Span::ZERO };
        let limit = self.patience.saturating_add(starting);
        let until = Deadline::after(Duration::from_nanos(limit.ns()));
        let question = [line.as_bytes(), b"\n"].concat();
        let (mut sent, mut errors) = (0, 0);
        loop {
            let left = until.left();
            let unsent = question.get(sent..).unwrap_or_default();
            self.wait_for_pipes(left, !unsent.is_empty()).map_err(broken)?;
            // Its trouble first: it explains the rest.
            errors += self.errors.take().map_err(broken)?;
            if errors > ERRORS_AT_ONCE {
                return Err(format!(
                    "wrote more than {ERRORS_AT_ONCE} bytes of errors for an answer"
                ));
            }
            self.on_event(&mut said)?;
            if let Some(end) = said.iter().position(|byte| *byte == b'\n') {
                if end + 1 < said.len() {
                    let more = said.get(end + 1..).unwrap_or_default();
                    return Err(format!("said {} besides its answer", quoted(more)));
                }
                said.truncate(end);
                return Ok(String::from_utf8_lossy(&said).into_owned());
            }
            if said.len() > MAX_ANSWER {
                let begin = quoted(&said);
                return Err(format!("said {MAX_ANSWER} bytes without a line break: {begin}"));
            }
            if left.is_zero() {
                return Err(format!("did not answer within {limit}"));
            }
            sent += self.say(unsent)?;
        }
    }

    /// Waits until a pipe has something, or room for something.
    fn wait_for_pipes(&self, left: Duration, unsent: bool) -> io::Result<()> {
        let mut pipes = vec![PollFd::new(self.output.as_fd(), PollFlags::POLLIN)];
        pipes.extend(self.errors.pipe().map(|pipe| PollFd::new(pipe, PollFlags::POLLIN)));
        if let Some(input) = self.input.as_ref().filter(|_| unsent) {
            pipes.push(PollFd::new(input.as_fd(), PollFlags::POLLOUT));
        }
        wait_for(&mut pipes, left)
    }

    /// Sends as much as the pipe takes: how many bytes.
    fn say(&mut self, unsent: &[u8]) -> Result<usize, String> {
        let Some(input) = self.input.as_ref().filter(|_| !unsent.is_empty()) else { return Ok(0) };
        match nix::unistd::write(input, unsent) {
            Ok(count) => Ok(count),
            Err(Errno::EAGAIN | Errno::EINTR) => Ok(0),
            Err(Errno::EPIPE) => Err(self.gone("input")),
            Err(error) => Err(broken(error.into())),
        }
    }

    /// Takes what it has said without waiting, up to one byte more than an answer may have: how
    /// many bytes.
    fn on_event(&mut self, said: &mut Vec<u8>) -> Result<usize, String> {
        let mut piece = [0; MAX_ANSWER + 1];
        let room = piece.len().saturating_sub(said.len());
        let Some(piece) = piece.get_mut(..room).filter(|piece| !piece.is_empty()) else {
            return Ok(0);
        };
        match nix::unistd::read(&self.output, piece) {
            Ok(0) => Err(self.gone("output")),
            Ok(count) => {
                said.extend_from_slice(piece.get(..count).unwrap_or_default());
                Ok(count)
            }
            Err(Errno::EAGAIN | Errno::EINTR) => Ok(0),
            Err(error) => Err(broken(error.into())),
        }
    }
}

fn broken(error: io::Error) -> String {
    format!("cannot be reached: {error}")
}

/// The beginning of what a program said.
fn quoted(said: &[u8]) -> String {
    let text = String::from_utf8_lossy(said);
    format!("{:?}", text.trim_end().chars().take(QUOTED).collect::<String>())
}

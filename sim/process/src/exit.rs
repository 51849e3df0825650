//! How a process ended.

use std::fmt;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

/// How a process ended; prints as the rest of a sentence about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exit(ExitStatus);

impl Exit {
    /// Whether it reported success.
    pub fn success(self) -> bool {
        self.0.success()
    }
}

impl From<ExitStatus> for Exit {
    fn from(status: ExitStatus) -> Self {
        Self(status)
    }
}

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.0.code(), self.0.signal()) {
            (Some(code), _) => write!(f, "exited with status {code}"),
            (None, Some(signal)) => write!(f, "was killed by signal {signal}"),
            (None, None) => write!(f, "ended"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exit_says_its_status_or_its_signal() {
        let said = |raw| Exit::from(ExitStatus::from_raw(raw)).to_string();
        assert_eq!(said(0), "exited with status 0");
        assert_eq!(said(3 << 8), "exited with status 3");
        assert_eq!(said(9), "was killed by signal 9");
    }
}

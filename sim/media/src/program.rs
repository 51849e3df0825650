//! Running a program that must not outlive us, nor run for ever, nor fill our memory.

use crate::deadline::{Deadline, look_again_soon};
use anyhow::{Context, Result, bail, ensure};
use nix::errno::Errno;
use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::Signal;
use nix::unistd::{Pid, getppid};
use std::io::Read;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;
use weir_units::Span;

/// How often a running program's limits are looked at.
const TICK: Duration = Duration::from_millis(100);

/// How much of the end of a program's messages is kept. The last lines say why it failed.
const TAIL_BYTES: usize = 4096;

/// How many of the last lines an error quotes.
const TAIL_LINES: usize = 5;

/// Chunks of output that wait to be looked at: a program that writes more has to wait.
const CHUNKS: usize = 16;

/// A run that nobody stops.
static RUN_TO_THE_END: AtomicBool = AtomicBool::new(false);

/// Runs a program to its end and hands all that it writes to `output`. The program dies with the
/// calling thread.
///
/// # Errors
/// If it cannot be started, fails (quoting its last messages), takes longer than `limit`, is
/// stopped by `stop`, or if `output` refuses what it is given.
pub(crate) fn run(
    mut command: Command,
    limit: Span,
    stop: &AtomicBool,
    output: &mut dyn FnMut(&[u8]) -> Result<()>,
) -> Result<()> {
    let name = command.get_program().to_string_lossy().into_owned();
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    die_with_this_thread(&mut command);
    let child = command.spawn().with_context(|| format!("cannot start {name}"))?;
    let mut child = Running(child);
    let (stdout, stderr) = (child.0.stdout.take(), child.0.stderr.take());

    let (result, messages) = thread::scope(|scope| {
        let (send, receive) = sync_channel(CHUNKS);
        scope.spawn(move || stdout.map(|from| forward(from, &send)));
        let messages = scope.spawn(move || stderr.map(tail).unwrap_or_default());
        let result = supervise(&mut child, &receive, limit, stop, output);
        // The threads end with the pipes, which end with the program; a sender that is blocked
        // ends with its receiver.
        drop(child);
        drop(receive);
        (result, messages.join().unwrap_or_default())
    });
    let status = result.with_context(|| name.clone())?;
    match (status.success(), messages.is_empty()) {
        (true, _) => Ok(()),
        (false, true) => bail!("{name} failed ({status})"),
        (false, false) => bail!("{name}: {messages}"),
    }
}

/// Runs a program to its end and returns what it writes, at most `most` bytes.
///
/// # Errors
/// Those of [`run`], and if it writes more.
pub(crate) fn output(command: Command, limit: Span, most: usize) -> Result<Vec<u8>> {
    let mut all = Vec::new();
    run(command, limit, &RUN_TO_THE_END, &mut |chunk| {
        ensure!(all.len() + chunk.len() <= most, "more than {most} bytes of output");
        all.extend_from_slice(chunk);
        Ok(())
    })?;
    Ok(all)
}

/// A process that is killed and reaped unless it has ended.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // Killing a process that has been reaped is an error that changes nothing.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn die_with_this_thread(command: &mut Command) {
    let owner = Pid::this();
    let prepare = move || {
        set_pdeathsig(Signal::SIGKILL)?;
        // The owner may have died before the signal was asked for.
        if getppid() == owner { Ok(()) } else { Err(Errno::ESRCH.into()) }
    };
    // SAFETY: between fork and exec only async-signal-safe functions may be called, and no memory
    // may be allocated: these are two bare system calls.
    unsafe { command.pre_exec(prepare) };
}

fn supervise(
    child: &mut Running,
    chunks: &Receiver<Vec<u8>>,
    limit: Span,
    stop: &AtomicBool,
    output: &mut dyn FnMut(&[u8]) -> Result<()>,
) -> Result<ExitStatus> {
    let deadline = Deadline::after(limit);
    let mut ended = false;
    loop {
        if deadline.passed() {
            bail!("killed after {} s", limit.ms() / 1000);
        }
        if stop.load(Ordering::Relaxed) {
            bail!("stopped");
        }
        if !ended {
            match chunks.recv_timeout(TICK) {
                Ok(chunk) => output(&chunk)?,
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => ended = true,
            }
        } else if let Some(status) = child.0.try_wait().context("wait for its end")? {
            return Ok(status);
        } else {
            look_again_soon();
        }
    }
}

fn forward(mut from: impl Read, to: &SyncSender<Vec<u8>>) {
    let mut buffer = [0; 4096];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        let chunk = buffer.get(..count).unwrap_or_default().to_vec();
        if to.send(chunk).is_err() {
            return;
        }
    }
}

/// The last lines of a stream, in one line.
fn tail(mut from: impl Read) -> String {
    let mut kept = Vec::new();
    let mut buffer = [0; 4096];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        kept.extend_from_slice(buffer.get(..count).unwrap_or_default());
        kept.drain(..kept.len().saturating_sub(TAIL_BYTES));
    }
    let text = String::from_utf8_lossy(&kept);
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    lines.get(lines.len().saturating_sub(TAIL_LINES)..).unwrap_or_default().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str, limit: Span) -> Result<String> {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        Ok(String::from_utf8(output(command, limit, 1_000_000)?)?)
    }

    fn error(script: &str, limit: Span) -> String {
        format!("{:#}", shell(script, limit).unwrap_err())
    }

    const LONG: Span = Span::from_s(60);

    #[test]
    fn output_is_handed_over_whole() {
        let text = shell("seq 100000", LONG).unwrap();
        assert_eq!(text.lines().count(), 100_000);
        assert!(text.ends_with("\n100000\n"));
    }

    #[test]
    fn a_failure_quotes_the_last_lines_only() {
        assert_eq!(error("exit 3", LONG), "sh failed (exit status: 3)");
        assert_eq!(error("seq 100000 >&2; exit 3", LONG), "sh: 99996; 99997; 99998; 99999; 100000");
        let missing = Command::new("no-such-program-anywhere");
        let error = run(missing, LONG, &RUN_TO_THE_END, &mut |_| Ok(())).unwrap_err();
        assert!(format!("{error:#}").starts_with("cannot start no-such-program-anywhere: "));
    }

    #[test]
    fn what_takes_too_long_is_killed_even_if_it_has_closed_its_streams() {
        let limit = Span::from_ms(300);
        assert_eq!(error("exec sleep 600", limit), "sh: killed after 0 s");
        assert_eq!(error("exec sleep 600 >&- 2>&-", limit), "sh: killed after 0 s");
    }

    #[test]
    fn what_writes_too_much_is_killed() {
        let error = output(Command::new("yes"), LONG, 10_000).unwrap_err();
        assert_eq!(format!("{error:#}"), "yes: more than 10000 bytes of output");
    }

    #[test]
    fn a_stop_ends_the_program() {
        let mut command = Command::new("sleep");
        command.arg("600");
        let error = run(command, LONG, &AtomicBool::new(true), &mut |_| Ok(())).unwrap_err();
        assert_eq!(format!("{error:#}"), "sleep: stopped");
    }
}

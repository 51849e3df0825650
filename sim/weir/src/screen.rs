//! What a run shows: one line that changes on a terminal, plain lines elsewhere, JSON for machines.

use crate::output;
use serde_json::json;
use std::io::IsTerminal;
use std::path::Path;
use weir_lab::Progress;
use weir_records::Verdict;
use weir_report::Report;

/// The most trials of a block of which it is said that they failed or are invalid: a million may.
const BAD_SHOWN: usize = 3;

/// Where progress is shown.
pub struct Screen {
    json: bool,
    terminal: bool,
    shown_percent: u64,
}

impl Screen {
    /// A screen; `json` is for machines.
    pub fn new(json: bool) -> Self {
        Self { json, terminal: std::io::stderr().is_terminal(), shown_percent: 0 }
    }

    /// Shows what is going on.
    pub fn show(&mut self, progress: &Progress<'_>) {
        if self.json {
            output::say(as_json(progress));
            return;
        }
        match progress {
            Progress::Content(what) => {
                let percent = what.done.map_or(0, |done| done.ppb() / 10_000_000);
                self.step(&what.to_string(), percent, what.done.is_none());
            }
            Progress::Warning(what) => self.line(&format!("warning: {what}")),
            Progress::Trials { total, finished, jobs } => {
                self.shown_percent = 0;
                let whole = if *finished > 0 {
                    format!("{finished} of {total} trials are finished; going on with the others")
                } else {
                    format!("running {total} trials")
                };
                self.line(&format!("{whole}, {jobs} at a time"));
            }
            Progress::Finished { results, done, total, left } => {
                let mut bad = results.iter().filter(|result| result.row.verdict != Verdict::Valid);
                for result in bad.by_ref().take(BAD_SHOWN) {
                    let err = result.row.err.as_deref().unwrap_or_default();
                    self.line(&format!("{} {}: {err}", result.id, result.row.verdict.name()));
                }
                match bad.count() {
                    0 => {}
                    more => self.line(&format!("and {more} others of the same block")),
                }
                let text = format!("{done} of {total} trials, about {} s left", left.as_secs());
                self.step(&text, done * 100 / total, done == total);
            }
        }
    }

    /// Says that there was nothing to run.
    pub fn complete(&mut self, folder: &Path, inputs: &str) {
        if !self.json {
            self.line(&format!("{} is complete: nothing to run", folder.display()));
            self.line(&format!("it depends on {inputs}; --discard runs it again"));
        }
    }

    /// Shows where the results are, and a small table.
    pub fn finish(&mut self, folder: &Path, report: &Report, bad: u64) {
        if self.json {
            let unseen = report.unseen.iter();
            unseen.for_each(|text| output::say(json!({ "event": "warning", "text": text })));
            output::say(json!({ "event": "complete", "folder": folder, "bad_trials": bad }));
            return;
        }
        self.line("");
        output::say(report);
        output::say(format_args!("tables  {}", folder.display()));
        output::say(format_args!("plots   {}", folder.join("plots").display()));
        output::say(format_args!("page    {}", folder.join("report.html").display()));
    }

    /// One step of something long: on a terminal in place; a log wants a few lines, not hundreds.
    fn step(&mut self, text: &str, percent: u64, always: bool) {
        if self.terminal {
            output::murmur(&format!("\r\x1b[K{text}"));
        } else if always || percent >= self.shown_percent + 10 {
            self.shown_percent = percent;
            self.line(text);
        }
    }

    fn line(&self, text: &str) {
        let clear = if self.terminal { "\r\x1b[K" } else { "" };
        output::tell(format_args!("{clear}{text}"));
    }
}

fn as_json(progress: &Progress<'_>) -> serde_json::Value {
    match progress {
        Progress::Content(what) => json!({ "event": "content", "text": what.to_string() }),
        Progress::Warning(what) => json!({ "event": "warning", "text": what }),
        Progress::Trials { total, finished, jobs } => {
            json!({ "event": "trials", "total": total, "finished": finished, "jobs": jobs })
        }
        Progress::Finished { results, done, total, left } => {
            // A block is called by its first trial, whose file it is in, and has the verdict of the
            // first that is not as it should be.
            let bad = results.iter().find(|result| result.row.verdict != Verdict::Valid);
            let (first, shown) = (results.first(), bad.or(results.first()));
            json!({
                "event": "finished",
                "trial": first.map(|result| &result.id),
                "trials": results.len(),
                "verdict": shown.map(|result| result.row.verdict.name()),
                "err": shown.and_then(|result| result.row.err.as_ref()),
                "wall_us": first.map(|result| result.row.wall_us),
                "done": done,
                "total": total,
                "left_s": left.as_secs(),
            })
        }
    }
}

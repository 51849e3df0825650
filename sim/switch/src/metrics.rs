//! What Prometheus sees of a switcher, in its text format 0.0.4: metrics and origins in a fixed
//! order, so that equal states are equal texts.

use crate::config::Config;
use crate::health_tracker::{HealthTracker, SwitchEvent};
use std::collections::BTreeMap;
use std::fmt::{Display, Write as _};
use std::sync::{Mutex, PoisonError};
use weir_server::CloseReason;
use weir_units::Span;

/// The MIME type of [`Metrics::text`].
pub(crate) const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Upper ends of the buckets of durations: from a fast answer of the same machine to a segment over
/// a slow line.
const BUCKETS_US: [u64; 12] = [
    500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000,
    2_500_000,
];

/// The metrics of a switcher.
pub(crate) struct Metrics {
    names: Vec<String>,
    counts: Mutex<Counts>,
}

/// The values of the label `reason`, in the order of [`CloseReason`].
const REASONS: [&str; 4] = ["took nothing", "too slow", "no request", "too many"];

#[derive(Default)]
struct Counts {
    failovers: u64,
    switchbacks: u64,
    closed: [u64; REASONS.len()],
    origins: Vec<OriginCounts>,
}

#[derive(Default)]
struct OriginCounts {
    /// Answers with a status of 500 or above.
    errors: u64,
    /// Requests that the next origin was asked in its place.
    retries: u64,
    /// Bodies that it completed for another one.
    resumed: u64,
    /// Probes by what they came to.
    probes: BTreeMap<&'static str, u64>,
    durations: Durations,
}

/// A histogram of durations.
#[derive(Default)]
struct Durations {
    /// How many were at most as long as each of [`BUCKETS_US`], and longer than the one before.
    buckets: [u64; BUCKETS_US.len()],
    count: u64,
    sum: Span,
}

impl Durations {
    fn add(&mut self, took: Span) {
        let bucket = BUCKETS_US.iter().position(|end| took <= Span::from_us(*end));
        if let Some(bucket) = bucket.and_then(|at| self.buckets.get_mut(at)) {
            *bucket += 1;
        }
        self.count += 1;
        self.sum = self.sum.saturating_add(took);
    }
}

impl Metrics {
    pub fn new(config: &Config) -> Self {
        let names: Vec<_> = config.origins.iter().map(|origin| origin.name.clone()).collect();
        let origins = names.iter().map(|_| OriginCounts::default()).collect();
        Self { names, counts: Mutex::new(Counts { origins, ..Counts::default() }) }
    }

    fn change(&self, change: impl FnOnce(&mut Counts)) {
        change(&mut self.counts.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn of(&self, origin: usize, change: impl FnOnce(&mut OriginCounts)) {
        self.change(|counts| {
            if let Some(counts) = counts.origins.get_mut(origin) {
                change(counts);
            }
        });
    }

    /// A probe came to this: `good`, or the kind of what was bad.
    pub fn probed(&self, origin: usize, result: &'static str) {
        self.of(origin, |counts| *counts.probes.entry(result).or_default() += 1);
    }

    pub fn happened(&self, what: &SwitchEvent) {
        self.change(|counts| match what {
            SwitchEvent::Failover { .. } => counts.failovers += 1,
            SwitchEvent::Switchback { .. } => counts.switchbacks += 1,
            _ => {}
        });
    }

    /// An origin answered a request with this status, so long after it.
    pub fn answered(&self, origin: usize, status: u16, took: Span) {
        self.of(origin, |counts| {
            counts.errors += u64::from(status >= 500);
            counts.durations.add(took);
        });
    }

    pub fn retried(&self, origin: usize) {
        self.of(origin, |counts| counts.retries += 1);
    }

    pub fn resumed(&self, origin: usize) {
        self.of(origin, |counts| counts.resumed += 1);
    }

    /// A client's connection was closed.
    pub fn closed(&self, why: CloseReason) {
        self.change(|counts| counts.closed[why as usize] += 1);
    }

    /// The text that Prometheus reads.
    pub fn text(&self, tracker: &HealthTracker) -> String {
        let counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let mut text = Text { text: String::new(), names: &self.names };
        let status = |at| tracker.status(at);
        let active = |at| Some(u8::from(at == tracker.active()));
        let good = |at| status(at).map(|status| u8::from(status.good == Some(true)));
        let age = |at| status(at)?.age.map(Span::as_secs_f64);
        let ahead = |at| status(at).map(|status| status.disagrees);
        let origins = &counts.origins;
        let count = |count: fn(&OriginCounts) -> u64| move |at: usize| origins.get(at).map(count);
        text.each("gauge", "switcher_active_origin", "1 for the origin that is active.", active);
        text.each("gauge", "switcher_origin_good", "1 while an origin is good.", good);
        let help = "Time since the end of an origin's newest segment when it was last seen.";
        text.each("gauge", "segment_age_seconds", help, age);
        let help = "By how many segments an origin's numbers are ahead of the active one's.";
        text.each("gauge", "switcher_sequence_disagreement", help, ahead);
        let help = "1 while no origin is good and the freshest is kept.";
        text.one("gauge", "switcher_no_good_origin", help, u8::from(tracker.none_good()));
        let help = "Changes of the active origin because it was bad.";
        text.one("counter", "failovers_total", help, counts.failovers);
        let help = "Changes of the active origin to a preferred one.";
        text.one("counter", "switchbacks_total", help, counts.switchbacks);
        text.closed(&counts.closed);
        let help = "Answers of an origin with a status of 500 or above.";
        text.each("counter", "origin_http_5xx_total", help, count(|counts| counts.errors));
        let help = "Requests that the next origin was asked in an origin's place.";
        text.each("counter", "switcher_retries_total", help, count(|counts| counts.retries));
        let help = "Bodies that an origin completed for another one.";
        text.each("counter", "switcher_resumed_bodies_total", help, count(|counts| counts.resumed));
        text.probes(&counts.origins);
        text.durations(&counts.origins);
        text.text
    }
}

/// A text that grows by metrics. Writing to a text does not fail.
struct Text<'n> {
    text: String,
    names: &'n [String],
}

impl Text<'_> {
    fn line(&mut self, line: std::fmt::Arguments<'_>) {
        let _: std::fmt::Result = self.text.write_fmt(line);
        self.text.push('\n');
    }

    fn head(&mut self, kind: &str, name: &str, help: &str) {
        self.line(format_args!("# HELP {name} {help}"));
        self.line(format_args!("# TYPE {name} {kind}"));
    }

    fn one(&mut self, kind: &str, name: &str, help: &str, value: impl Display) {
        self.head(kind, name, help);
        self.line(format_args!("{name} {value}"));
    }

    /// A metric of each origin that has a value.
    fn each<V: Display>(
        &mut self,
        kind: &str,
        name: &str,
        help: &str,
        value: impl Fn(usize) -> Option<V>,
    ) {
        self.head(kind, name, help);
        for (at, origin) in self.names.iter().enumerate() {
            if let Some(value) = value(at) {
                self.line(format_args!("{name}{{origin=\"{origin}\"}} {value}"));
            }
        }
    }

    fn closed(&mut self, counts: &[u64; REASONS.len()]) {
        let name = "switcher_clients_closed_total";
        self.head("counter", name, "Connections of clients that were closed, by the reason.");
        for (reason, count) in REASONS.iter().zip(counts) {
            self.line(format_args!("{name}{{reason=\"{reason}\"}} {count}"));
        }
    }

    fn probes(&mut self, origins: &[OriginCounts]) {
        let name = "switcher_probes_total";
        self.head("counter", name, "Probes by what they came to.");
        for (origin, counts) in self.names.iter().zip(origins) {
            for (result, count) in &counts.probes {
                let labels = format_args!("origin=\"{origin}\",result=\"{result}\"");
                self.line(format_args!("{name}{{{labels}}} {count}"));
            }
        }
    }

    fn durations(&mut self, origins: &[OriginCounts]) {
        let name = "switcher_request_duration_seconds";
        let help = "Time from a request to the head of its answer, by the origin that answered.";
        self.head("histogram", name, help);
        for (origin, OriginCounts { durations, .. }) in self.names.iter().zip(origins) {
            let mut below = 0;
            for (end, count) in BUCKETS_US.iter().zip(durations.buckets) {
                below += count;
                let end = Span::from_us(*end).as_secs_f64();
                let labels = format_args!("origin=\"{origin}\",le=\"{end}\"");
                self.line(format_args!("{name}_bucket{{{labels}}} {below}"));
            }
            let (count, sum) = (durations.count, durations.sum.as_secs_f64());
            self.line(format_args!("{name}_bucket{{origin=\"{origin}\",le=\"+Inf\"}} {count}"));
            self.line(format_args!("{name}_sum{{origin=\"{origin}\"}} {sum}"));
            self.line(format_args!("{name}_count{{origin=\"{origin}\"}} {count}"));
        }
    }
}

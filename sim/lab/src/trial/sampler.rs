//! Reads the counters of all links at the end of every interval, while a trial runs.

use anyhow::{Context, Result, anyhow};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::{Builder, Scope, ScopedJoinHandle};
use std::time::Duration;
use weir_clock::Clock;
use weir_net::{LinkCounters, Network};
use weir_units::{Span, Time};

/// The most readings of a trial. A trial that lasts longer is read in longer intervals at its end:
/// in one.
const MAX_READINGS: usize = 100_000;

/// The counters of all links at one moment.
#[derive(Debug)]
pub struct Reading {
    /// When, on the kernel's clock.
    pub at: Time,
    /// The counters, in the order of the topology.
    pub counters: Vec<LinkCounters>,
}

/// Reads the counters of a network now.
pub fn read(network: &Network) -> Result<Reading> {
    // The moment first: what passes meanwhile belongs to the next interval.
    let at = Clock::monotonic().now();
    Ok(Reading { at, counters: network.link_counters()? })
}

/// A thread that reads the counters.
pub struct Sampler<'scope> {
    stop: Sender<()>,
    thread: ScopedJoinHandle<'scope, Result<Vec<Reading>>>,
}

impl<'scope> Sampler<'scope> {
    /// Reads at `epoch` and after every `interval` from then on, until it is told to finish.
    ///
    /// # Errors
    /// If the machine has no thread left.
    pub fn start<'env>(
        scope: &'scope Scope<'scope, 'env>,
        network: &'env Network,
        epoch: Time,
        interval: Span,
    ) -> Result<Self> {
        let (stop, asked) = channel();
        let thread = Builder::new()
            .spawn_scoped(scope, move || readings(network, epoch, interval, &asked))
            .context("start a thread that reads counters")?;
        Ok(Self { stop, thread })
    }

    /// Ends it, and takes a last reading.
    ///
    /// # Errors
    /// If the kernel did not answer at some time.
    pub fn finish(self, network: &Network) -> Result<Vec<Reading>> {
        // It may have ended with an error, which is the result then.
        let _ = self.stop.send(());
        let thread = self.thread.join();
        let mut readings = thread.map_err(|_| anyhow!("the reader of counters panicked"))??;
        readings.push(read(network)?);
        Ok(readings)
    }
}

fn readings(
    network: &Network,
    epoch: Time,
    interval: Span,
    asked: &Receiver<()>,
) -> Result<Vec<Reading>> {
    // Waits end 50 us late otherwise, and intervals would begin at odd moments.
    nix::sys::prctl::set_timerslack(1).context("set the timer slack")?;
    let mut readings = Vec::new();
    let mut next = epoch;
    while readings.len() < MAX_READINGS {
        let left = next.since(Clock::monotonic().now());
        match asked.recv_timeout(Duration::from_nanos(left.ns())) {
            Err(RecvTimeoutError::Timeout) => {}
            Ok(()) | Err(RecvTimeoutError::Disconnected) => break,
        }
        readings.push(read(network)?);
        // From the moment that was meant: lateness does not add up, and moments that have passed
        // meanwhile are left out.
        let passed = Clock::monotonic().now().since(epoch).ns() / interval.ns().max(1);
        let step = interval.checked_mul(passed + 1).unwrap_or(Span::MAX);
        next = epoch.after(step);
    }
    Ok(readings)
}

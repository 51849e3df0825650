//! The failover proxy in front of several origins of one live stream: it watches how old each
//! origin's stream is, and passes requests to one that is alive. A service of the laboratory, and
//! of use outside it.
//!
//! | file | what lives there |
//! |---|---|
//! | `health_tracker.rs` | who serves: pure, from what probes came to |
//! | `reading.rs`, `follow.rs` | what a probe came to; how old a stream is, from its playlists |
//! | `config.rs` | what a switcher is told |
//! | `log.rs` | what happened, as lines and as rows of a table |
//! | `probe.rs`, `probe_scheduler.rs` | looks at an origin; when, and in which order that counts |
//! | `proxy.rs`, `route.rs` | answers requests; which paths go on |
//! | `begin.rs`, `relay.rs` | how answers begin; bodies on their way, which another origin
//! completes |
//! | `state.rs`, `metrics.rs`, `run.rs` | what is shared, what is counted, the process |
//!
//! Connections, and requests to origins, are those of [`weir_server`].
//!
//! # What a client sees of a fault
//! A request that the active origin does not answer, or answers with a status of 500 or above, is
//! answered by the next origin within the same request; so is one for a file that an origin does
//! not have, and where all have none the client is told so. A playlist, or another answer of at
//! most 64 KiB, that breaks off or is no playlist is replaced by the next origin's: it goes out
//! when it is whole (see `begin.rs`). A longer body that breaks off, or no longer comes, is
//! completed from another origin where that has the same bytes and answers requests for ranges (see
//! `relay.rs`).
//!
//! An origin that says nothing costs a request at most one time-out, and n such origins n of them.
//! It does not cost that each request: who kept one waiting is asked after the other good origins
//! until a probe of it is good.
//!
//! # How long a fault lasts
//! An origin is bad after N bad probes in a row: at most N intervals and one time-out after it
//! died, for a probe begins at every interval, whatever became of the one before (see
//! `probe_scheduler.rs`).
//!
//! A stream that stands still is bad when its newest segment ended longer ago than the threshold.
//! So it is left at an age of at most the threshold, N intervals and one time-out; where its dates
//! are missing or later than the truth, an interval and a time-out later.
//!
//! # What a client may not do
//! A connection holds a place and memory of the kernel, so that clients have bounds too. The head
//! of a request has to come within 10 s, the first after the connection began and the others after
//! the answer before. Of an answer that waits for the client, some has to be taken in every
//! [`Config::patience`], at [`Config::least_rate`]: who stops reading is left after one or two of
//! these times. An address has at most [`Config::per_address`] connections, and all together
//! 10,000. What was closed is counted by reasons, as `switcher_clients_closed_total`.
//!
//! # What it does not do
//! HTTP/1.1 without TLS. Nothing is cached. Requests with bodies are refused.

mod begin;
mod config;
mod follow;
mod health_tracker;
mod log;
mod metrics;
mod probe;
mod probe_scheduler;
mod proxy;
mod reading;
mod relay;
mod route;
mod run;
mod state;

pub use config::{Config, ConfigError, MAX_ORIGINS, OriginConfig, Policy, Settings, Switchback};
pub use follow::{Follower, LiveEdge, disagreement};
pub use health_tracker::{HealthTracker, OriginStatus, SwitchEvent};
pub use log::{events, line};
pub use probe_scheduler::{MAX_UNDER_WAY, Probe, ProbeResult, ProbeScheduler};
pub use reading::{Bad, Newest, Reading, StreamState};
pub use run::{Switcher, allow_descriptors};

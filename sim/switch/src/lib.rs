//! The failover proxy in front of several origins of one live stream: it watches how old each
//! origin's stream is, and passes requests to one that is alive. A service of the laboratory, and of
//! use outside it.
//!
//! | file | what lives there |
//! |---|---|
//! | `board.rs` | who serves: pure, from what probes came to |
//! | `reading.rs`, `follow.rs` | what a probe came to; how old a stream is, from its playlists |
//! | `config.rs` | what a switcher is told |
//! | `probe.rs` | looks at an origin |
//! | `proxy.rs`, `route.rs` | answers requests; which paths go on |
//! | `relay.rs` | bodies on their way, which another origin completes |
//! | `upstream.rs`, `state.rs`, `metrics.rs`, `run.rs` | requests to origins, what is shared, the process |
//!
//! # What a client sees of a fault
//! A request that the active origin does not answer, or answers with a status of 500 or above, is
//! answered by the next origin within the same request; so is one for a file that an origin does not
//! have. A body that breaks off, or no longer comes, is completed from another origin where that has
//! the same bytes (see `relay.rs`).
//!
//! # How long a fault lasts
//! An origin is bad after N bad probes in a row: at most N intervals and one time-out after the
//! fault, for a probe begins at every interval, whatever the one before took. A stream that stands
//! still is bad when its newest segment ended longer ago than the threshold.
//!
//! # What it does not do
//! HTTP/1.1 without TLS. Nothing is cached. Requests with bodies are refused.

mod board;
mod config;
mod follow;
mod metrics;
mod probe;
mod proxy;
mod reading;
mod relay;
mod route;
mod run;
mod state;
mod upstream;

pub use board::{Board, Happening, OriginStatus};
pub use config::{Config, ConfigError, MAX_ORIGINS, OriginConfig, Policy, Settings, Switchback};
pub use follow::{Follower, disagreement};
pub use reading::{Bad, Newest, Reading, Seen};
pub use run::Switcher;

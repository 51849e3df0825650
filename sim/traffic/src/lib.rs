//! Traffic beside the streams: real sockets, run as processes on the nodes of a network.
//!
//! A flow goes from a node to a node and has two ends, which are one [`FlowJob`] each, usually in
//! different processes. [`run`] serves all flow ends of a process and writes what they know;
//! [`join`] makes one row per flow of what both ends wrote.
//!
//! | kind | what it is | who listens |
//! |---|---|---|
//! | `tcp` | a connection that always has something to send | the receiver |
//! | `udp` | datagrams at a constant rate | the receiver |
//! | `web` | a user who downloads an object, thinks, and downloads the next | the sender: a server
//! |
//!
//! All of it ends at the flow's end, whatever the network or the other end does. No privileges are
//! needed.
//!
//! | file | what lives there |
//! |---|---|
//! | `job.rs`, `run.rs`, `rows.rs`, `join.rs` | the flow ends of one process, and their rows |
//! | `tcp.rs`, `udp.rs`, `web.rs` | the kinds |
//! | `draw.rs` | what a web user draws: the same on every machine |
//! | `door.rs`, `socket.rs` | telling a flow's connection from a stranger's; socket options |

mod door;
mod draw;
mod job;
mod join;
mod rows;
mod run;
mod socket;
mod tcp;
mod udp;
mod web;

pub use job::{FlowJob, Job, Kind, MAX_FLOWS, Role};
pub use join::join;
pub use run::run;

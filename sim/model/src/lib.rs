//! A network in virtual time, as a fluid: no packets, no queues, no losses, no congestion control.
//!
//! A [`Network`] has links, each with a rate that may follow a trace and a latency, and routes over
//! them. A flow waits for the latency of its route and then receives at its max-min fair share: no
//! flow can get more without another one that has no more getting less (Bertsekas and Gallager,
//! Data Networks, section 6.5.2). **That sharing is an assumption of the model**, not a finding:
//! what it says about fairness between players, it was told.
//!
//! Nothing here reads a clock: a driver asks for the next event up to a moment of its own, and
//! starts and cancels flows in between.
//!
//! # Arithmetic
//! Time is whole nanoseconds, data whole units of 10^-15 bit, rates whole units of 10^-6 bit/s:
//! what a rate carries in a time is then exact. Three things are rounded:
//! - A flow is complete at the first nanosecond at which all of it has passed. What its share
//!   carries in the rest of that nanosecond is lost.
//! - On a link of its own (no other link limits any of its flows), what does not divide evenly
//!   among n flows, less than n * 10^-15 bit, waits for the next division, and is lost only when
//!   the last flow ends.
//! - Where several links limit flows, each share is rounded down: a link with n flows may leave
//!   less than n * 10^-6 bit/s unused, and equal flows differ by no more than that.
//!
//! # Cost
//! Routes that are limited by the same links form one class, whose flows all have the same share. A
//! link of its own keeps a virtual clock of the service that each of its flows has got, so that a
//! flow's end is known when it begins (processor sharing as in Demers, Keshav and Shenker, SIGCOMM
//! 1989): an event takes logarithmic time in the number of flows and in the length of the trace.
//! Links that share flows are solved together at every event and rate change, in time that is
//! linear in their classes (one for each viewer, if each has an access link) whatever the number of
//! flows.
//!
//! # Sessions
//! Players are the state machine of `weir-core`, the same as on real networks, and so are their
//! metrics and rows. A [`Spec`] is one viewer on a [`Way`] of one's own ([`run_session`]; on all
//! cores [`run_sessions`]), a [`Trial`] several who share links ([`run_trial`]). Segments are all
//! that is requested: a [`Film`] is known beforehand. Nothing fails here: there are no retries.
//!
//! # Downloads over TCP
//! How long a download takes over a real TCP, where nobody else is on the path, is computed by
//! [`Connection`]: what a kernel is compared with.
//!
//! # Published models
//! Sabre's network is a [`Way::Link`] whose trace has latencies. Pensieve's is [`Pensieve`].

mod film;
mod flow;
mod group;
mod link;
mod meter;
mod network;
mod pensieve;
mod predict;
mod session;
mod shares;
mod spec;
mod trial;

pub use film::{Film, FilmError};
pub use flow::FlowId;
pub use link::{Capacity, Link};
pub use network::{Error, Event, FlowEvent, LinkId, Network, RouteId};
pub use pensieve::Pensieve;
pub use predict::{Connection, Sender, SenderState, SteadyPath};
pub use session::{run_session, run_session_with, run_sessions};
pub use spec::{Keep, MAX_WATCH, Refusal, Shared, Spec, Trial, Way, rows, viewer_of};
pub use trial::{run_trial, run_trial_metered, run_trial_with};

//! The lab in which the network is a model: a fluid in virtual time. It needs no kernel, no server
//! and no processes, and runs thousands of sessions in a second.
//!
//! # The network
//! Content passes the links of the way that packets take from the origin to the viewer; each
//! direction of a link is one of the model. From a request to its first byte it takes the delays of
//! the whole round trip, and what a trace says. A constant rate, and a trace of the `capacity` of a
//! link, count Ethernet frames: TCP carries 1,448 of 1,514 bytes of them. A trace of the `goodput`
//! of a flow is used as it is.
//!
//! Viewers who share a limit get max-min fair shares of it (see [`weir_model`]). That is an
//! assumption.
//!
//! # What is not modelled
//! Queues, losses, jitter, congestion control with its slow start, connections, the requests' own
//! size, the overhead of HTTP, and cross traffic. An experiment may ask for losses and jitter, so
//! that it runs in another lab too; what is left out is said once, and in the table `events`.
//!
//! | file | what lives there |
//! |---|---|
//! | `check.rs` | what is refused, and what is left out |
//! | `layout.rs`, `traces.rs` | which links limit whom, and by what |
//! | `trial.rs` | a trial |
//! | `links.rs` | what links carried |
//! | `bound.rs` | what a clairvoyant player would have reached |
//! | `recordings.rs` | logs whose decisions are taken once more |

mod bound;
mod check;
mod lab;
mod layout;
mod links;
mod recordings;
mod run;
mod traces;
mod trial;

pub(crate) use check::{check, check_others, warnings};
pub(crate) use lab::ModelLab;

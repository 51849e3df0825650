//! Netlink in one namespace: requests about interfaces, routes and qdiscs, and what the kernel
//! reports of them.
//!
//! Decision, 2026-12-01: messages are built and read with rtnetlink's builders and the types of
//! netlink-packet-route, and carried by a socket of our own ([`socket`]). rtnetlink's own
//! connection waits for the answer to each request, on a runtime; here a node's requests are one
//! system call. Its requests about qdiscs and filters are bound to that connection, and those about
//! neighbours too, so these messages are built of the types that they would be built of.

mod interfaces;
mod link;
mod placed;
mod socket;
mod traffic;

pub(crate) use interfaces::{Interface, list, look_at, settle};
pub(crate) use link::{
    LOOPBACK, Mac, VethEnd, add_address, add_neighbour, add_route, set_up, veth,
};
pub(crate) use placed::{Level, PlacedQdisc, Qdiscs, verify};
pub(crate) use socket::{Netlink, Request};
pub(crate) use traffic::redirect;

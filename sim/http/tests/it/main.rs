//! The server and the client to what stands behind it, from outside.

#![expect(clippy::unwrap_used, reason = "a test's helper fails by panicking")]

mod end;
mod passing;
mod toy;

//! One file for each section of the format.

pub(crate) mod abr;
pub(crate) mod faults;
mod follow;
pub(crate) mod head;
mod link;
pub(crate) mod live;
pub(crate) mod media;
pub(crate) mod members;
pub(crate) mod players;
pub(crate) mod services;
pub(crate) mod tcp;
pub(crate) mod topology;
mod trace;
pub(crate) mod traffic;

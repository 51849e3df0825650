//! What happens to the services and links of a trial, and when.

mod supervisor;
mod timeline;

pub use supervisor::{Supervised, Supervisor};

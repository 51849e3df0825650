//! The labs: what they have in common, and each of them.

pub mod guest;
pub(crate) mod host;
pub(crate) mod lab;
pub(crate) mod machine;
pub(crate) mod model;
pub(crate) mod patience;
pub(crate) mod relaunch;
pub(crate) mod uml;
pub(crate) mod view;

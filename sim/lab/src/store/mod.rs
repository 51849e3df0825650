//! The folder of a run: one writer, finished trials that are safe, what results depend on, and
//! which of its files are Weir's.

pub(crate) mod checksummed;
pub(crate) mod chunks;
pub(crate) mod completed;
pub(crate) mod folder;
pub(crate) mod inputs;
pub(crate) mod listing;
pub(crate) mod lock;
pub(crate) mod own_files;

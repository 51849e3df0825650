//! One trial on the kernel that this process runs on: its network, who runs on its nodes, what
//! happens to them, and what is read from the kernel meanwhile.

pub(crate) mod assignment;
pub(crate) mod faults;
pub(crate) mod logs;
pub(crate) mod players;
pub(crate) mod programs;
pub(crate) mod rows;
pub(crate) mod run;
pub(crate) mod sampler;
pub(crate) mod senders;
pub(crate) mod services;
pub(crate) mod settings;
pub(crate) mod sidecars;
pub(crate) mod traffic;
pub(crate) mod viewers;

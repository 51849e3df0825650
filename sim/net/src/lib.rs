//! Networks on a Linux kernel: namespaces, virtual Ethernet, addresses, routes and traffic control
//! by netlink, and processes in them.
//!
//! The only crate that touches netlink and namespaces. It needs CAP_SYS_ADMIN and CAP_NET_ADMIN,
//! which every process has inside a guest. Nothing here has a name outside of the process: a
//! namespace is held by a descriptor, so the kernel frees everything when the process ends, however
//! it ends.
//!
//! - [`Namespace`]: a network namespace, and threads that run in it.
//! - [`Network`]: a whole topology, built from a plan and torn down by dropping it.
//! - [`LinkChange`]: what becomes of a link of it while packets pass.
//! - `qdisc`: netem, htb, bfifo and fq_codel as typed values.
//! - [`Needs`]: what a plan asks of a kernel, and what this one lacks.
//! - [`Diag`]: what a sender's TCP knows, asked from outside.
//! - [`Process`]: a program in a node, with captured output, that dies with its owner.

mod direction;
mod link;
mod namespace;
mod needs;
mod netlink;
mod network;
mod node;
mod qdisc;

pub use link::{LinkChange, LinkCounters};
pub use namespace::Namespace;
pub use needs::Needs;
pub use network::Network;
pub use node::{Command, Diag, Node, Process, TcpInfo, TcpState, kernel_limits, set_kernel_limits};
pub use weir_process::Exit;

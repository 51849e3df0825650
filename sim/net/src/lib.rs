//! Networks on a Linux kernel: namespaces, virtual Ethernet, addresses, routes and traffic control
//! by netlink, and processes in them.
//!
//! The only crate that touches netlink and namespaces. It needs CAP_SYS_ADMIN and CAP_NET_ADMIN,
//! which every process has inside a guest. Nothing here has a name outside of the process: a
//! namespace is held by a descriptor, so the kernel frees everything when the process ends, however
//! it ends.
//!
//! - [`Namespace`]: a network namespace and the thread that lives in it.
//! - [`Network`]: a whole topology, built from a plan and torn down by dropping it.
//! - [`qdisc`]: netem, htb and bfifo as typed values.
//! - [`Process`]: a program in a node, with captured output, that dies with its owner.

mod namespace;
mod netlink;
mod network;
mod process;
pub mod qdisc;
mod tcp;
mod wire;

pub use namespace::Namespace;
pub use netlink::{InterfaceCounters, Netlink};
pub use network::{LinkCounters, Network, Node};
pub use process::{Command, Exit, Process};
pub use tcp::{TcpState, set_kernel_limits};

//! A reverse proxy in front of one origin, which answers wrongly on command.
//!
//! While no rule is in force it is transparent: methods, statuses, headers (but those about one
//! connection only, RFC 9110, section 7.6.1), ranges and bodies pass as they are, and bodies as
//! they come. Where the origin does not answer, the proxy does not either: the client's connection
//! is closed without a response, which is as near as one that has accepted it can come to a server
//! that is not there.

mod control;
mod dates;
mod proxy;
mod spoilt;
mod verdict;

pub use control::set_rules;
pub use verdict::FaultRule;

use crate::run::run;
use anyhow::Result;
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use weir_server::{Bounds, Server};
use weir_units::Seed;

/// What a fault proxy is to do.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultProxyJob {
    /// Where it listens.
    pub listen: SocketAddr,
    /// The origin that it stands in front of, and never asks another.
    pub origin: SocketAddr,
    /// The Unix socket at which it takes rules; one that is there already is replaced. It is there
    /// before anybody can connect to [`FaultProxyJob::listen`].
    pub control: PathBuf,
    /// What the shares of requests and the bytes of corrupt playlists are drawn from.
    pub seed: Seed,
}

/// Serves for ever.
///
/// # Errors
/// If it cannot listen, and if the kernel has no room for it.
pub fn fault_proxy(job: &FaultProxyJob) -> Result<()> {
    run(async {
        let control = control::listen(&job.control)?;
        let server = Server::bind(job.listen, Bounds::default())?;
        let proxy = Arc::new(proxy::FaultProxy::new(job.origin, job.seed));
        tokio::task::spawn_local(control::take(control, Arc::clone(&proxy)));
        server.serve_here(proxy, std::future::pending()).await
    })
}

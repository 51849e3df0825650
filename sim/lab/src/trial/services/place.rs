//! Where the services of a trial run, and what they are told of it.

use crate::trial::assignment::Folders;
use crate::trial::logs::Logs;
use anyhow::{Context, Result};
use nix::mount::{MsFlags, mount};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use weir_net::Network;
use weir_plan::{LIVE_ROOM, Live, Service, ServiceKind};
use weir_records::Rung;
use weir_units::{Bytes, Span};

/// What all services of a trial are told.
#[derive(Clone, Copy)]
pub struct ServiceContext<'a> {
    /// The network.
    pub network: &'a Network,
    /// The trial's folders.
    pub folders: &'a Folders,
    /// This program's executable.
    pub program: &'a Path,
    /// The kinds of services, by their names.
    pub kinds: &'a BTreeMap<String, ServiceKind>,
    /// All services of the trial.
    pub services: &'a [Service],
    /// Those in front of which a gate stands: they listen at another port than their kind's.
    pub gated: &'a BTreeSet<String>,
    /// The live stream, if the content is one.
    pub live: Option<&'a Live>,
    /// The duration of a segment.
    pub segment: Span,
    /// The ladder.
    pub rungs: &'a [Rung],
    /// How much is logged.
    pub logs: Logs,
}

/// How far the port of a service behind a gate is from that of its kind.
const BEHIND: u16 = 10_000;

impl ServiceContext<'_> {
    /// The kind of a service.
    pub fn kind(&self, service: &Service) -> Result<&ServiceKind> {
        self.kinds
            .get(&service.run)
            .with_context(|| format!("no kind of service is {}", service.run))
    }

    /// The service of this name.
    pub fn service(&self, name: &str) -> Result<&Service> {
        let found = self.services.iter().find(|service| service.name == name);
        found.with_context(|| format!("there is no service {name}"))
    }

    /// The address of a service's node.
    pub fn address(&self, service: &Service) -> Result<Ipv4Addr> {
        Ok(self.network.node(&service.node)?.address())
    }

    /// The port at which others find a service; zero if it serves nobody.
    pub fn port(&self, service: &Service) -> Result<u16> {
        Ok(self.kind(service)?.port.unwrap_or(0))
    }

    /// The port at which it listens itself.
    pub fn own_port(&self, service: &Service) -> Result<u16> {
        let port = self.port(service)?;
        Ok(if self.gated.contains(&service.name) { port.saturating_add(BEHIND) } else { port })
    }

    /// The folder of a service's run-time files.
    pub fn run(&self, service: &Service) -> PathBuf {
        self.folders.run.join(format!("{}.{}", service.node, service.name))
    }

    /// Where its output goes.
    pub fn log(&self, service: &Service) -> PathBuf {
        self.folders.logs.join(format!("{}.{}.log", service.node, service.name))
    }

    /// The folder of what is served on its node: of a live stream, one that the node's services
    /// share.
    pub fn site(&self, service: &Service) -> PathBuf {
        match self.live {
            None => self.folders.site.clone(),
            Some(_) => self.live_folder(&service.node),
        }
    }

    /// The folder of a node's live files.
    pub fn live_folder(&self, node: &str) -> PathBuf {
        self.folders.run.join(format!("{node}.live"))
    }
}

/// The folders of nodes' live files: in memory, with so much room and no more.
pub struct LiveDirs {
    /// By their nodes.
    folders: BTreeMap<String, PathBuf>,
    full: BTreeSet<PathBuf>,
}

impl LiveDirs {
    /// Makes them.
    ///
    /// # Errors
    /// If one cannot be mounted.
    pub fn make(place: &ServiceContext<'_>) -> Result<Self> {
        let nodes: BTreeSet<&str> = match place.live {
            Some(_) => place.services.iter().map(|service| service.node.as_str()).collect(),
            None => BTreeSet::new(),
        };
        let mut folders = BTreeMap::new();
        for node in nodes {
            let folder = place.live_folder(node);
            fs::create_dir_all(&folder).with_context(|| format!("make {}", folder.display()))?;
            attach(&folder, MsFlags::empty(), LIVE_ROOM)?;
            folders.insert(node.to_owned(), folder);
        }
        Ok(Self { folders, full: BTreeSet::new() })
    }

    /// The nodes, and how much of the room of each is used.
    ///
    /// # Errors
    /// If the kernel does not tell.
    pub fn used(&self) -> Result<Vec<(&str, Bytes)>> {
        self.folders.iter().map(|(node, folder)| Ok((node.as_str(), used(folder)?))).collect()
    }

    /// Takes all room from a folder, or gives it back.
    ///
    /// # Errors
    /// If the kernel refuses.
    pub fn set_full(&mut self, folder: PathBuf, full: bool) -> Result<()> {
        if full {
            self.full.insert(folder);
            return self.keep_full();
        }
        self.full.remove(&folder);
        attach(&folder, MsFlags::MS_REMOUNT, LIVE_ROOM)
    }

    /// What has been removed from a full folder meanwhile makes no room.
    ///
    /// # Errors
    /// If the kernel refuses.
    pub fn keep_full(&self) -> Result<()> {
        for folder in &self.full {
            // No room at all would be no limit.
            attach(folder, MsFlags::MS_REMOUNT, used(folder)?.max(Bytes::new(1)))?;
        }
        Ok(())
    }
}

fn attach(folder: &Path, how: MsFlags, room: Bytes) -> Result<()> {
    let options = format!("size={}", room.get());
    mount(Some("none"), folder, Some("tmpfs"), how, Some(options.as_str()))
        .with_context(|| format!("give {} {room}", folder.display()))
}

fn used(folder: &Path) -> Result<Bytes> {
    let found = nix::sys::statvfs::statvfs(folder)
        .with_context(|| format!("look at {}", folder.display()))?;
    let blocks = found.blocks().saturating_sub(found.blocks_free());
    Ok(Bytes::new(blocks.saturating_mul(found.fragment_size())))
}

//! The same network with a shell's tools: `ip netns`, and `ip -batch` for all that can be batched.

use anyhow::{Context, Result, ensure};
use std::fmt::Write;
use std::fs;
use std::process::Command;
use weir_plan::{Direction, Setup};

const FOLDER: &str = "/run/bench-network";

/// What `ip` is told: about namespaces and links, and in each node.
pub struct Script {
    nodes: Vec<String>,
}

impl Script {
    /// Writes the files that `ip` reads. The links of `setup` become plain ones.
    pub fn new(setup: &Setup) -> Result<Self> {
        fs::create_dir_all(FOLDER).context("make a folder")?;
        let topology = &setup.topology;
        let routes = topology.routes();
        let nodes: Vec<_> = topology.nodes.iter().map(|node| node.name.clone()).collect();
        let position = |name: &str| nodes.iter().position(|node| node == name).unwrap_or(0) + 1;
        let (mut all, mut gone) = (String::new(), String::new());
        for node in &nodes {
            let _ = writeln!(all, "netns add {node}");
            let _ = writeln!(gone, "netns del {node}");
        }
        for (at, link) in topology.links.iter().enumerate() {
            let (a, b) = &link.between;
            let _ = writeln!(
                all,
                "link add to-{at} netns {a} address 02:00:00:00:{at:02x}:00 type veth \
                 peer name to-{at} netns {b} address 02:00:00:00:{at:02x}:01"
            );
        }
        fs::write(format!("{FOLDER}/up"), all).context("write")?;
        fs::write(format!("{FOLDER}/down"), gone).context("write")?;
        for node in &nodes {
            let mut own =
                format!("link set lo up\naddress add 10.77.0.{}/32 dev lo\n", position(node));
            for (at, link) in topology.links.iter().enumerate() {
                let (a, b) = &link.between;
                if a == node || b == node {
                    let (other, mac) = if a == node { (b, 1) } else { (a, 0) };
                    let _ = writeln!(own, "link set to-{at} up");
                    let _ = writeln!(
                        own,
                        "neighbour add 10.77.0.{} lladdr 02:00:00:00:{at:02x}:{mac:02x} dev to-{at}",
                        position(other)
                    );
                }
            }
            for to in nodes.iter().filter(|to| *to != node) {
                let Some((at, direction)) = routes.next(node, to) else { continue };
                let (a, b) = &topology.links[at].between;
                let via = if direction == Direction::Forward { b } else { a };
                let _ = writeln!(
                    own,
                    "route add 10.77.0.{} via 10.77.0.{} dev to-{at} onlink",
                    position(to),
                    position(via)
                );
            }
            fs::write(format!("{FOLDER}/node-{node}"), own).context("write")?;
        }
        Ok(Self { nodes })
    }

    /// Builds it.
    pub fn up(&self) -> Result<()> {
        ip(&["-batch", &format!("{FOLDER}/up")])?;
        for node in &self.nodes {
            ip(&["-n", node, "-batch", &format!("{FOLDER}/node-{node}")])?;
        }
        Ok(())
    }

    /// Takes it down.
    pub fn down(&self) -> Result<()> {
        ip(&["-batch", &format!("{FOLDER}/down")])
    }
}

fn ip(arguments: &[&str]) -> Result<()> {
    let done = Command::new("ip").args(arguments).output().context("start ip")?;
    let said = String::from_utf8_lossy(&done.stderr);
    ensure!(done.status.success(), "ip {}: {said}", arguments.join(" "));
    Ok(())
}

//! The TCP profile of a node: every value set explicitly and read back.
//!
//! The kernel's own defaults depend on its version and on the machine's memory, so a profile that
//! sets only some of them would not be repeatable.

use anyhow::{Context, Result, ensure};
use std::path::Path;
use weir_experiment::TcpProfile;

/// What the kernel says of a namespace's TCP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TcpState {
    /// `tcp_congestion_control`.
    pub congestion_control: String,
    /// `tcp_rmem`.
    pub rmem: String,
    /// `tcp_wmem`.
    pub wmem: String,
    /// `tcp_slow_start_after_idle`.
    pub slow_start_after_idle: bool,
    /// `tcp_no_metrics_save`.
    pub no_metrics_save: bool,
    /// `tcp_ecn`.
    pub ecn: u64,
    /// `tcp_sack`.
    pub sack: bool,
}

/// The first value of a buffer's triple: one page.
const BUFFER_LEAST: u64 = 4_096;
/// The initial receive and send buffers of Linux since 2.6.17 (Documentation/networking/ip-sysctl).
const RECEIVE_INITIAL: u64 = 131_072;
const SEND_INITIAL: u64 = 16_384;
/// A burst of the largest buffer of any link.
const BACKLOG_PACKETS: &str = "100000";
/// Pages for all of TCP: far above what a trial can use, so that pressure never sets in.
const TCP_MEM_PAGES: &str = "65536\t98304\t131072";

/// Sets the limits that all namespaces share, which only the first one shows: the memory of TCP, and
/// the packets that may wait between two interfaces of this machine, where none must be dropped.
/// Returns what the kernel then says of TCP's memory: low, pressure and high mark in pages.
///
/// # Errors
/// Outside of the first network namespace, and without CAP_NET_ADMIN.
pub fn set_kernel_limits() -> Result<String> {
    set("core/netdev_max_backlog", BACKLOG_PACKETS)?;
    set("ipv4/tcp_mem", TCP_MEM_PAGES)?;
    get("ipv4/tcp_mem")
}

/// Sets the profile in the namespace of the calling thread and reads it back. `forwards` makes the
/// node a router.
///
/// # Errors
/// If a value cannot be set, or the kernel holds another one afterwards.
pub(crate) fn apply(profile: &TcpProfile, forwards: bool) -> Result<TcpState> {
    let buffer = |initial: u64, most: u64| {
        format!("{BUFFER_LEAST}\t{}\t{most}", initial.min(most.max(BUFFER_LEAST)))
    };
    let flag = |on: bool| u8::from(on).to_string();
    let receive = buffer(RECEIVE_INITIAL, profile.receive_buffer.get());
    let send = buffer(SEND_INITIAL, profile.send_buffer.get());
    for (name, value) in [
        ("ipv4/tcp_congestion_control", profile.congestion_control.clone()),
        ("ipv4/tcp_rmem", receive),
        ("ipv4/tcp_wmem", send),
        ("ipv4/tcp_slow_start_after_idle", flag(profile.slow_start_after_idle)),
        ("ipv4/tcp_no_metrics_save", flag(true)),
        ("ipv4/tcp_ecn", flag(profile.ecn)),
        ("ipv4/tcp_sack", flag(profile.sack)),
        ("ipv4/ip_forward", flag(forwards)),
    ] {
        set(name, &value)?;
    }
    read()
}

fn read() -> Result<TcpState> {
    let flag = |name: &str| Ok::<_, anyhow::Error>(get(name)? != "0");
    Ok(TcpState {
        congestion_control: get("ipv4/tcp_congestion_control")?,
        rmem: get("ipv4/tcp_rmem")?,
        wmem: get("ipv4/tcp_wmem")?,
        slow_start_after_idle: flag("ipv4/tcp_slow_start_after_idle")?,
        no_metrics_save: flag("ipv4/tcp_no_metrics_save")?,
        ecn: get("ipv4/tcp_ecn")?.parse().context("read net.ipv4.tcp_ecn")?,
        sack: flag("ipv4/tcp_sack")?,
    })
}

fn set(name: &str, value: &str) -> Result<()> {
    let path = path(name);
    std::fs::write(&path, value).with_context(|| format!("write \"{value}\" to {path}"))?;
    let found = get(name)?;
    ensure!(found == value, "the kernel set {name} to \"{found}\" instead of \"{value}\"");
    Ok(())
}

fn get(name: &str) -> Result<String> {
    let path = path(name);
    let text = std::fs::read_to_string(Path::new(&path)).with_context(|| format!("read {path}"))?;
    Ok(text.trim().to_owned())
}

fn path(name: &str) -> String {
    format!("/proc/sys/net/{name}")
}

//! The TCP profile of a node: every value set explicitly and read back.
//!
//! The kernel's own defaults depend on its version and on the machine's memory, so a profile that
//! sets only some of them would not be repeatable.

use anyhow::{Context, Result, ensure};
use std::path::Path;
use weir_plan::TcpProfile;

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
const CONGESTION_CONTROL: &str = "ipv4/tcp_congestion_control";
const TCP_MEM: &str = "ipv4/tcp_mem";
/// Pages for all of TCP: far above what a trial can use, so that pressure never sets in.
const TCP_MEM_PAGES: &str = "65536\t98304\t131072";

/// Sets the limits that all namespaces share, which only the first one shows: the memory of TCP,
/// and the packets that may wait between two interfaces of this machine, where none must be
/// dropped. They are the whole machine's: only for a machine that is ours, such as a guest. Returns
/// what the kernel then says of TCP's memory: low, pressure and high mark in pages.
///
/// # Errors
/// Outside of the first network namespace, and without CAP_NET_ADMIN.
pub fn set_kernel_limits() -> Result<String> {
    set("core/netdev_max_backlog", BACKLOG_PACKETS)?;
    set(TCP_MEM, TCP_MEM_PAGES)
}

/// What the kernel says of TCP's memory, without changing anything: low, pressure and high mark in
/// pages. `unknown` outside of the first network namespace, which alone shows it.
pub fn kernel_limits() -> String {
    get(TCP_MEM).unwrap_or_else(|_| "unknown".to_owned())
}

/// Sets the profile in the namespace of the calling thread, and returns what the kernel holds then.
/// `forwards` makes the node a router.
///
/// # Errors
/// If a value cannot be set, or the kernel holds another one afterwards.
pub(crate) fn apply(profile: &TcpProfile, forwards: bool) -> Result<TcpState> {
    let buffer = |initial: u64, most: u64| {
        format!("{BUFFER_LEAST}\t{}\t{most}", initial.min(most.max(BUFFER_LEAST)))
    };
    let flag = |name: &str, on: bool| {
        Ok::<_, anyhow::Error>(set(name, if on { "1" } else { "0" })? != "0")
    };
    // A way back may differ from the way there, so a packet may come from where none is sent to
    // (RFC 3704). New interfaces inherit what the first namespace says.
    for which in ["all", "default"] {
        set(&format!("ipv4/conf/{which}/rp_filter"), "0")?;
    }
    flag("ipv4/ip_forward", forwards)?;
    let receive = buffer(RECEIVE_INITIAL, profile.receive_buffer.get());
    let send = buffer(SEND_INITIAL, profile.send_buffer.get());
    let ecn = if profile.ecn { "1" } else { "0" };
    Ok(TcpState {
        congestion_control: set(CONGESTION_CONTROL, &profile.congestion_control)?,
        rmem: set("ipv4/tcp_rmem", &receive)?,
        wmem: set("ipv4/tcp_wmem", &send)?,
        slow_start_after_idle: flag(
            "ipv4/tcp_slow_start_after_idle",
            profile.slow_start_after_idle,
        )?,
        no_metrics_save: flag("ipv4/tcp_no_metrics_save", true)?,
        ecn: set("ipv4/tcp_ecn", ecn)?.parse().context("read net.ipv4.tcp_ecn")?,
        sack: flag("ipv4/tcp_sack", profile.sack)?,
    })
}

/// Makes a congestion control the default of the calling thread's namespace.
///
/// # Errors
/// If the kernel has none of this name, or does not let a namespace have it as its default.
pub(crate) fn set_congestion_control(name: &str) -> std::io::Result<()> {
    std::fs::write(path(CONGESTION_CONTROL), name)
}

/// The congestion controls that any namespace may have as its default.
pub(crate) fn allowed_congestion_controls() -> Result<String> {
    get("ipv4/tcp_allowed_congestion_control")
}

/// Sets a value, and returns it as the kernel holds it.
fn set(name: &str, value: &str) -> Result<String> {
    let path = path(name);
    std::fs::write(&path, value).with_context(|| format!("write \"{value}\" to {path}"))?;
    let found = get(name)?;
    ensure!(found == value, "the kernel set {name} to \"{found}\" instead of \"{value}\"");
    Ok(found)
}

fn get(name: &str) -> Result<String> {
    let path = path(name);
    let text = std::fs::read_to_string(Path::new(&path)).with_context(|| format!("read {path}"))?;
    Ok(text.trim().to_owned())
}

fn path(name: &str) -> String {
    format!("/proc/sys/net/{name}")
}

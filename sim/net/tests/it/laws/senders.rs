//! The state of a sender's TCP, seen from elsewhere.

use super::Law;
use super::jitter::tcp_info;
use crate::setups::{build, shape};
use crate::traffic::{connection, pause, transfer};
use anyhow::{Context, Result, bail, ensure};
use std::fs;
use std::net::{SocketAddr, SocketAddrV4};
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};
use std::path::PathBuf;
use weir_net::{Command, Diag, Process};
use weir_units::{Bytes, Span};

pub const LAWS: [(&str, Law); 1] =
    [("the_senders_state_is_what_its_own_socket_says", senders_state)];

/// The word on the command line that makes this program ask for a connection.
pub const ASK: &str = "ask";

fn v4(address: SocketAddr) -> Result<SocketAddrV4> {
    match address {
        SocketAddr::V4(address) => Ok(address),
        SocketAddr::V6(address) => bail!("{address} is no IPv4 address"),
    }
}

fn senders_state() -> Result<String> {
    let network = build(shape(5))?;
    let (source, sink) = connection(&network, "left", "right")?;
    // More than the buffer holds: something is sent again.
    transfer(&source, &sink, Bytes::new(3_000_000))?;
    pause(Span::from_s(1));

    let (local, remote) = (v4(source.local_addr()?)?, v4(source.peer_addr()?)?);
    let socket = network.node("left")?.open_diag()?;
    let other = network.node("left")?.open_diag()?;
    let diag = Diag::from_fd(socket);
    let own = tcp_info(&source)?;
    let found = diag.tcp_state(local, remote)?.context("there is no such connection")?;
    ensure!(found.congestion_window == u64::from(own.tcpi_snd_cwnd), "{found:?}");
    ensure!(found.smoothed_round_trip == Span::from_us(own.tcpi_rtt.into()), "{found:?}");
    let least = Span::from_us(own.tcpi_min_rtt.into());
    ensure!(found.least_round_trip == Some(least), "{found:?}");
    ensure!(found.retransmits == u64::from(own.tcpi_total_retrans), "{found:?}");
    ensure!(found.retransmits > 0, "nothing was sent again");
    let rate = found.delivery_rate.context("no rate of delivery")?;
    ensure!(rate.bps() == own.tcpi_delivery_rate * 8, "{found:?}");
    ensure!((Span::from_ms(40)..Span::from_ms(50)).contains(&least), "{found:?}");

    // Nobody, the other way round, and who listens.
    ensure!(diag.tcp_state(local, SocketAddrV4::new(*remote.ip(), 1))?.is_none(), "nobody");
    ensure!(diag.tcp_state(remote, local)?.is_none(), "the receiver's own end is elsewhere");

    // A process in the receiver's namespace sees the same.
    let log = PathBuf::from("/tmp/asked.log");
    let number = other.as_raw_fd().to_string();
    let argv = [weir_uml::init::PROGRAM, ASK, &number, &local.to_string(), &remote.to_string()];
    let command = Command {
        name: "the asker".to_owned(),
        argv: argv.map(str::to_owned).to_vec(),
        log: log.clone(),
        keeps: Vec::new(),
    };
    let receiver = network.node("right")?.namespace();
    let mut asker = Process::spawn_inheriting(receiver, &command, &[other.as_fd()])?;
    let exit = asker.wait(Span::from_s(10))?.context("it does not end")?;
    let said = fs::read_to_string(log)?;
    ensure!(exit.success() && said.trim() == format!("{found:?}"), "{exit}: {said}");
    // Without being told, a process inherits nothing.
    let mut asker = Process::spawn(receiver, &command)?;
    let exit = asker.wait(Span::from_s(10))?.context("it does not end")?;
    ensure!(!exit.success(), "it asked over a descriptor that it was not given");

    drop((source, sink));
    pause(Span::from_s(1));
    ensure!(diag.tcp_state(local, remote)?.is_none(), "a closed connection has a state");
    Ok(format!("{found:?}\n"))
}

/// The asking process's side.
pub fn ask(arguments: &[String]) -> Result<()> {
    let [number, local, remote] = arguments else { bail!("three arguments") };
    let number = number.parse()?;
    // SAFETY: the owner of this process opened it for this process.
    let socket = unsafe { OwnedFd::from_raw_fd(number) };
    let found = Diag::from_fd(socket).tcp_state(local.parse()?, remote.parse()?)?;
    println!("{:?}", found.context("there is no such connection")?);
    Ok(())
}

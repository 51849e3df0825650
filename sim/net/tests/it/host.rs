//! What is tested on this machine's own kernel, whatever it has: needs CAP_SYS_ADMIN.

use crate::setups::{PLAIN, direct, shape};
use anyhow::{Result, ensure};
use weir_net::{Needs, Network};
use weir_plan::{Setup, Shape};
use weir_units::{Seed, Span};

fn lacking(setup: &Setup) -> Result<Vec<String>> {
    Needs::of(setup).lacking()
}

pub type Test = fn() -> Result<()>;

pub const ALL: [(&str, Test); 4] = [
    ("what_this_kernel_lacks_is_named_with_what_asks_for_it", named),
    ("a_network_comes_up_exactly_where_nothing_is_lacking", exactly),
    ("who_may_not_make_namespaces_is_told_so", rights),
    ("nothing_of_a_network_is_left_when_it_is_dropped", nothing_left),
];

/// Any namespace may have it as its default, on every kernel.
fn of(shape: Shape) -> Setup {
    let mut setup = direct(shape);
    setup.tcp.congestion_control = "reno".to_owned();
    setup
}

fn delayed() -> Setup {
    of(Shape { delay: Span::from_ms(5), ..PLAIN })
}

fn named() -> Result<()> {
    let mut setup = delayed();
    setup.tcp.congestion_control = "no-such".to_owned();
    let lacking = lacking(&setup)?;
    let control = "the congestion control \"no-such\" (tcp asks for it)";
    ensure!(lacking.iter().any(|what| what == control), "{lacking:?}");
    // The kernel's own word for it, in a namespace of its own.
    let tc = "ip link add a type veth peer name b && tc qdisc add dev a root netem delay 1ms";
    let has_netem = std::process::Command::new("unshare")
        .args(["-n", "sh", "-c", tc])
        .output()?
        .status
        .success();
    let netem = "sch_netem (links.far asks for a delay)";
    ensure!(lacking.iter().any(|what| what == netem) != has_netem, "{lacking:?}");
    Ok(())
}

fn exactly() -> Result<()> {
    for setup in [of(PLAIN), delayed(), of(shape(5))] {
        let lacking = lacking(&setup)?;
        let built = Network::build(&setup, Seed::new(1));
        ensure!(built.is_ok() == lacking.is_empty(), "{lacking:?}, {:?}", built.err());
    }
    ensure!(lacking(&of(PLAIN))?.is_empty(), "{:?}", lacking(&of(PLAIN))?);
    Ok(())
}

fn rights() -> Result<()> {
    let nobody: nix::libc::uid_t = 65_534;
    let thread = std::thread::spawn(move || {
        // SAFETY: the bare system call takes three numbers, and changes this thread alone.
        let done = unsafe { nix::libc::syscall(nix::libc::SYS_setresuid, nobody, nobody, nobody) };
        ensure!(done == 0, "become nobody: {}", std::io::Error::last_os_error());
        lacking(&of(PLAIN))
    });
    let lacking = thread.join().map_err(|_| anyhow::anyhow!("it panicked"))??;
    ensure!(lacking == ["CAP_SYS_ADMIN (networks are made of namespaces)"], "{lacking:?}");
    Ok(())
}

/// The word on the command line that makes this program [`look`] whether anything is left.
pub const LOOK: &str = "look";

/// In a process of its own, because tests run side by side.
fn nothing_left() -> Result<()> {
    let looked = std::process::Command::new(std::env::current_exe()?).arg(LOOK).output()?;
    ensure!(looked.status.success(), "{}", String::from_utf8_lossy(&looked.stderr));
    Ok(())
}

/// No thread, no descriptor: then the kernel frees the rest.
pub fn look() -> Result<()> {
    let count = |what: &str| -> Result<usize> {
        Ok(std::fs::read_dir(format!("/proc/self/{what}"))?.count())
    };
    let before = (count("task")?, count("fd")?);
    let network = Network::build(&of(PLAIN), Seed::new(1))?;
    network.link_counters()?;
    ensure!(count("fd")? > before.1, "a network is held by descriptors");
    drop(network);
    let after = (count("task")?, count("fd")?);
    ensure!(before == after, "{before:?} threads and descriptors, then {after:?}");
    Ok(())
}

//! How a fault proxy is told what to do: a JSON list of rules over a Unix socket, and an answer
//! when they are in force.

use super::proxy::FaultProxy;
use super::verdict::FaultRule;
use anyhow::{Context, Result, bail, ensure};
use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::fd::AsRawFd;
use std::os::unix::fs::FileTypeExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixListener;

/// The longest list of rules, in bytes.
const MAX_RULES: u64 = 64 << 10;
/// How long either side waits for the other.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long to wait where the kernel has no descriptor left.
const PAUSE: Duration = Duration::from_millis(20);
const DONE: &str = "in force";

/// Replaces what is in force at the proxy whose [`super::FaultProxyJob::control`] this is; with no
/// rules all is well again. Returns when it is in force: requests that come later are answered by
/// it. Requests in progress finish as they began.
///
/// # Errors
/// If the proxy does not take it within five seconds.
pub fn set_rules(control: &Path, rules: &[FaultRule]) -> Result<()> {
    let attempt = || format!("tell the gate at {}", control.display());
    let text = serde_json::to_vec(rules).with_context(attempt)?;
    ensure!(text.len() as u64 <= MAX_RULES, "{}: {} orders are too many", attempt(), rules.len());
    let (_folder, path) = within_reach(control).with_context(attempt)?;
    let mut stream = UnixStream::connect(path).with_context(attempt)?;
    stream.set_read_timeout(Some(PATIENCE)).with_context(attempt)?;
    stream.set_write_timeout(Some(PATIENCE)).with_context(attempt)?;
    stream.write_all(&text).with_context(attempt)?;
    stream.shutdown(Shutdown::Write).with_context(attempt)?;
    let mut answer = String::new();
    stream.take(MAX_RULES).read_to_string(&mut answer).with_context(attempt)?;
    if answer != DONE {
        bail!("{}: it says \"{answer}\" (expected \"{DONE}\")", attempt());
    }
    Ok(())
}

/// Begins to listen.
///
/// # Errors
/// If something else is there already, and if the kernel refuses.
pub(super) fn listen(control: &Path) -> Result<UnixListener> {
    let attempt = || format!("listen at {}", control.display());
    if let Ok(there) = fs::symlink_metadata(control) {
        ensure!(there.file_type().is_socket(), "{}: this is no socket", attempt());
        fs::remove_file(control).with_context(attempt)?;
    }
    let (_folder, path) = within_reach(control).with_context(attempt)?;
    UnixListener::bind(path).with_context(attempt)
}

/// Takes rules, one list after the other, for ever.
pub(super) async fn take(control: UnixListener, proxy: Arc<FaultProxy>) {
    loop {
        match control.accept().await {
            // Whoever does not say it in time has said nothing.
            Ok((stream, _)) => drop(tokio::time::timeout(PATIENCE, hear(stream, &proxy)).await),
            Err(_) => tokio::time::sleep(PAUSE).await,
        }
    }
}

async fn hear(mut stream: tokio::net::UnixStream, proxy: &FaultProxy) -> std::io::Result<()> {
    let mut text = Vec::new();
    (&mut stream).take(MAX_RULES).read_to_end(&mut text).await?;
    let answer = match serde_json::from_slice(&text) {
        Ok(rules) => {
            proxy.set_rules(rules);
            DONE.to_owned()
        }
        Err(error) => error.to_string(),
    };
    stream.write_all(answer.as_bytes()).await
}

/// A name of a socket that is short enough for the kernel, which takes 107 bytes, whatever folder
/// it is in; for as long as the folder is held.
fn within_reach(path: &Path) -> Result<(File, PathBuf)> {
    let name = path.file_name().context("it has no name")?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = File::open(folder.unwrap_or(Path::new("."))).context("open its folder")?;
    let path = PathBuf::from(format!("/proc/self/fd/{}", folder.as_raw_fd())).join(name);
    Ok((folder, path))
}

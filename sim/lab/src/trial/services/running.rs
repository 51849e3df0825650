//! A service that runs: started, stopped, broken, and started again.

use super::ServiceContext;
use super::template::TemplateVariables;
use anyhow::{Context, Result, bail};
use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use weir_net::{Command, Process};
use weir_plan::{Ready, Service};
use weir_units::{Span, Time};

/// Between two looks at whether a file is there.
const LOOK_EVERY: Span = Span::from_ms(20);

/// The number of the process, for whoever wants to know whether it runs.
pub const PID: &str = "pid";

/// The end of a service.
pub struct Ended {
    /// How it ended.
    pub how: String,
    /// The same with its name, and the end of its log.
    pub whole: String,
}

/// A service of a trial.
pub struct Running<'a> {
    /// What it is.
    pub service: &'a Service,
    place: ServiceContext<'a>,
    /// `None` while it does not run.
    process: Option<Process>,
    /// When it is to be started again, if it ended by itself.
    pub again: Option<Time>,
    /// How often it ended by itself.
    pub ends: u32,
}

impl<'a> Running<'a> {
    /// Starts a service and waits until it is ready. The calling thread must outlive it.
    ///
    /// # Errors
    /// If it ends early or is not ready in time; both quote the end of its log.
    pub fn start(service: &'a Service, place: ServiceContext<'a>) -> Result<Self> {
        let mut running = Self { service, place, process: None, again: None, ends: 0 };
        running.launch()?;
        running.wait_until_ready()?;
        Ok(running)
    }

    /// Starts it once more, without waiting for it.
    ///
    /// # Errors
    /// If it cannot be started.
    pub fn launch(&mut self) -> Result<()> {
        let (service, place) = (self.service, &self.place);
        let kind = place.kind(service)?;
        let words = TemplateVariables::of(service, place)?;
        let run = place.run(service);
        fs::create_dir_all(&run).with_context(|| format!("make {}", run.display()))?;
        for (file, text) in &kind.files {
            let path = run.join(file);
            fs::write(&path, words.fill(text))
                .with_context(|| format!("write {}", path.display()))?;
        }
        let node = place.network.node(&service.node)?;
        let command = Command {
            name: format!("{} on {}", service.name, service.node),
            argv: kind.command.iter().map(|word| words.fill(word)).collect(),
            log: place.log(service),
            // All are known by name: the plan was checked.
            keeps: kind.capabilities.iter().filter_map(|name| name.parse().ok()).collect(),
        };
        let process = Process::spawn(node.namespace(), &command)?;
        let path = run.join(PID);
        fs::write(&path, process.pid().to_string())
            .with_context(|| format!("write {}", path.display()))?;
        (self.process, self.again) = (Some(process), None);
        Ok(())
    }

    fn wait_until_ready(&mut self) -> Result<()> {
        let (service, place) = (self.service, &self.place);
        let kind = place.kind(service)?;
        let Some(process) = &mut self.process else { bail!("{} does not run", service.name) };
        match &kind.ready {
            Ready::Accepts => {
                let address = (place.address(service)?, place.own_port(service)?);
                let namespace = place.network.node(&service.node)?.namespace();
                let address = SocketAddr::from(address);
                process.wait_until_accepting(namespace, address, kind.ready_within)
            }
            Ready::File(file) => {
                let file = TemplateVariables::of(service, place)?.fill(file);
                wait_for(process, Path::new(&file), kind.ready_within)
            }
            Ready::Runs => Ok(()),
        }
    }

    /// Whether it has just ended, and how.
    ///
    /// # Errors
    /// If the kernel does not tell.
    pub fn ended(&mut self) -> Result<Option<Ended>> {
        let Some(process) = &mut self.process else { return Ok(None) };
        let Some(exit) = process.wait(Span::ZERO)? else { return Ok(None) };
        let how = exit.to_string();
        let whole = format!("{} {exit}{}", process.name(), process.last_words());
        self.process = None;
        Ok(Some(Ended { how, whole }))
    }

    /// After which time it is started again if it ends by itself.
    ///
    /// # Errors
    /// If its kind is not known.
    pub fn restart(&self) -> Result<Option<Span>> {
        Ok(self.place.kind(self.service)?.restart)
    }

    /// Kills it and all that it started.
    ///
    /// # Errors
    /// If it cannot be waited for.
    pub fn kill(&mut self) -> Result<()> {
        self.again = None;
        self.process.take().map_or(Ok(()), |mut process| process.kill().map(drop))
    }

    /// Has it, and all that it started, stand still.
    ///
    /// # Errors
    /// If the kernel refuses.
    pub fn freeze(&self) -> Result<()> {
        self.process.as_ref().map_or(Ok(()), Process::freeze)
    }

    /// Has it go on.
    ///
    /// # Errors
    /// If the kernel refuses.
    pub fn thaw(&self) -> Result<()> {
        self.process.as_ref().map_or(Ok(()), Process::thaw)
    }

    /// Ends it.
    ///
    /// # Errors
    /// If it cannot be waited for.
    pub fn stop(&mut self) -> Result<()> {
        let limit = self.place.kind(self.service)?.stop_within;
        self.again = None;
        self.process.take().map_or(Ok(()), |process| process.stop(limit).map(drop))
    }
}

fn wait_for(process: &mut Process, file: &Path, limit: Span) -> Result<()> {
    for _ in 0..limit.ns().div_ceil(LOOK_EVERY.ns()).max(1) {
        if file.exists() {
            return Ok(());
        }
        if let Some(exit) = process.wait(LOOK_EVERY)? {
            bail!("{} {exit} before it was ready{}", process.name(), process.last_words());
        }
    }
    bail!("{} was not ready within {limit}{}", process.name(), process.last_words())
}

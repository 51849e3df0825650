//! What stands beside the services of a live stream: gates that have an origin answer wrongly, and
//! health endpoints.

use crate::trial::programs::{Program, Task, TrialContext};
use crate::trial::services::{PID, ServiceContext};
use anyhow::{Context, Result};
use std::net::SocketAddr;
use std::path::PathBuf;
use weir_plan::Service;
use weir_sidecar::{FaultProxyJob, FaultRule, HealthJob};
use weir_units::{Seed, Span};

/// How long a sidecar may take until it listens.
const READY_WITHIN: Span = Span::from_s(5);
/// A health endpoint complains when the newest segment ended as many durations of one ago, which is
/// when players that start with three of them run dry.
const STALE_SEGMENTS: u64 = 4;

/// A gate in front of a service.
pub struct Gate<'a> {
    /// The service's name.
    pub service: &'a str,
    control: PathBuf,
    _program: Program,
}

impl<'a> Gate<'a> {
    /// Starts one where others look for the service.
    ///
    /// # Errors
    /// If it cannot be started.
    pub fn start(
        ground: &TrialContext<'_>,
        place: &ServiceContext<'_>,
        service: &'a Service,
        seed: Seed,
    ) -> Result<Self> {
        let address = place.address(service)?;
        let listen = SocketAddr::from((address, place.port(service)?));
        let control = place.run(service).join("gate");
        let job = FaultProxyJob {
            listen,
            origin: SocketAddr::from((address, place.own_port(service)?)),
            control: control.clone(),
            seed,
        };
        let name = format!("{}-gate", service.name);
        let task = Task {
            node: &service.node,
            name: &name,
            word: crate::GATE_ARGUMENT,
            job: &job,
            inherit: Vec::new(),
            keeps: Vec::new(),
        };
        let mut program = Program::start(ground, task)?;
        program.wait_until_accepting(ground, &service.node, listen, READY_WITHIN)?;
        Ok(Self { service: &service.name, control, _program: program })
    }

    /// Tells it what is in force from now on.
    ///
    /// # Errors
    /// If it does not answer.
    pub fn order(&self, rules: &[FaultRule]) -> Result<()> {
        weir_sidecar::set_rules(&self.control, rules)
            .with_context(|| format!("tell the gate of {}", self.service))
    }
}

/// A health endpoint beside a service.
pub struct Health {
    _program: Program,
}

impl Health {
    /// Starts one.
    ///
    /// # Errors
    /// If it cannot be started.
    pub fn start(
        ground: &TrialContext<'_>,
        place: &ServiceContext<'_>,
        service: &Service,
    ) -> Result<Self> {
        let kind = place.kind(service)?;
        let address = place.address(service)?;
        let listen =
            SocketAddr::from((address, kind.health.context("no port of a health endpoint")?));
        let encoder = kind.port.is_none().then(|| place.run(service).join(PID));
        let ingest = match (&encoder, service.upstream.first()) {
            (Some(_), Some(name)) => {
                let ingest = place.service(name)?;
                Some(SocketAddr::from((place.address(ingest)?, place.port(ingest)?)))
            }
            _ => None,
        };
        let server = match kind.port {
            Some(_) => Some(SocketAddr::from((address, place.own_port(service)?))),
            None => None,
        };
        let key = place.live.map(|live| live.key.as_str()).unwrap_or_default();
        let threshold = place.segment.checked_mul(STALE_SEGMENTS).unwrap_or(Span::MAX);
        let job = HealthJob {
            listen,
            service: service.name.clone(),
            folder: place.site(service).join(key),
            threshold,
            encoder,
            ingest,
            server,
        };
        let name = format!("{}-health", service.name);
        let task = Task {
            node: &service.node,
            name: &name,
            word: crate::HEALTH_ARGUMENT,
            job: &job,
            inherit: Vec::new(),
            keeps: Vec::new(),
        };
        let mut program = Program::start(ground, task)?;
        program.wait_until_accepting(ground, &service.node, listen, READY_WITHIN)?;
        Ok(Self { _program: program })
    }
}

//! What a plan needs of this machine, and the labs that its cells run in.

use crate::content::contents::Contents;
use crate::exec::programs::{EXPERIMENT, Shown};
use crate::labs::host::HostLab;
use crate::labs::lab::{Lab, MEDIA, SITE};
use crate::labs::model::ModelLab;
use crate::labs::uml::UmlLab;
use crate::refused::Refused;
use crate::store::inputs::Input;
use crate::trial::services::installed::{InstalledService, services};
use anyhow::{Context, Result};
use std::path::Path;
use weir_plan::{LabName, Plan};
use weir_uml::{Kernel, Root};

/// What a plan needs of this machine.
pub(crate) struct Machine {
    /// The services of its origins.
    pub services: Vec<InstalledService>,
    /// For guests.
    kernel: Option<Kernel>,
}

impl Machine {
    /// Looks for it.
    ///
    /// # Errors
    /// If something is missing.
    pub fn find(plan: &Plan, cache: &Path) -> Result<Self> {
        let kernel = match plan.labs().contains(&LabName::Uml) {
            true => Some(Kernel::find(cache).map_err(Refused::because)?),
            false => None,
        };
        Ok(Self { services: services(plan).map_err(Refused::because)?, kernel })
    }

    /// The labs of the plan on it. `shown` is what trials see of the experiment's folder.
    ///
    /// # Errors
    /// If this program cannot be copied, and for files that the lab `model` cannot use.
    pub fn labs(
        &self,
        plan: &Plan,
        shown: Shown,
        jobs: Option<usize>,
        stage: &Path,
    ) -> Result<Labs> {
        // What runs real programs comes first: next to it, the rest takes no time, and what is said
        // of the time left is right from the beginning.
        let mut labs: Vec<(LabName, Box<dyn Lab>)> = Vec::new();
        let needed = plan.labs();
        let real = needed.iter().any(|lab| *lab != LabName::Model);
        // One for all trials: no copy of this program for each.
        if let Some(root) = real.then(|| root(stage)).transpose()? {
            if let Some(kernel) = &self.kernel {
                let lab = UmlLab::new(kernel.clone(), root.clone(), plan, jobs, stage);
                labs.push((LabName::Uml, Box::new(lab)));
            }
            if needed.contains(&LabName::Host) {
                labs.push((LabName::Host, Box::new(HostLab::new(root, plan, jobs, stage))));
            }
        }
        if needed.contains(&LabName::Model) {
            labs.push((LabName::Model, Box::new(ModelLab::new(plan, jobs, stage)?)));
        }
        Ok(Labs { labs, shown })
    }
}

/// The root folder that all trials with real programs have, whatever the kernel.
fn root(stage: &Path) -> Result<Root> {
    Root::make(&stage.join("root"), &[SITE, MEDIA, EXPERIMENT])
}

/// The labs of a plan.
pub(crate) struct Labs {
    /// In the order in which their trials run: in real time, others would disturb.
    labs: Vec<(LabName, Box<dyn Lab>)>,
    /// What programs that decide see.
    shown: Shown,
}

impl Labs {
    /// All of them.
    pub fn all(&self) -> impl Iterator<Item = (LabName, &dyn Lab)> {
        self.labs.iter().map(|(name, lab)| (*name, lab.as_ref()))
    }

    /// The one of this name.
    ///
    /// # Errors
    /// If the plan has no cell in it.
    pub fn get(&self, wanted: LabName) -> Result<&dyn Lab> {
        let found = self.all().find(|(name, _)| *name == wanted);
        found.map(|(_, lab)| lab).context("the plan has no such lab")
    }

    /// What results depend on besides the plan, the services and the content.
    pub fn inputs(&self) -> Vec<Input> {
        let mut inputs: Vec<Input> = Vec::new();
        let own = self.all().flat_map(|(_, lab)| lab.inputs());
        for input in own.chain(self.shown.inputs.iter().cloned()) {
            // Such as the program, which all of them depend on.
            if !inputs.contains(&input) {
                inputs.push(input);
            }
        }
        inputs
    }

    /// The listing of the files that programs see.
    pub fn listing(&self) -> Option<String> {
        self.shown.listing.clone()
    }

    /// Has them look at what only content tells, before the first trial.
    ///
    /// # Errors
    /// If a trial could not run.
    pub fn meet(&self, plan: &Plan, contents: &Contents) -> Result<()> {
        self.all().try_for_each(|(_, lab)| lab.meet(plan, contents))
    }
}

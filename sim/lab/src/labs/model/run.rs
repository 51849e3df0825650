//! What the lab does as one of several.

use crate::content::contents::Contents;
use crate::labs::lab::{Lab, Ran, Task, TrialOutcome};
use crate::labs::model::lab::ModelLab;
use crate::labs::model::trial;
use crate::store::inputs::Input;
use anyhow::Result;
use weir_plan::{LabName, Plan};
use weir_process::Cancel;

impl Lab for ModelLab {
    fn inputs(&self) -> Vec<Input> {
        let mut inputs = vec![Input::new("the program", &self.program_sha256)];
        inputs.extend_from_slice(self.traces.inputs());
        inputs.extend_from_slice(self.recordings.inputs());
        inputs
    }

    fn facts(&self) -> (&'static str, toml::Table) {
        (
            "model",
            toml::Table::from_iter([(
                "program_sha256".to_owned(),
                self.program_sha256.clone().into(),
            )]),
        )
    }

    fn meet(&self, plan: &Plan, contents: &Contents) -> Result<()> {
        for cell in plan.cells().filter(|cell| cell.setup.lab == LabName::Model) {
            let content = contents.of(&cell.setup)?.movie()?.film.content();
            for players in &cell.setup.players {
                let Some(log) = players.viewing.abr.replay() else { continue };
                let first = players.viewing.player().first;
                let recording = self.recordings.get(&cell.setup, log)?;
                let script = recording.script(content.ladder(), content.segments(), first);
                script.map_err(|why| match plan.refuse_log(log, format!("{why:#}")) {
                    Some(refusal) => anyhow::Error::new(refusal),
                    None => why,
                })?;
            }
        }
        Ok(())
    }

    fn slots(&self) -> Result<Vec<usize>> {
        Ok((0..self.jobs).collect())
    }

    fn run(&self, task: &Task<'_>, _: &Cancel) -> Result<Ran> {
        let layout = self.layout(&task.assignment.trial.setup, task.slot)?;
        let findings = trial::run(self, &layout, task.content.movie()?, task.assignment)?;
        Ok(Ran { came: TrialOutcome::Found(findings), memory: None })
    }
}

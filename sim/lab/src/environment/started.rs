//! The programs that a plan's trials start, and which of them do not come with Weir.

use crate::exec::programs as exec;
use crate::trial::services::installed::kinds;
use std::fmt;
use weir_experiment::bundled_kind;
use weir_plan::Plan;

/// A program that trials start; prints as a line about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Started {
    /// A service and its program, or the command of a program that decides.
    pub what: String,
    /// Where it comes from.
    pub from: From,
}

/// Where a program that trials start comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum From {
    /// Weir describes how it is started; what is started is Weir itself, or was installed for it.
    Weir,
    /// Somebody else does, who may have given it the name of one of Weir's.
    Elsewhere {
        /// Whether Weir has one of this name.
        namesake: bool,
    },
    /// It is the experiment's own, and decides.
    Experiment,
}

impl Started {
    /// Whether it is what Weir itself starts.
    pub fn comes_with_weir(&self) -> bool {
        self.from == From::Weir
    }
}

impl fmt::Display for Started {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let from = match self.from {
            From::Weir => "comes with Weir",
            From::Elsewhere { namesake: false } => "NOT from Weir",
            From::Elsewhere { namesake: true } => {
                "NOT from Weir, whose own of this name is another"
            }
            From::Experiment => "the experiment's own, decides",
        };
        // A terminal would obey what else may stand there.
        let what: String =
            self.what.chars().map(|c| if c.is_control() { '?' } else { c }).collect();
        write!(f, "{what}: {from}")
    }
}

/// The programs that the trials of a plan start: services by their names, and then what decides.
pub fn started(plan: &Plan) -> Vec<Started> {
    let service = |name: &str| {
        let kind = plan.services.get(name);
        let bundled = bundled_kind(name);
        let program = kind.map_or("nothing", |kind| match kind.program.as_str() {
            "{weir}" => "weir",
            program => program,
        });
        let from = match kind.is_some() && kind == bundled.as_ref() {
            true => From::Weir,
            false => From::Elsewhere { namesake: bundled.is_some() },
        };
        Started { what: format!("{name} ({program})"), from }
    };
    let services = kinds(plan).into_iter().map(|name| service(&name));
    let decide = exec::chosen(plan).into_iter();
    let decide = decide.map(|program| Started { what: program.command, from: From::Experiment });
    services.chain(decide).collect()
}

/// What is said before such programs are started; `None` if all come with Weir.
pub(crate) fn warning(plan: &Plan) -> Option<String> {
    let others = started(plan).into_iter().filter(|started| !started.comes_with_weir());
    let others: Vec<String> = others.map(|started| started.to_string()).collect();
    let list = others.join("; ");
    (!list.is_empty())
        .then(|| format!("this run starts programs that do not come with Weir: {list}"))
}

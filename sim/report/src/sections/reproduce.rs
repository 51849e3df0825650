//! How to get the same run again.

use crate::section::{Begun, Run, Section, SectionOutput};
use anyhow::Result;
use maud::html;

struct Reproduce<'a>(Run<'a>);

pub(super) fn section(run: Run<'_>) -> Begun<'_> {
    Some(Box::new(Reproduce(run)))
}

impl Section for Reproduce<'_> {
    fn finish(self: Box<Self>) -> Result<SectionOutput> {
        Ok(SectionOutput::default().with(html! {
            h2 { "Reproduce" }
            pre { (self.0.sweep.info.command) }
            p.soft {
                "The same plan, kernel, programs and media give a run of the same name. This page and \
                 its plots are made from the tables alone: " code { "weir report" } " with this folder \
                 makes them again."
            }
        }))
    }
}

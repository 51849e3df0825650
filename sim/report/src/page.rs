//! `report.html`: the run on one self-contained page, without scripts and without anything from
//! elsewhere.

use crate::kit::head::subtitle;
use crate::rates;
use crate::section::{Run, SectionOutput};
use anyhow::{Context, Result};
use maud::{DOCTYPE, PreEscaped, html};

const STYLE: &str = include_str!("page.css");

/// Writes `report.html` into the folder of the run.
pub(crate) fn write(run: Run<'_>, sections: &[SectionOutput]) -> Result<()> {
    let info = &run.sweep.info;
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            meta charset="utf-8";
            meta name="viewport" content="width=device-width";
            title { (info.name) }
            style { (PreEscaped(STYLE)) }
            main {
                h1 { (info.name) }
                p { (subtitle(run.sweep, run.dimensions)) }
                (rates::note(run.sweep)?)
                p.soft { "Run " code { (info.run) } }
                @for section in sections { (section.markup) }
            }
        }
    };
    let path = run.sweep.dir().join("report.html");
    weir_base::replace(&path, page.into_string().as_bytes())
        .with_context(|| format!("write {}", path.display()))
}

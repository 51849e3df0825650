//! The files that say what ran, where the run's folder has them.

use crate::section::{Begun, Run, Section, SectionOutput};
use anyhow::{Context, Result};
use maud::html;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// As many bytes of each are shown.
const LIMIT: u64 = 64 << 10;

const FILES: [&str; 2] = ["plan.toml", "host.toml"];

struct WhatRan<'a>(Run<'a>);

pub(super) fn section(run: Run<'_>) -> Begun<'_> {
    Some(Box::new(WhatRan(run)))
}

impl Section for WhatRan<'_> {
    fn finish(self: Box<Self>) -> Result<SectionOutput> {
        let mut files = Vec::new();
        for name in FILES {
            let path = self.0.sweep.dir().join(name);
            // A link might show on the page what is not of this run.
            if !path.is_symlink() && path.is_file() {
                files.push((name, begin(&path)?));
            }
        }
        Ok(SectionOutput::default().with(html! {
            @if !files.is_empty() { h2 { "What ran" } }
            @for (name, text) in files {
                details {
                    summary { code { (name) } }
                    pre { (text) }
                }
            }
        }))
    }
}

/// The text of a file, or its beginning.
fn begin(path: &Path) -> Result<String> {
    let attempt = || format!("read {}", path.display());
    let mut bytes = Vec::new();
    let file = File::open(path).with_context(attempt)?;
    let whole = file.metadata().with_context(attempt)?.len() <= LIMIT;
    file.take(LIMIT).read_to_end(&mut bytes).with_context(attempt)?;
    let text = String::from_utf8_lossy(&bytes);
    Ok(format!("{text}{}", if whole { "" } else { "\n... the rest is in the file" }))
}

//! Where an index of fairness says nothing.

use maud::{Markup, html};
use weir_tables::RunInfo;

/// What is said of the fairness of a run, if any of its trials ran in the lab `model`: that lab
/// shares a link max-min fairly because it was told so, and what it says of fairness is no finding.
pub(crate) fn assumed(info: &RunInfo) -> Option<&'static str> {
    let mut labs = info.lab.split([',', ' ']).filter(|word| !word.is_empty()).peekable();
    labs.peek()?;
    match (labs.clone().all(is_model), labs.any(is_model)) {
        (true, _) => Some("assumed"),
        (_, true) => Some("assumed in the lab model"),
        _ => None,
    }
}

/// Whether this lab assumes how links are shared.
pub(crate) fn is_model(lab: &str) -> bool {
    lab == "model"
}

/// What a page says of it.
pub(crate) fn note(assumed: Option<&str>) -> Markup {
    html! {
        @if let Some(words) = assumed {
            p.soft {
                "Fairness is " (words) ": the lab " code { "model" } " shares a link max-min fairly \
                 because it was told so. What its viewers make of their shares is found."
            }
        }
    }
}

//! The sections of the report: one file or folder each, and one line each in the list below.

use crate::section::{Run, Section};

/// Declares the file of every section, and begins them all.
macro_rules! sections {
    ($($name:ident)*) => {
        $(pub(crate) mod $name;)*

        /// The sections that the run has anything for, in the order of the page. What is printed of
        /// them has the other order: what comes first is read last, above the prompt.
        pub(crate) fn all(run: Run<'_>) -> Vec<Box<dyn Section + '_>> {
            [$($name::section(run)),*].into_iter().flatten().collect()
        }

        #[cfg(test)]
        const NAMES: &[&str] = &[$(stringify!($name)),*];
    };
}

sections! {
    shootout
    drills
    plots
    between_labs
    timelines
    published
    summary
    between_places
    flows
    left_out
    reproduce
    what_ran
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::path::Path;

    #[test]
    fn every_file_beside_this_one_is_in_the_list() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/sections");
        let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let stems = files.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned());
        let found: BTreeSet<String> = stems.filter(|stem| stem != "mod").collect();
        let listed: BTreeSet<String> = NAMES.iter().map(|name| (*name).to_owned()).collect();
        assert_eq!(found, listed, "a section without a line in the list is silently absent");
    }
}

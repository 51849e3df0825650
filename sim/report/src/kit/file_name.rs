//! Names of files that are made of what stands in tables: they must not lead elsewhere.

use anyhow::{Result, ensure};

/// The name of a trial, if it can be a part of a file's name.
pub(crate) fn plain(trial: &str) -> Result<&str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    ensure!(
        !trial.is_empty() && trial.chars().all(plain),
        "the trial \"{trial}\" cannot be a part of a file's name: a-z, A-Z, 0-9, - and _ are allowed"
    );
    Ok(trial)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_trial_leads_nowhere_else() {
        assert_eq!(plain("c0000-r0").unwrap(), "c0000-r0");
        for name in ["", "../../c0000-r0", "a/b", "a.b"] {
            let error = plain(name).unwrap_err().to_string();
            assert!(error.contains("cannot be a part of a file's name"), "{error}");
        }
    }
}

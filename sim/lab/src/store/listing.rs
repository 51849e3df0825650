//! The listing of the files that programs see, and in what two of them differ.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// In what two listings differ, in words: the first few files.
pub(crate) fn difference(was: &str, is: &str) -> Option<String> {
    const TOLD: usize = 3;
    // By name, all that is said of a file.
    fn by_name(listing: &str) -> BTreeMap<&str, BTreeSet<&str>> {
        let mut files = BTreeMap::<&str, BTreeSet<&str>>::new();
        for line in listing.lines() {
            let Some((said, name)) = line.split_once("  ") else { continue };
            let name =
                if said == "# link" { name.split(" -> ").next().unwrap_or(name) } else { name };
            files.entry(name).or_default().insert(line);
        }
        files
    }
    let (was, is) = (by_name(was), by_name(is));
    let names: BTreeSet<&str> = was.keys().chain(is.keys()).copied().collect();
    let tell = |name: &str| match (was.get(name), is.get(name)) {
        (Some(was), Some(is)) if was == is => None,
        (Some(_), Some(_)) => Some(format!("{name} is another")),
        (None, _) => Some(format!("{name} was not there")),
        (_, None) => Some(format!("{name} is gone")),
    };
    let all: Vec<String> = names.into_iter().filter_map(tell).collect();
    let more = all.len().saturating_sub(TOLD);
    let mut told = all.get(..TOLD).unwrap_or(&all).join(", ");
    if more > 0 {
        let _ = write!(told, " and {more} more");
    }
    (!told.is_empty()).then_some(told)
}

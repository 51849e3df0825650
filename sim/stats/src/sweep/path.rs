//! The path that the media took to a viewer, which the tables do not say.

use std::collections::{BTreeMap, BTreeSet};

/// One direction of a link: its name, the node that sends and the node that receives.
pub type Direction<'a> = (&'a str, &'a str, &'a str);

/// The directions of links on the path to this node, the last one first, given the bytes that each
/// delivered. It is followed backwards, at every node along the link over which the most bytes
/// arrived, until nothing arrives any more or the path would close.
pub fn path<'a>(delivered: &BTreeMap<Direction<'a>, u64>, node: &str) -> Vec<Direction<'a>> {
    let mut path = Vec::new();
    let mut passed = BTreeSet::from([node]);
    let mut here = node;
    loop {
        let arriving = delivered
            .iter()
            .filter(|((_, from, to), _)| *to == here && !passed.contains(from))
            .map(|(direction, bytes)| (*bytes, *direction));
        // The first by name of equals.
        let Some((_, direction)) = arriving.max_by(|a, b| a.0.cmp(&b.0).then(b.1.cmp(&a.1))) else {
            return path;
        };
        path.push(direction);
        here = direction.1;
        passed.insert(here);
    }
}

//! Nodes that differ in their numbers only: they are drawn as one.

use std::collections::BTreeMap;
use weir_plan::{Shape, Topology};

/// A link as one of its ends sees it: its name without a number, what goes out and what comes back,
/// and the other end.
type Seen<'t> = (&'t str, &'t Shape, &'t Shape, usize);

/// The nodes of a topology in groups, by their positions: those of a group have the same name but
/// for a number at its end, the same role, and equal links to the same groups. No link joins two of
/// one group. In the order of the file.
pub(super) fn groups<'t, R: Ord>(
    topology: &'t Topology,
    role: impl Fn(&str) -> R,
) -> Vec<Vec<usize>> {
    let number: BTreeMap<&str, usize> =
        topology.nodes.iter().enumerate().map(|(at, node)| (node.name.as_str(), at)).collect();
    let end = |name: &String| number.get(name.as_str()).copied();
    let mut links: Vec<Vec<Seen<'t>>> = vec![Vec::new(); topology.nodes.len()];
    for link in &topology.links {
        let Some((a, b)) = end(&link.between.0).zip(end(&link.between.1)) else { continue };
        let stem = stem(&link.name).0;
        links[a].push((stem, &link.forward, &link.backward, b));
        links[b].push((stem, &link.backward, &link.forward, a));
    }
    let mut alone = vec![false; topology.nodes.len()];
    loop {
        let start = topology.nodes.iter().enumerate().map(|(at, node)| {
            let name = if alone[at] { node.name.as_str() } else { stem(&node.name).0 };
            (name, alone[at], role(&node.name))
        });
        let mut kinds = numbered(start.collect());
        // Whoever has neighbours of other kinds is of another kind itself: at most as many rounds
        // as there are nodes, for each makes more kinds or is the last.
        loop {
            let with = |(at, links): (usize, &Vec<Seen<'t>>)| {
                let mut seen: Vec<_> = links
                    .iter()
                    .map(|(name, out, back, to)| (*name, *out, *back, kinds[*to]))
                    .collect();
                seen.sort();
                (kinds[at], seen)
            };
            let finer = numbered(links.iter().enumerate().map(with).collect());
            if finer == kinds {
                break;
            }
            kinds = finer;
        }
        let mut joined = false;
        for (at, links) in links.iter().enumerate() {
            if !alone[at] && links.iter().any(|(.., to)| kinds[*to] == kinds[at]) {
                (alone[at], joined) = (true, true);
            }
        }
        if !joined {
            let mut groups: Vec<Vec<usize>> = Vec::new();
            for (at, kind) in kinds.into_iter().enumerate() {
                if kind == groups.len() {
                    groups.push(Vec::new());
                }
                groups[kind].push(at);
            }
            return groups;
        }
    }
}

/// Equal things get equal numbers, in the order in which they come first.
fn numbered<T: Ord>(things: Vec<T>) -> Vec<usize> {
    let mut known = BTreeMap::new();
    let number = |thing| {
        let next = known.len();
        *known.entry(thing).or_insert(next)
    };
    things.into_iter().map(number).collect()
}

/// A name without the number at its end, and that number.
pub(super) fn stem(name: &str) -> (&str, Option<u64>) {
    let split = name.rsplit_once('-');
    match split.and_then(|(stem, number)| Some((stem, number.parse().ok()?))) {
        Some((stem, number)) => (stem, Some(number)),
        None => (name, None),
    }
}

/// The names of a group as one: `viewer-1` to `viewer-16` are `viewer-1\u{2013}16`.
pub(super) fn joined(names: &[&str]) -> String {
    let mut numbers: Vec<u64> = names.iter().filter_map(|name| stem(name).1).collect();
    let [first, _, ..] = names else { return names.concat() };
    numbers.sort_unstable();
    let mut text = stem(first).0.to_owned();
    let mut rest = numbers.as_slice();
    let mut separator = '-';
    while let Some(start) = rest.first() {
        let run = rest.iter().zip(*start..).take_while(|(number, next)| *number == next).count();
        let (run, after) = rest.split_at(run);
        text += &match run {
            [start, _, .., end] => format!("{separator}{start}\u{2013}{end}"),
            _ => {
                run.iter().zip([separator, ',']).map(|(n, before)| format!("{before}{n}")).collect()
            }
        };
        (rest, separator) = (after, ',');
    }
    text
}

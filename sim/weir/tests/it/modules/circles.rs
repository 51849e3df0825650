//! Circles among the files of a crate, and among the files and folders beside each other.

use super::names::module_of;
use super::uses::{Uses, Where};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::{Path, PathBuf};

/// Which of the files or folders use each other; and where, in which file.
type Graph = BTreeMap<String, BTreeMap<String, (PathBuf, Where)>>;

/// The circles of a crate, as they are shown: those of files, and those of folders that no
/// circle of files shows already.
pub fn circles(uses: &Uses) -> Vec<String> {
    let mut files = Graph::new();
    let mut levels = BTreeMap::<Vec<String>, Graph>::new();
    let folders = folders(uses);
    for ((from, to), place) in uses {
        add(&mut files, shown(from), shown(to), from, place);
        let (level, a, b) = beside(&folders, from, to);
        add(levels.entry(level).or_default(), a, b, from, place);
    }
    let is_folder = |found: &&Found| found.circle.iter().any(|node| node.ends_with('/'));
    let mut all: Vec<_> = shortest(&files).iter().map(|found| written(found, &files)).collect();
    for graph in levels.values() {
        let found = shortest(graph);
        all.extend(found.iter().filter(is_folder).map(|found| written(found, graph)));
    }
    all
}

fn shown(file: &Path) -> String {
    file.display().to_string()
}

fn add(graph: &mut Graph, from: String, to: String, file: &Path, place: &Where) {
    let there = (file.to_owned(), place.clone());
    graph.entry(from).or_default().entry(to).or_insert(there);
}

/// The modules with files below them.
fn folders(uses: &Uses) -> BTreeSet<Vec<String>> {
    let files = uses.keys().flat_map(|(from, to)| [from, to]);
    let above = |file: &PathBuf| {
        let module = module_of(file);
        (0..module.len()).map(|length| module[..length].to_vec()).collect::<Vec<_>>()
    };
    files.flat_map(above).collect()
}

/// Where one file uses another, seen from the lowest folder that holds both: that folder, and what
/// in it holds each. The file of the folder itself, such as its `mod.rs`, stands beside the others.
fn beside(
    folders: &BTreeSet<Vec<String>>,
    from: &Path,
    to: &Path,
) -> (Vec<String>, String, String) {
    let (a, b) = (module_of(from), module_of(to));
    let common = a.iter().zip(&b).take_while(|(a, b)| a == b).count();
    let node = |module: &[String], file: &Path| {
        let holds = &module[..module.len().min(common + 1)];
        match holds.len() > common && folders.contains(holds) {
            true => format!("{}/", holds.join("/")),
            false => shown(file),
        }
    };
    (a[..common].to_vec(), node(&a, from), node(&b, to))
}

/// A circle: what is in it, the first again at the end; and how much is in circles with it.
struct Found {
    circle: Vec<String>,
    knot: usize,
}

/// The shortest circle of each knot.
fn shortest(graph: &Graph) -> Vec<Found> {
    let circles = graph.keys().filter_map(|node| circle_of(graph, node));
    let mut sorted: Vec<_> = circles.collect();
    sorted.sort_by_key(Vec::len);
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for circle in sorted {
        if seen.contains(&circle[0]) {
            continue;
        }
        let knot = |node: &String| reached(graph, node).contains(&circle[0]);
        let knot: Vec<_> = reached(graph, &circle[0]).into_iter().filter(knot).collect();
        found.push(Found { circle, knot: knot.len() });
        seen.extend(knot);
    }
    found
}

fn reached(graph: &Graph, from: &str) -> BTreeSet<String> {
    let mut reached = BTreeSet::new();
    let mut next = vec![from];
    while let Some(node) = next.pop() {
        for to in graph.get(node).into_iter().flat_map(BTreeMap::keys) {
            if reached.insert(to.clone()) {
                next.push(to);
            }
        }
    }
    reached
}

/// The shortest way from a node back to it: the nodes, the first of them again at the end.
fn circle_of(graph: &Graph, start: &String) -> Option<Vec<String>> {
    let mut before = BTreeMap::<&String, &String>::new();
    let mut next = VecDeque::from([start]);
    while let Some(node) = next.pop_front() {
        for to in graph.get(node).into_iter().flat_map(BTreeMap::keys) {
            if to == start {
                let mut way = vec![start.clone(), node.clone()];
                let mut at = node;
                while at != start {
                    at = before[at];
                    way.push(at.clone());
                }
                way.reverse();
                return Some(way);
            }
            if !before.contains_key(to) {
                before.insert(to, node);
                next.push_back(to);
            }
        }
    }
    None
}

fn written(found: &Found, graph: &Graph) -> String {
    let Found { circle, knot } = found;
    let mut text = circle.join(" -> ");
    if *knot >= circle.len() {
        text += &format!(" (one of a knot of {knot})");
    }
    for pair in circle.windows(2) {
        let (file, place) = &graph[&pair[0]][&pair[1]];
        text += &format!("\n    {}:{} uses {}", file.display(), place.line, place.path);
    }
    text
}

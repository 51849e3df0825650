//! Ways through random networks.

use proptest::prelude::*;
use weir_plan::Direction::{Backward, Forward};
use weir_plan::{Direction, Host, Link, Topology};
use weir_units::Span;

/// A network of up to 12 nodes: few enough links to fall apart, and enough for circles, several
/// links between two nodes, and many ways that are equally good.
pub fn networks() -> impl Strategy<Value = Topology> {
    let link = (0..12usize, 0..12usize, 0..4u64, 0..4u64);
    (1..12usize, proptest::collection::vec(link, 0..30)).prop_map(|(nodes, links)| {
        let shape =
            crate::small("").unwrap().cell(0).unwrap().setup.topology.links[0].forward.clone();
        let name = |number: usize| format!("n{}", number % nodes);
        let links = links.into_iter().filter(|(a, b, ..)| a % nodes != b % nodes).enumerate();
        let link = |(at, (a, b, there, back))| Link {
            name: format!("l{at}"),
            between: (name(a), name(b)),
            forward: weir_plan::Shape { delay: Span::from_ms(there), ..shape.clone() },
            backward: weir_plan::Shape { delay: Span::from_ms(back), ..shape.clone() },
        };
        let links = links.map(link).collect();
        let nodes = (0..nodes).map(|number| Host { name: name(number) }).collect();
        Topology { name: "random".to_owned(), nodes, links }
    })
}

/// The nodes that a hop leads from and to.
fn ends(topology: &Topology, (link, direction): (usize, Direction)) -> (&str, &str) {
    let (a, b) = (&*topology.links[link].between.0, &*topology.links[link].between.1);
    if direction == Forward { (a, b) } else { (b, a) }
}

/// The least number of links from each node to each, and the least delay of as many: by relaxing
/// every link until nothing gets better, which shares no idea with the code under test.
fn distances(topology: &Topology) -> Vec<Vec<Option<(usize, u64)>>> {
    let number = |name: &str| topology.nodes.iter().position(|node| node.name == name).unwrap();
    let nodes = topology.nodes.len();
    let mut least = vec![vec![None; nodes]; nodes];
    for (at, row) in least.iter_mut().enumerate() {
        row[at] = Some((0, 0));
    }
    for _ in 0..nodes {
        for (at, link) in topology.links.iter().enumerate() {
            for direction in [Forward, Backward] {
                let (from, to) = ends(topology, (at, direction));
                let (from, to) = (number(from), number(to));
                let delay = link.shape(direction).delay.ms();
                for source in &mut least {
                    let Some((links, time)) = source[from] else { continue };
                    let new = (links + 1, time + delay);
                    if source[to].is_none_or(|old| new < old) {
                        source[to] = Some(new);
                    }
                }
            }
        }
    }
    least
}

/// Every node with every node.
fn pairs(topology: &Topology) -> impl Iterator<Item = (&Host, &Host)> {
    topology.nodes.iter().flat_map(|from| topology.nodes.iter().map(move |to| (from, to)))
}

proptest! {
    #[test]
    fn a_way_has_the_fewest_links_and_of_those_the_least_delay(topology in networks()) {
        let routes = topology.routes();
        let least = distances(&topology);
        for (from, row) in topology.nodes.iter().zip(&least) {
            for (to, least) in topology.nodes.iter().zip(row) {
                let path = routes.path(&from.name, &to.name);
                let delay = |(link, direction): &(usize, Direction)| {
                    topology.links[*link].shape(*direction).delay.ms()
                };
                let found = path.map(|p| (p.len(), p.iter().map(delay).sum::<u64>()));
                prop_assert_eq!(found, *least, "{} to {}", from.name, to.name);
            }
        }
    }

    #[test]
    fn the_rest_of_a_way_is_what_each_node_on_it_would_choose(topology in networks()) {
        let routes = topology.routes();
        for (from, to) in pairs(&topology) {
            let Some(path) = routes.path(&from.name, &to.name) else {
                prop_assert_eq!(routes.next(&from.name, &to.name), None);
                continue;
            };
            let mut here = from.name.as_str();
            for (at, hop) in path.iter().enumerate() {
                let (start, end) = ends(&topology, *hop);
                prop_assert_eq!(start, here);
                prop_assert_eq!(routes.next(here, &to.name), Some(*hop));
                prop_assert_eq!(routes.path(here, &to.name), Some(path[at..].to_vec()));
                here = end;
            }
            prop_assert_eq!(here, to.name.as_str());
            prop_assert_eq!(routes.next(here, &to.name), None);
        }
    }

    #[test]
    fn of_equally_good_links_the_first_of_the_file_is_taken(topology in networks()) {
        let (routes, least) = (topology.routes(), distances(&topology));
        let number = |name: &str| topology.nodes.iter().position(|n| n.name == name).unwrap();
        for (from, to) in pairs(&topology) {
            let goal = least[number(&from.name)][number(&to.name)];
            let good = |hop: &(usize, Direction)| {
                let (start, end) = ends(&topology, *hop);
                let delay = topology.links[hop.0].shape(hop.1).delay.ms();
                let rest = least[number(end)][number(&to.name)];
                let whole = rest.map(|(links, time)| (links + 1, time + delay));
                start == from.name && whole.is_some() && whole == goal
            };
            let hops = (0..topology.links.len()).flat_map(|at| [(at, Forward), (at, Backward)]);
            let first = hops.filter(good).min().filter(|_| from != to);
            prop_assert_eq!(routes.next(&from.name, &to.name), first);
        }
    }
}

#[test]
fn a_way_around_is_taken_only_where_it_has_as_few_links() {
    let text = "name = \"x\"\n[[players]]\nabr = \"bola\"\n\
         [topology]\nnodes = { origin = {}, a = {}, b = {}, viewer = {} }\n\
         [topology.links]\n\
         one.between = [\"origin\", \"a\"]\n\
         two.between = [\"a\", \"viewer\"]\ntwo.delay = \"9 ms\"\n\
         three.between = [\"origin\", \"b\"]\n\
         four.between = [\"b\", \"viewer\"]\nfour.delay = \"8 ms\"\n\
         five.between = [\"b\", \"a\"]\n";
    let topology = crate::resolve(text).unwrap().cell(0).unwrap().setup.topology.clone();
    let routes = topology.routes();
    assert_eq!(routes.path("origin", "viewer"), Some(vec![(2, Forward), (3, Forward)]));
    assert_eq!(routes.path("viewer", "origin"), Some(vec![(3, Backward), (2, Backward)]));
    // Over b it would take a millisecond less, and a link more.
    assert_eq!(routes.path("a", "viewer"), Some(vec![(1, Forward)]));
    assert_eq!(routes.path("router", "viewer"), None);
}

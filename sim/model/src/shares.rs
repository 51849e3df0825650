//! Max-min fair shares of classes of flows, by progressive filling.

use std::collections::BTreeSet;

/// What of a group of links and classes shares are settled by. Links and classes are numbered from
/// zero.
///
/// A link that only one class crosses is no different from a bound on the share of its flows. With
/// an access link for each viewer, almost all links are of this kind: so bounds are kept in order
/// from one event to the next, and the few links that classes share are filled anew each time.
#[derive(Debug, Clone)]
pub(crate) struct Shares {
    /// The links of each class that no other class crosses.
    own: Vec<Vec<usize>>,
    /// The links that several classes cross, by their number in the group.
    shared: Vec<usize>,
    /// The shared links of each class, by their place in `shared`.
    paths: Vec<Vec<usize>>,
    /// The classes of each shared link.
    crossing: Vec<Vec<usize>>,
    /// The bound of each class with flows that has one.
    bounds: Vec<Option<u64>>,
    order: BTreeSet<(u64, usize)>,
    /// What is left of each shared link, and how many flows are not settled on it.
    left: Vec<u64>,
    open: Vec<u64>,
    settled: Vec<bool>,
}

impl Shares {
    /// Classes over links: `paths` names the links of each class.
    pub fn new(links: usize, paths: &[Vec<usize>]) -> Self {
        let mut users = vec![0usize; links];
        for &link in paths.iter().flatten() {
            users[link] += 1;
        }
        let shared: Vec<usize> = (0..links).filter(|link| users[*link] > 1).collect();
        let part = |path: &Vec<usize>, alone: bool| {
            path.iter().copied().filter(|link| (users[*link] == 1) == alone).collect::<Vec<_>>()
        };
        let own = paths.iter().map(|path| part(path, true)).collect();
        // Only shared links are left, and the search finds each.
        let place = |link: usize| shared.binary_search(&link).unwrap_or_default();
        let places = |path| part(path, false).into_iter().map(place).collect();
        let paths: Vec<Vec<usize>> = paths.iter().map(places).collect();
        let mut crossing = vec![Vec::new(); shared.len()];
        for (class, path) in paths.iter().enumerate() {
            for &link in path {
                crossing[link].push(class);
            }
        }
        let (classes, count) = (paths.len(), shared.len());
        Self {
            own,
            shared,
            paths,
            crossing,
            bounds: vec![None; classes],
            order: BTreeSet::new(),
            left: vec![0; count],
            open: vec![0; count],
            settled: vec![false; classes],
        }
    }

    /// The links that only this class crosses.
    pub fn own(&self, class: usize) -> &[usize] {
        &self.own[class]
    }

    /// The links that several classes cross.
    pub fn shared(&self) -> &[usize] {
        &self.shared
    }

    /// Takes note that a class has another number of flows, or one of its own links another rate.
    pub fn bound(&mut self, class: usize, flows: u64, rate: impl Fn(usize) -> u64) {
        if let Some(old) = self.bounds[class].take() {
            self.order.remove(&(old, class));
        }
        let least = self.own[class].iter().map(|&link| rate(link)).min();
        self.bounds[class] = least.and_then(|rate| rate.checked_div(flows));
        self.order.extend(self.bounds[class].map(|bound| (bound, class)));
    }

    /// Settles the share of each flow of each class, in the unit of the rates and rounded down, and
    /// hands it out; classes without flows get none.
    ///
    /// The smallest of all bounds and of the even shares of links comes first: it settles the class
    /// with that bound, or all classes that are open on that link. What they get is taken off the
    /// links that they cross; and so on. Shares only rise as that goes on, so that every flow ends
    /// at a link that is full and on which nobody has more.
    pub fn settle(
        &mut self,
        flows: impl Fn(usize) -> u64,
        rate: impl Fn(usize) -> u64,
        mut hand_out: impl FnMut(usize, u64),
    ) {
        self.settled.fill(false);
        // Even shares as they were: they only rise, so that looking again is put off until one of
        // them would be the smallest.
        let mut full = BTreeSet::new();
        for place in 0..self.shared.len() {
            self.left[place] = rate(self.shared[place]);
            self.open[place] = self.crossing[place].iter().map(|&class| flows(class)).sum();
            full.extend(self.even(place));
        }
        let bounds = std::mem::take(&mut self.order);
        let mut next_bound = bounds.iter().copied().peekable();
        loop {
            while next_bound.next_if(|(_, class)| self.settled[*class]).is_some() {}
            let bound = next_bound.peek().copied();
            let link = full.first().copied();
            match (bound, link) {
                (Some((share, class)), link) if link.is_none_or(|(even, _)| share <= even) => {
                    self.take(class, flows(class), share);
                    hand_out(class, share);
                }
                (_, Some((before, place))) => {
                    full.pop_first();
                    let Some(even) = self.even(place) else { continue };
                    if even.0 > before {
                        full.insert(even);
                        continue;
                    }
                    for index in 0..self.crossing[place].len() {
                        let class = self.crossing[place][index];
                        let count = flows(class);
                        if count > 0 && !self.settled[class] {
                            self.take(class, count, even.0);
                            hand_out(class, even.0);
                        }
                    }
                }
                (_, None) => break,
            }
        }
        self.order = bounds;
    }

    /// Takes the share of each of a class's flows off its shared links.
    fn take(&mut self, class: usize, flows: u64, share: u64) {
        self.settled[class] = true;
        for &place in &self.paths[class] {
            // No share exceeds the even share of any link that its flows cross.
            self.left[place] -= share * flows;
            self.open[place] -= flows;
        }
    }

    /// The even share on a link, with the link; none if nobody is open on it.
    fn even(&self, place: usize) -> Option<(u64, usize)> {
        self.left[place].checked_div(self.open[place]).map(|share| (share, place))
    }
}

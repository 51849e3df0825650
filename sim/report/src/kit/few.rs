//! A few of many: nobody would look at all of them.

/// At most so many of these, from the first to the last.
pub(crate) fn spread_evenly<T: Copy>(all: &[T], most: usize) -> impl Iterator<Item = T> {
    let count = all.len().min(most);
    let at = move |i: usize| if count > 1 { i * (all.len() - 1) / (count - 1) } else { 0 };
    (0..count).map(move |i| all[at(i)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_reach_from_the_first_to_the_last() {
        let few = |all: &[u32], most| spread_evenly(all, most).collect::<Vec<_>>();
        assert_eq!(few(&[1, 2, 3, 4, 5], 3), [1, 3, 5]);
        assert_eq!(few(&[1, 2], 3), [1, 2]);
        assert_eq!(few(&[1, 2], 1), [1]);
        assert_eq!(few(&[], 3), [0; 0]);
    }
}

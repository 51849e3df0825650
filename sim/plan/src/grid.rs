//! The cells that axes span: which values each has, by its number.

use crate::plan::Axis;

/// The cells of a sweep, first axis slowest; the parts of a zipped axis go together.
pub(crate) struct Grid<'a> {
    axes: &'a [Axis],
    /// How many axes vary together, and over how many values.
    dimensions: Vec<(usize, u64)>,
}

impl<'a> Grid<'a> {
    pub fn new(axes: &'a [Axis]) -> Self {
        let mut dimensions: Vec<(usize, u64)> = Vec::new();
        for (at, axis) in axes.iter().enumerate() {
            let before = at.checked_sub(1).and_then(|before| axes.get(before));
            let zipped = axis.zip.is_some() && before.is_some_and(|before| before.zip == axis.zip);
            match dimensions.last_mut() {
                Some((together, _)) if zipped => *together += 1,
                _ => dimensions.push((1, axis.values.len() as u64)),
            }
        }
        Self { axes, dimensions }
    }

    /// The number of cells; `None` past 64 bits.
    pub fn len(&self) -> Option<u64> {
        self.dimensions.iter().try_fold(1u64, |cells, (_, values)| cells.checked_mul(*values))
    }

    /// The values of a cell, one for each axis; `None` for a number that no cell has, and where the
    /// parts of a zipped axis differ in their number of values.
    pub fn values(&self, mut cell: u64) -> Option<Vec<&'a str>> {
        let mut values = Vec::with_capacity(self.axes.len());
        let mut axes = self.axes.iter().rev();
        for (together, count) in self.dimensions.iter().rev() {
            let at = usize::try_from(cell.checked_rem(*count)?).ok()?;
            cell /= count;
            for axis in axes.by_ref().take(*together) {
                values.push(axis.values.get(at)?.as_str());
            }
        }
        values.reverse();
        (cell == 0).then_some(values)
    }
}

//! What varies beside the cell that is being read.

use weir_plan::Axis;

/// What things are in other cells of the sweep. Where that varies, a key may stand in all cells of
/// which only some have a use for it.
pub(crate) struct Variants<'a>(pub &'a [Axis]);

impl Variants<'_> {
    /// The values of the axes of which `is_asked` wants the path.
    pub fn of_axes(&self, is_asked: impl Fn(&str) -> bool) -> impl Iterator<Item = &str> {
        let asked = self.0.iter().filter(move |axis| is_asked(&axis.path));
        asked.flat_map(|axis| &axis.values).map(String::as_str)
    }
}

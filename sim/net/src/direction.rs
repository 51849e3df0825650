//! What a link has once for each of its directions.

use anyhow::Result;
use std::ops::Index;
use weir_plan::Direction;

/// Both directions, in the order in which they are named.
pub(crate) const DIRECTIONS: [Direction; 2] = [Direction::Forward, Direction::Backward];

/// The other direction.
pub(crate) fn opposite(direction: Direction) -> Direction {
    match direction {
        Direction::Forward => Direction::Backward,
        Direction::Backward => Direction::Forward,
    }
}

/// Something for each direction. What belongs to an end of the link belongs to the direction in
/// which this end sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PerDirection<T> {
    pub forward: T,
    pub backward: T,
}

impl<T> PerDirection<T> {
    /// What `each` makes for a direction, for both.
    pub fn of(mut each: impl FnMut(Direction) -> T) -> Self {
        let forward = each(Direction::Forward);
        Self { forward, backward: each(Direction::Backward) }
    }

    /// The same, if it can be made.
    pub fn try_of(mut each: impl FnMut(Direction) -> Result<T>) -> Result<Self> {
        let forward = each(Direction::Forward)?;
        Ok(Self { forward, backward: each(Direction::Backward)? })
    }

    /// Both, forward first.
    pub fn each(&self) -> [&T; 2] {
        [&self.forward, &self.backward]
    }
}

impl<T> Index<Direction> for PerDirection<T> {
    type Output = T;

    fn index(&self, direction: Direction) -> &T {
        match direction {
            Direction::Forward => &self.forward,
            Direction::Backward => &self.backward,
        }
    }
}

//! Where things are drawn: in layers from left to right, in an order with few crossings, and
//! without overlaps.

/// What takes room. Its anchor is the middle of its width, and the height at which lines meet it.
#[derive(Clone, Copy)]
pub(super) struct Item {
    pub width: f64,
    pub above: f64,
    pub below: f64,
}

/// The anchors of all items, and the size of the whole.
pub(super) struct Layout {
    pub at: Vec<(f64, f64)>,
    /// Where the layer of each begins and ends: in between, nothing else is at its height.
    pub layer: Vec<(f64, f64)>,
    pub width: f64,
    pub height: f64,
}

/// Between layers, for lines to bend in.
const GAP: f64 = 36.0;
/// Between items of a layer.
const SPACE: f64 = 14.0;
/// Enough for the layers that people draw to settle; more changes little.
const ROUNDS: usize = 24;

/// Places the items of each layer. Lines join items of neighbouring layers.
pub(super) fn place(
    items: &[Item],
    mut layers: Vec<Vec<usize>>,
    lines: &[(usize, usize)],
) -> Layout {
    let mut neighbours: Vec<Vec<usize>> = vec![Vec::new(); items.len()];
    for (a, b) in lines {
        neighbours[*a].push(*b);
        neighbours[*b].push(*a);
    }
    let mut layer_of = vec![0; items.len()];
    for (number, layer) in layers.iter().enumerate() {
        layer.iter().for_each(|item| layer_of[*item] = number);
    }

    let mut heights = vec![0.0; items.len()];
    layers.iter().for_each(|layer| stack(items, layer, &mut heights));
    for round in 0..ROUNDS {
        // To the right, looking left, and back.
        let numbers: Vec<usize> = if round % 2 == 0 {
            (1..layers.len()).collect()
        } else {
            (0..layers.len().saturating_sub(1)).rev().collect()
        };
        for number in numbers {
            let beside = if round % 2 == 0 { number.wrapping_sub(1) } else { number + 1 };
            let wish = |item: usize, heights: &[f64]| {
                let seen = neighbours[item].iter().filter(|other| layer_of[**other] == beside);
                mean(seen.map(|other| heights[*other])).unwrap_or(heights[item])
            };
            let layer = &mut layers[number];
            // By the middle of what they are joined to, where that is equal as they were.
            layer.sort_by(|a, b| wish(*a, &heights).total_cmp(&wish(*b, &heights)));
            stack(items, layer, &mut heights);
        }
    }
    for round in 0..ROUNDS {
        for number in 0..layers.len() {
            let number = if round % 2 == 0 { number } else { layers.len() - 1 - number };
            let wish = |item: &usize| {
                mean(neighbours[*item].iter().map(|other| heights[*other]))
                    .unwrap_or(heights[*item])
            };
            let wishes: Vec<f64> = layers[number].iter().map(wish).collect();
            let settled = settle(items, &layers[number], &wishes);
            for (item, height) in layers[number].iter().zip(settled) {
                heights[*item] = height;
            }
        }
    }

    let top = items.iter().zip(&heights).map(|(item, at)| at - item.above).fold(f64::MAX, f64::min);
    let bottom =
        items.iter().zip(&heights).map(|(item, at)| at + item.below).fold(f64::MIN, f64::max);
    let mut at = vec![(0.0, 0.0); items.len()];
    let mut layer_at = at.clone();
    let mut x = 0.0;
    for layer in layers.iter().filter(|layer| !layer.is_empty()) {
        let width = layer.iter().map(|item| items[*item].width).fold(0.0, f64::max);
        for item in layer {
            at[*item] = (x + width / 2.0, heights[*item] - top);
            layer_at[*item] = (x, x + width);
        }
        x += width + GAP;
    }
    Layout { at, layer: layer_at, width: (x - GAP).max(0.0), height: (bottom - top).max(0.0) }
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (count, sum) = values.fold((0.0, 0.0), |(count, sum), value| (count + 1.0, sum + value));
    (count > 0.0).then(|| sum / count)
}

/// The items of a layer below each other, around a height of zero.
fn stack(items: &[Item], layer: &[usize], heights: &mut [f64]) {
    let settled = settle(items, layer, &vec![0.0; layer.len()]);
    layer.iter().zip(settled).for_each(|(item, height)| heights[*item] = height);
}

/// The heights nearest to what the items of a layer wish (by the sum of squares) that keep their
/// order and do not overlap: isotonic regression, by pooling adjacent violators.
fn settle(items: &[Item], layer: &[usize], wishes: &[f64]) -> Vec<f64> {
    // How far below the first each item is when all touch; without it they only have to rise.
    let mut touching = Vec::with_capacity(layer.len());
    let mut offset = 0.0;
    for (number, item) in layer.iter().enumerate() {
        if let Some(before) = number.checked_sub(1).and_then(|before| layer.get(before)) {
            offset += items[*before].below + SPACE + items[*item].above;
        }
        touching.push(offset);
    }
    let mut pools: Vec<(f64, usize)> = Vec::new();
    for (wish, offset) in wishes.iter().zip(&touching) {
        let mut pool = (wish - offset, 1);
        while let Some((sum, count)) =
            pools.pop_if(|(sum, count)| *sum / *count as f64 > pool.0 / pool.1 as f64)
        {
            pool = (pool.0 + sum, pool.1 + count);
        }
        pools.push(pool);
    }
    let levels = pools.iter().flat_map(|(sum, n)| std::iter::repeat_n(sum / *n as f64, *n));
    levels.zip(touching).map(|(level, offset)| level + offset).collect()
}

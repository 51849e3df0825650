//! The nearest of some names.

/// A hint at the nearest of some names; empty if none is near.
pub fn near<'a>(text: &str, names: impl IntoIterator<Item = &'a str>) -> String {
    let distances = names.into_iter().map(|name| (strsim::osa_distance(text, name), name));
    match distances.min_by_key(|(distance, _)| *distance) {
        Some((distance, name)) if distance <= 2.max(name.len() / 3) => {
            format!("; did you mean \"{name}\"?")
        }
        _ => String::new(),
    }
}

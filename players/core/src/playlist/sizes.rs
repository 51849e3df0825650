//! The table of segment sizes that Weir's packager writes beside a master playlist, for algorithms
//! that know them in advance. HLS itself has nothing like it; DASH has the `sidx` box.

use serde::Deserialize;
use weir_units::Bytes;

/// The table's name, relative to the master playlist.
pub const SIZES_FILE: &str = "sizes.json";

/// The size of every segment of every rung: `{"sizes": [[bytes of each rung] for each segment]}`,
/// rungs in the order of [`super::Master::variants`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sizes {
    /// `segments[i][rung]`.
    pub segments: Vec<Vec<Bytes>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    sizes: Vec<Vec<u64>>,
}

impl Sizes {
    /// The longest table in bytes: 100,000 segments of ten rungs with eight digits for each size.
    /// The parser needs less than 16 times as much memory.
    pub const MAX: usize = 10_000_000;

    /// Reads a table. Whether it fits the content is for [`crate::Content::set_sizes`] to say.
    ///
    /// # Errors
    /// If it is not such a table, with its line and column, or too long.
    pub fn parse(body: &[u8]) -> Result<Self, String> {
        if body.len() > Self::MAX {
            return Err(format!("{} bytes (at most {} are allowed)", body.len(), Self::MAX));
        }
        let file: File = serde_json::from_slice(body).map_err(|error| error.to_string())?;
        let bytes = |row: Vec<u64>| row.into_iter().map(Bytes::new).collect();
        Ok(Self { segments: file.sizes.into_iter().map(bytes).collect() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_read_and_anything_else_is_not() {
        let sizes = Sizes::parse(br#"{"sizes":[[1,20],[3,40]]}"#).unwrap();
        assert_eq!(sizes.segments[1], [Bytes::new(3), Bytes::new(40)]);
        let error = |text: &str| Sizes::parse(text.as_bytes()).unwrap_err();
        assert!(
            error("{\n\"sizes\":[[-1]]}").contains("line 2"),
            "{}",
            error("{\n\"sizes\":[[-1]]}")
        );
        assert!(error(r#"{"sizes":[],"more":1}"#).contains("unknown field `more`"));
        assert!(error(&" ".repeat(Sizes::MAX + 1)).contains("at most 10000000"));
        // Depth is bounded by the JSON parser.
        Sizes::parse("[".repeat(100_000).as_bytes()).unwrap_err();
    }
}

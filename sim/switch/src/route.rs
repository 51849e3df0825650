//! What of a request's path goes to an origin, and what does not.

use percent_encoding::percent_decode_str;
use weir_core::playlist::Uri;

/// The part of `target`, a path with its query, that follows the folder `prefix`. `None` if it is
/// not below that folder, whatever the server behind makes of it: paths with dots, backslashes,
/// control characters or slashes in disguise are refused.
pub fn below<'t>(prefix: &str, target: &'t str) -> Option<&'t str> {
    let rest = target.strip_prefix(prefix)?;
    let path = rest.split('?').next().unwrap_or_default();
    (rest.len() <= Uri::MAX && path.split('/').all(is_plain)).then_some(rest)
}

/// Whether a segment of a path means itself, also to a server that decodes it twice.
fn is_plain(segment: &str) -> bool {
    let mut text = segment.to_owned();
    for _ in 0..2 {
        let Ok(decoded) = percent_decode_str(&text).decode_utf8() else { return false };
        let strange = |c: char| c.is_control() || c == '/' || c == '\\';
        if decoded == "." || decoded == ".." || decoded.contains(strange) {
            return false;
        }
        text = decoded.into_owned();
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_below_the_folder_is_passed_on_as_it_is() {
        for path in ["master.m3u8", "low/0.m4s?a=/../b", "a%20b.ts", "", "x..y/...z"] {
            assert_eq!(below("/hls/", &format!("/hls/{path}")), Some(path));
        }
    }

    #[test]
    fn nothing_leaves_the_folder() {
        for path in [
            "/hls/../secret",
            "/hls/a/%2e%2e/secret",
            "/hls/.%2E/secret",
            "/hls/%252e%252e/secret",
            "/hls/..%2fsecret",
            "/hls/..\\secret",
            "/hls/a%00b",
            "/hls/a%ffb",
            "/hls/./a",
            "/metrics",
            "/hlsx/a",
            "http://other/hls/a",
        ] {
            assert_eq!(below("/hls/", path), None, "{path}");
        }
    }

    proptest! {
        #[test]
        fn what_passes_has_no_dots_after_decoding(path in "[a.%/2eEfF5cC\\\\]{0,24}") {
            if let Some(rest) = below("/hls/", &format!("/hls/{path}")) {
                let decoded = percent_decode_str(rest).decode_utf8_lossy().into_owned();
                prop_assert!(decoded.split(['/', '\\']).all(|part| part != ".."), "{decoded}");
            }
        }
    }
}

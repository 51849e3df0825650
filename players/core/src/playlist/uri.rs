//! Absolute URIs, and references that are resolved against them.

use fluent_uri::{Uri as Rfc3986, UriRef};

/// An absolute URI (RFC 3986, section 3) without a fragment, which would never be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uri(Rfc3986<String>);

/// Why a text is not a URI.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UriError {
    /// It breaks the grammar.
    #[error("{text:?} is not a URI (RFC 3986): {problem}")]
    NotAUri {
        /// How it begins.
        text: String,
        /// What is wrong with it.
        problem: String,
    },
    /// It is longer than [`Uri::MAX`].
    #[error("a URI of {bytes} bytes (at most {max} are allowed)", max = Uri::MAX)]
    TooLong {
        /// Its length.
        bytes: usize,
    },
}

impl UriError {
    fn not_a_uri(text: &str, problem: impl ToString) -> Self {
        Self::NotAUri { text: text.chars().take(60).collect(), problem: problem.to_string() }
    }
}

impl Uri {
    /// The longest URI in bytes. RFC 9110, section 4.1, recommends to support at least 8000; here a
    /// playlist holds up to 100,000 of them, and servers' own limits begin at 4 kB.
    pub const MAX: usize = 4096;

    /// Reads an absolute URI.
    ///
    /// # Errors
    /// If it is not one, or too long.
    pub fn parse(text: &str) -> Result<Self, UriError> {
        check_length(text)?;
        let uri = Rfc3986::parse(text).map_err(|error| UriError::not_a_uri(text, error))?;
        Ok(Self(uri.strip_fragment().to_owned()))
    }

    /// The URI that `reference` means in a document that was fetched from this one (RFC 3986,
    /// section 5.2).
    ///
    /// # Errors
    /// If it is not a URI reference, or if the result is too long.
    pub fn resolve(&self, reference: &str) -> Result<Self, UriError> {
        check_length(reference)?;
        let error = |error: &dyn ToString| UriError::not_a_uri(reference, error.to_string());
        let reference = UriRef::parse(reference).map_err(|e| error(&e))?;
        let uri = reference.resolve_against(&self.0).map_err(|e| error(&e))?;
        check_length(uri.as_str())?;
        Ok(Self(uri.strip_fragment().to_owned()))
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

fn check_length(text: &str) -> Result<(), UriError> {
    let bytes = text.len();
    if bytes > Uri::MAX { Err(UriError::TooLong { bytes }) } else { Ok(()) }
}

impl std::fmt::Display for Uri {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.as_str().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_resolve_as_in_rfc_3986() {
        // From the examples of section 5.4.
        let base = Uri::parse("http://a/b/c/d;p?q").unwrap();
        for (reference, expected) in [
            ("g", "http://a/b/c/g"),
            ("./g", "http://a/b/c/g"),
            ("g/", "http://a/b/c/g/"),
            ("/g", "http://a/g"),
            ("//g", "http://g"),
            ("?y", "http://a/b/c/d;p?y"),
            ("g?y#s", "http://a/b/c/g?y"),
            ("", "http://a/b/c/d;p?q"),
            ("../g", "http://a/b/g"),
            ("../../../g", "http://a/g"),
            ("http://h:81/x", "http://h:81/x"),
        ] {
            assert_eq!(base.resolve(reference).unwrap().as_str(), expected, "{reference}");
        }
    }

    #[test]
    fn what_is_no_uri_is_refused() {
        let base = Uri::parse("http://a/#top").unwrap();
        assert_eq!(base.as_str(), "http://a/");
        assert!(matches!(Uri::parse("segment.ts"), Err(UriError::NotAUri { .. })));
        assert!(matches!(base.resolve("two words"), Err(UriError::NotAUri { .. })));
        assert!(matches!(base.resolve(&"x".repeat(4097)), Err(UriError::TooLong { .. })));
        assert!(matches!(base.resolve(&"x".repeat(4096)), Err(UriError::TooLong { .. })));
    }
}

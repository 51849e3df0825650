//! Which texts are names: of nodes, links and services, of files, of traces.

use std::path::Path;

/// The longest name of an experiment, or of a file of a service: it becomes a part of paths.
pub const MAX_FILE_NAME: usize = 64;

/// The longest name of a trace.
pub const MAX_TRACE_NAME: usize = 64;

/// What a [plain name](is_name) looks like.
pub const NAME_HINT: &str = "expected 1 to 32 characters of a-z, 0-9 and \"-\", not first a \"-\"";

/// Whether `text` can name a node, a link or a topology: it becomes a part of the names of
/// interfaces, files and columns.
pub fn is_name(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    (1..=32).contains(&text.len())
        && text.starts_with(plain)
        && text.chars().all(|c| plain(c) || c == '-')
}

/// Whether `text` names a file in a folder, and cannot lead out of it.
pub fn is_file_name(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric();
    let good = |c: char| plain(c) || "._-".contains(c);
    text.starts_with(plain) && text.chars().all(good) && text.len() <= MAX_FILE_NAME
}

/// Whether a text names a trace, and is no path.
pub fn is_trace_name(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric();
    (1..=MAX_TRACE_NAME).contains(&text.len())
        && text.starts_with(plain)
        && text.chars().all(|c| plain(c) || c == '-' || c == '_')
}

/// Whether a text is the path of a trace, and no name.
pub fn is_trace_path(text: &str) -> bool {
    text.contains(['/', '.'])
}

/// What the trace in this file, or of this name, is called.
pub fn trace_stem(trace: &str) -> &str {
    let stem = Path::new(trace).file_stem().and_then(|stem| stem.to_str());
    stem.unwrap_or(trace)
}

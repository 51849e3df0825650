# What the scripts share: how they speak. Sourced, never run.

# A line of progress with the time since the script started. On stderr: stdout is for answers.
say() {
    printf '[%2d:%02d] %s\n' $((SECONDS / 60)) $((SECONDS % 60)) "$*" >&2
}

fail() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

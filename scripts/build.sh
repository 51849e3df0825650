# Where the build goes. Sourced by the scripts that build, after lib.sh; never run.

PATH=$PATH:$HOME/.cargo/bin
root=${scripts%/*}
export WEIR_CACHE=${WEIR_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/weir}

# A checkout of CI is new every time: its build output is kept outside of it, by what it depends on.
if [[ -n ${CI:-} ]]; then
    key=$({ rustc --version && cat "$root/Cargo.lock"; } | sha256sum | cut -c 1-12)
    export CARGO_TARGET_DIR=$WEIR_CACHE/target/$key
    # One that nobody has used for a month is of an old lock file.
    find "$WEIR_CACHE/target" -mindepth 1 -maxdepth 1 -mtime +30 -exec rm -rf {} + 2>/dev/null || true
    mkdir -p "$CARGO_TARGET_DIR" && touch "$CARGO_TARGET_DIR"
    # Nothing is built twice in one checkout there.
    export CARGO_INCREMENTAL=0
fi
target=${CARGO_TARGET_DIR:-$root/target}

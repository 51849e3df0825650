"""What the notebooks share: a run's tables with its sweep made explicit, and intervals of means.

Tables only are read; results/SCHEMA.md documents their columns.
"""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import polars as pl

ALGORITHM = "players.abr"
BUFFER = "players.max_buffer"

# The unit at the end of an axis's column, by the kind of its values (results/SCHEMA.md, "Axes"),
# and how people write it: the largest unit that a value fills.
UNITS = {
    "bit-rate": ("_bps", [(1e9, "Gbit/s"), (1e6, "Mbit/s"), (1e3, "kbit/s"), (1, "bit/s")]),
    "time": ("_us", [(1e6, "s"), (1e3, "ms"), (1, "µs")]),
    "size": ("_bytes", [(1e9, "GB"), (1e6, "MB"), (1e3, "kB"), (1, "B")]),
    "ratio": ("", [(1e-2, "%")]),
}

# Fewer clusters than this have no interval, as in the tables: their points say more.
CLUSTERS = 10
RESAMPLES = 9_999
SEED = 7
# Of resamples without any spread: the most standard errors from the mean to an end.
FARTHEST = 6.0


@dataclass(frozen=True)
class Axis:
    """One axis of the sweep."""

    path: str
    kind: str

    @property
    def column(self):
        return self.path + UNITS.get(self.kind, ("", []))[0]

    def label(self, value):
        """A value as people write it; of a trace, its name."""
        units = UNITS.get(self.kind, ("", []))[1]
        for size, unit in units:
            if value >= size or size == units[-1][0]:
                return f"{value / size:.6g} {unit}" if value else "0"
        named = re.search(r"trace\W+([\w./-]+)", str(value))
        return Path(named[1]).stem if named else str(value)


@dataclass(frozen=True)
class Run:
    """A run's folder.

    `sessions` has the sessions of valid trials, in the order of the plan, with the columns
    `algorithm`, `buffer` and `condition` as text, and `cell`, `repeat` and `seed` of their trial. A
    condition is a value of all other axes of the sweep together, such as a trace.
    """

    folder: Path
    info: dict
    plan: dict
    axes: list
    trials: pl.DataFrame
    sessions: pl.DataFrame

    @classmethod
    def read(cls, folder):
        folder = Path(folder)
        if not (folder / "run.toml").is_file():
            raise FileNotFoundError(f"{folder.resolve()} is no run's folder: it has no run.toml")
        about = tomllib.loads((folder / "run.toml").read_text())
        axes = [Axis(axis["path"], axis["kind"]) for axis in about["axes"]]
        if ALGORITHM not in (axis.path for axis in axes):
            found = ", ".join(axis.path for axis in axes) or "nothing"
            raise ValueError(f"{folder.resolve()} does not sweep {ALGORITHM}, but {found}")
        plan = tomllib.loads((folder / "plan.toml").read_text())
        trials = pl.read_parquet(folder / "trials.parquet")
        valid = trials.filter(verdict="valid").select("trial", "cell", "repeat", "seed")
        sessions = pl.read_parquet(folder / "sessions.parquet").join(valid, on="trial")
        if sessions.is_empty():
            raise ValueError(f"{folder.resolve()} has no session of a valid trial")
        others = [axis for axis in axes if axis.path not in (ALGORITHM, BUFFER)]
        sessions = sessions.sort("cell", "repeat", "session").with_columns(
            _text(sessions, [axis for axis in axes if axis.path == ALGORITHM]).alias("algorithm"),
            _text(sessions, [axis for axis in axes if axis.path == BUFFER]).alias("buffer"),
            _text(sessions, others).alias("condition"),
        )
        return cls(folder, about["run"], plan, axes, trials, sessions)

    def values(self, column):
        """The values of a column of `sessions`, in the order of the plan."""
        return self.sessions[column].unique(maintain_order=True).to_list()

    def has(self, column):
        """Whether any session has a value in the column."""
        return column in self.sessions.columns and self.sessions[column].count() > 0

    @property
    def cluster(self):
        """What is resampled: conditions; the repeats of a run that has but one condition."""
        return "condition" if len(self.values("condition")) > 1 else "repeat"

    def table(self, name):
        return pl.read_parquet(self.folder / f"{name}.parquet")

    def rate_kinds(self):
        """What the rates of links are, `capacity` or `goodput`, as far as the results say so."""
        kinds, links = set(), self.folder / "links.parquet"
        if links.is_file():
            rows = pl.scan_parquet(links)
            if "rate_kind" in rows.collect_schema().names():
                rows = rows.select(pl.col("rate_kind").drop_nulls().unique())
                kinds.update(rows.collect()["rate_kind"])
        traces = [table for table in _tables(self.plan.get("topology", [])) if "trace" in table]
        kinds.update(trace["kind"] for trace in traces if "kind" in trace)
        if kinds:
            return sorted(kinds)
        return ["not recorded: the head of each trace says it"] if traces else ["constant rates"]


def _text(frame, axes):
    """An expression: the values of these axes as one text."""
    texts = [
        pl.col(axis.column).replace_strict(
            {value: axis.label(value) for value in frame[axis.column].unique()},
            return_dtype=pl.String,
        )
        for axis in axes
    ]
    return pl.concat_str(texts, separator=", ") if texts else pl.lit("all")


def _tables(value):
    """All tables within a value of TOML."""
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            yield from _tables(inner)


@cache
def _draws(count):
    return np.random.default_rng(SEED).integers(count, size=(RESAMPLES, count))


def interval(sums, counts, limits=(-np.inf, np.inf)):
    """The mean of clusters and the ends of its 95 % interval, cut at the limits.

    `sums` and `counts` are those of each cluster's values. The interval is that of the table
    `summary`, with other clusters: the bootstrap-t (Davison and Hinkley, "Bootstrap Methods and
    their Application", 1997, sections 3.8 and 5.2) with the standard error of a ratio (Cochran,
    "Sampling Techniques", 1977, section 2.11), from a fixed seed. Its ends are NaN where there are
    fewer than ten clusters.
    """
    sums, counts = np.asarray(sums, float), np.asarray(counts, float)
    n, mean = len(sums), sums.sum() / counts.sum()
    if n < CLUSTERS:
        return mean, np.nan, np.nan

    def error(rests, counts, shift):
        squares = ((rests - shift[..., None] * counts) ** 2).sum(-1)
        return np.sqrt(squares * n / (n - 1)) / counts.sum(-1)

    rests = sums - mean * counts
    whole = error(rests, counts, np.array(0.0))
    if whole == 0:
        return mean, mean, mean
    r, c = rests[_draws(n)], counts[_draws(n)]
    shift = r.sum(-1) / c.sum(-1)
    spread = np.maximum(error(r, c, shift), 1e-9 * whole)
    t = np.sort(np.clip(shift / spread, -FARTHEST, FARTHEST))
    beyond = round((RESAMPLES + 1) * 0.025)
    # The upper end comes from the lower tail of t, and the other way round.
    low, high = np.clip(mean - t[[-beyond, beyond - 1]] * whole, *limits)
    return mean, min(low, mean), max(high, mean)


def means(frame, by, value, cluster, limits=(-np.inf, np.inf)):
    """For each group `by`: how many values and clusters it has, their mean, and its interval."""
    clusters = (
        frame.drop_nulls(value)
        .group_by(*by, cluster, maintain_order=True)
        .agg(pl.col(value).sum().alias("sum"), pl.len().alias("count"))
    )
    rows = []
    for key, group in clusters.group_by(*by, maintain_order=True):
        mean, low, high = interval(group["sum"], group["count"], limits)
        rows.append((*key, group["count"].sum(), len(group), mean, low, high))
    schema = {name: frame.schema[name] for name in by}
    schema |= {"n": pl.Int64, "clusters": pl.Int64}
    schema |= {"mean": pl.Float64, "low": pl.Float64, "high": pl.Float64}
    return pl.DataFrame(rows, schema=schema, orient="row")


def paired(sessions, value, reference):
    """One row for each trial and its partner: the trial of the algorithm `reference` on the same
    condition, buffer and seed. `difference` is the trial's mean of `value` less its partner's."""
    pair = ["buffer", "condition", "repeat", "seed"]
    trials = (
        sessions.drop_nulls(value)
        .group_by("cell", "algorithm", *pair, maintain_order=True)
        .agg(pl.col(value).mean())
    )
    partners = trials.filter(algorithm=reference).select(
        *pair, pl.col("cell").alias("reference_cell"), pl.col(value).alias("partner")
    )
    others = trials.filter(pl.col("algorithm") != reference)
    return others.join(partners, on=pair, maintain_order="left").with_columns(
        (pl.col(value) - pl.col("partner")).alias("difference")
    )

"""What measurements are to reach, and the table that says whether they did."""

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass

PEERS = ("xargs", "celery", "django_q2", "prefect")
NEAR = 0.98
"""Of the best peer of the same run: no less is near."""
MANY = 1000


@dataclass(frozen=True)
class Aim:
    """A number of benchmarks/results/latest.json, and how large it is to be."""

    key: str
    least: float | None = None
    most: float | None = None
    beside: str = ""
    """The key of what was measured beside it, in the same run."""
    peers: bool = False
    """It is to be near the best of the peers, too."""

    @property
    def words(self) -> str:
        """The aim, as one reads it."""
        bounds = [f"{sign} {bound:g}" for sign, bound in (("≥", self.least), ("≤", self.most)) if bound is not None]
        return ", ".join([*bounds, *([f"{NEAR:g} of the best peer"] if self.peers else [])])

    def met(self, found: Mapping[str, float]) -> bool:
        """Whether it was; KeyError if nobody has measured."""
        value = found[self.key]
        best = max(self.others(found).values(), default=value) if self.peers else value
        reached = self.least is None or value >= self.least
        return reached and (self.most is None or value <= self.most) and value >= NEAR * best

    def others(self, found: Mapping[str, float]) -> dict[str, float]:
        """What the peers that were there have reached."""
        return {peer: found[f"{self.key}_{peer}"] for peer in PEERS if f"{self.key}_{peer}" in found}

    def compared(self, found: Mapping[str, float]) -> str:
        """Peers, those that are left out named as such; or the floor."""
        if self.peers:
            others = self.others(found)
            return ", ".join(f"{peer} {told(others[peer]) if peer in others else 'left out'}" for peer in PEERS)
        return f"{self.beside} {told(found[self.beside])}" if self.beside in found else ""


AIMS = (
    Aim("efficiency_0.25s", least=0.965, peers=True),
    Aim("efficiency_2s", least=0.99, peers=True),
    Aim("jobs_per_second", least=40, beside="jobs_per_second_by_cpu"),
    Aim("register_100k_seconds", most=60, beside="register_cpu_seconds"),
    Aim("register_mb", most=250),
    Aim("register_flat", most=1.1, beside="register_flat_seconds"),
    Aim("api_page_over_sql", most=2.5, beside="api_jobs_floor_ms"),
    Aim("api_dp_id_p95_ms", most=10),
    Aim("api_1000_dp_ids_ms", most=150),
    Aim("api_csv_peak_mb", most=150),
    Aim("tap_rows_per_second", least=40_000, beside="tap_over_plain_sql"),
    Aim("pages_grid_ms", most=60, beside="pages_grid_floor_ms"),
    Aim("pages_date_ms", most=60, beside="pages_date_floor_ms"),
    Aim("pages_block_ms", most=60, beside="pages_block_floor_ms"),
    Aim("pages_bad_night_ms", most=300, beside="pages_bad_night_floor_ms"),
    Aim("pages_poll_ms", most=3, beside="pages_poll_floor_ms"),
    Aim("ingest_over_copy", most=1.5, beside="copy_files_per_second"),
    Aim("month_whole_worst", most=1.03, beside="month_worst"),
    Aim("month_dispatch_ms", most=40, beside="month_machine"),
    Aim("schedule_worst", most=1.03, beside="schedule_came_worst"),
    Aim("web_mb", most=120, beside="web_own_mb"),
    Aim("worker_mb", most=150, beside="worker_own_mb"),
    Aim("size_per_ab_kb", most=12, beside="size_per_old_ab_kb"),
    Aim("campaign_seconds", most=60, beside="campaign_cpu_seconds"),
    Aim("idle_statements_per_second", most=5, beside="idle_percent_of_a_core"),
)


def table(found: Mapping[str, float], fresh: Set[str], aims: Iterable[Aim] = AIMS) -> str:
    """A line for each aim: key, value, aim, peers or floor, met or not.

    `fresh` are the keys of this run; what is known from an earlier one says so.
    """
    rows = [("key", "value", "aim", "met", "beside it")]
    rows += [row(aim, found, fresh) for aim in aims]
    widths = [max(len(line[at]) for line in rows) for at in range(4)]
    return "\n".join("  ".join([*map(str.ljust, line[:4], widths), line[4]]).rstrip() for line in rows)


def row(aim: Aim, found: Mapping[str, float], fresh: Set[str]) -> tuple[str, str, str, str, str]:
    """One line."""
    if aim.key not in found:
        return aim.key, "-", aim.words, "not measured", ""
    met = "met" if aim.met(found) else "MISSED"
    when = "" if aim.key in fresh else " (earlier run)"
    return aim.key, told(found[aim.key]), aim.words, met + when, aim.compared(found)


def told(value: float) -> str:
    """Three digits of a small number, the whole of a large one."""
    return f"{value:,.0f}" if value >= MANY else f"{value:.3g}"

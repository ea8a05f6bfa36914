"""How generated examples are made here: the same in every run, and not timed on a busy machine."""

from hypothesis import Phase, settings

PHASES = (Phase.explicit, Phase.generate, Phase.shrink)
settings.register_profile("phoenix", deadline=None, derandomize=True, database=None, phases=PHASES)
settings.load_profile("phoenix")

"""The text of an association block, as the quality-control workflow writes it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from processing.demo.calibrations import (
    DARK,
    EXTINCTION,
    FLAT,
    REQUIRED,
    Master,
    response_name,
    response_taken,
)
from processing.demo.detectors import Arm, Chip
from processing.demo.frames import Shot, header
from processing.demo.instants import mjd, stamp
from processing.demo.plan import Kind

MATCHED = re.compile(r"DPR (TECH|TYPE)|INS (MODE|GRAT\d (ID|WLEN)|SLIT1 NAME|SLIT[23] WID)|DET (CHIPS|WIN1 BIN[XY])")
RAW_TYPES = {"point": "SCI_POINT_ECH", "cell": "SCI_ABSCELL", "slicer": "SCI_SLICER", "mos": "SCI_FIBRE"}
TIME_MATCH_DAYS = 3.0
EXTRACTION = {"slicer": "average"}  # what the recipe has to be told; optimal for all others


@dataclass(frozen=True, kw_only=True)
class Block:
    """One association block: the frame, its pipeline tag, the DFO date, and what kind of block it is."""

    shot: Shot
    tag: str
    recipe: str
    night: str
    kind: Kind
    virtual_massoc: bool = False

    @property
    def name(self) -> str:
        """AB_NAME, which is also the name of the file."""
        return f"{self.shot.dp_id}.ab"


@dataclass(frozen=True, kw_only=True)
class _Calib:
    flag: str
    directory: str
    name: str
    category: str
    taken: datetime


def text(block: Block) -> str:
    """The whole block, tab separated; a malformed one breaks off in the middle of its DATE line."""
    lines = [*_identity(block), *_match_keys(block), *_inputs(block)]
    whole = "".join(f"{line}\n" for line in lines)
    return whole[: whole.index(block.night) + 6] if block.kind.trouble == "malformed" else whole


def _identity(block: Block) -> Iterator[str]:
    shot, raw_type = block.shot, f"{RAW_TYPES[block.kind.technique]}_{block.shot.arm.tag}"
    yield "TOOL_VERSION\t4.2.1"
    yield "CONFIG_VERSION\t2.07\t# config.createAB"
    values = {
        "INSTRUMENT": "UVES",
        "DATE": block.night,
        "DPR_CATG": "SCIENCE",
        "RAW_TYPE": raw_type,
        "RECIPE": block.recipe,
        "DRS_TYPE": "CON",
        "BATCH_ID": f"SCIENCE_{block.night}",
        "AB_NAME": block.name,
        "AB_EVENT": "SINGLE",
        "COMPLETENESS": "INCOMPLETE" if block.kind.trouble == "no-bias" else "COMPLETE",
        "PROCESS_STATUS": "CREATED",
        "OBS_PROG_ID": shot.keys["OBS PROG ID"],
        "OBS_MODE": "SM",
        "OBS_ID": shot.keys["OBS ID"],
        "MJD-OBS": f"{mjd(shot.start):.8f}",
        "MJD-OBS_MOD": f"{mjd(_middle(shot)):.8f}",
        "PROD_ROOT_NAME": f"r.{shot.dp_id}",
        "LOG_NAME": f"r.{shot.dp_id}.log",
    }
    yield from (f"{qualifier}\t{value}" for qualifier, value in values.items())
    yield "# pipeline product path"
    yield f"PROD_PATH\t$DFS_PRODUCT/{raw_type}/{block.night}"


def _match_keys(block: Block) -> Iterator[str]:
    yield "# raw match key"
    cards = header(block.shot)
    for keyword in cards:
        key = keyword.removeprefix("ESO ")
        if MATCHED.fullmatch(key):
            yield f"RAW_MATCH_KEY\t{key.replace(' ', '_')}={cards[keyword]}"


def _inputs(block: Block) -> Iterator[str]:
    yield "# input raw files: path, tag"
    yield f"RAWFILE\t$DFO_RAW_DIR/{block.night}/{block.shot.dp_id}.fits\t{block.tag}"
    yield "# recipe parameters"
    yield f"RECIPE_PAR\treduce.extract.method={EXTRACTION.get(block.kind.technique, 'optimal')}"
    yield "# required calibrations: status, path, name, PRO.CATG, dt[d], time match"
    yield from (_line("MCALIB", calib, block) for calib in _mcalibs(block))
    yield "# general calibrations"
    yield f"GENCALIB\t$DFO_CAL_DIR/gen\t{EXTINCTION}\tEXTCOEFF_TABLE"
    yield "# additional calibrations, not used for processing"
    yield from (_line("MASSOC", calib, block) for calib in _massocs(block))


def _mcalibs(block: Block) -> Iterator[_Calib]:
    """What the block names as required, with the gap or the stranger that its trouble puts there."""
    arm, trouble = block.shot.arm, block.kind.trouble
    chips = sorted(arm.chips, key=lambda chip: chip.name)
    for master in REQUIRED:
        for chip in chips:
            if trouble == "no-bias" and master.kind == "MBIA" and chip is chips[-1]:
                continue
            if trouble == "virtual" and master is FLAT:
                yield _virtual(master, arm, chip, block.night)
            elif trouble == "absent" and master is FLAT:
                yield _real(master, arm, chip, _before(block.night))
            else:
                yield _real(master, arm, chip, block.night)
    if block.kind.flux:
        yield from (_response(arm, chip) for chip in chips)


def _massocs(block: Block) -> Iterator[_Calib]:
    arm = block.shot.arm
    make = _virtual if block.virtual_massoc else _real
    return (make(DARK, arm, chip, block.night) for chip in arm.chips)


def _real(master: Master, arm: Arm, chip: Chip, night: str) -> _Calib:
    return _Calib(
        flag="REAL",
        directory=night,
        name=master.name(arm, chip, night),
        category=f"{master.category}_{chip.name}",
        taken=master.taken(arm, night),
    )


def _virtual(master: Master, arm: Arm, chip: Chip, night: str) -> _Calib:
    taken = master.taken(arm, night)
    return _Calib(
        flag="VIRTUAL",
        directory="VCAL",
        name=f"r.UVES.{stamp(taken)}_{arm.chips.index(chip):04d}.fits",
        category=f"{master.category}_{chip.name}",
        taken=taken,
    )


def _response(arm: Arm, chip: Chip) -> _Calib:
    return _Calib(
        flag="REAL",
        directory="MRSP",
        name=response_name(arm, chip),
        category=f"MASTER_RESPONSE_{chip.name}",
        taken=response_taken(),
    )


def _line(qualifier: str, calib: _Calib, block: Block) -> str:
    days = (calib.taken - _middle(block.shot)) / timedelta(days=1)
    match = "OK" if abs(days) < TIME_MATCH_DAYS else "NOK"
    columns = (calib.flag, f"$DFO_CAL_DIR/{calib.directory}", calib.name, calib.category, f"{days:.3f}", match)
    comment = "\t# not certified yet" if calib.flag == "VIRTUAL" else ""
    return "\t".join((qualifier, *columns)) + comment


def _middle(shot: Shot) -> datetime:
    return shot.start + timedelta(seconds=shot.seconds / 2)


def _before(night: str) -> str:
    return (date.fromisoformat(night) - timedelta(days=1)).isoformat()

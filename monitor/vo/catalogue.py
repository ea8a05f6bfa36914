"""Every table that may be queried: ObsCore, the public product tables, and TAP_SCHEMA, which describes them all."""

from collections.abc import Mapping, Sequence

from monitor.vo.obscore import JOINS, OBSCORE, SOURCE
from monitor.vo.schema import described
from monitor.vo.tables import Column, Key, Kind, Table

_INT, _LONG, _DOUBLE, _TEXT, _TIME = Kind.INT, Kind.LONG, Kind.DOUBLE, Kind.TEXT, Kind.TIME
PRODUCTS = Table(
    "phoenix",
    "products",
    "Every version of every product, with its standing",
    SOURCE,
    [
        Column("dp_id", _TEXT, "p.dp_id", "Archive name, without .fits", ucd="meta.id;meta.main", is_key=True),
        Column("original_name", _TEXT, "p.original_name", "Name that all versions share", ucd="meta.id"),
        Column("version", _INT, "p.version", "Number of the version", ucd="meta.version"),
        Column("state", _TEXT, "p.state", "CURRENT, OBSOLETE or DEPRECATED", ucd="meta.code.status"),
        Column("category", _TEXT, "p.category", "Kind of product (PRODCATG)", ucd="meta.code.class"),
        Column("instrument", _TEXT, "d.instrument_id", "Instrument", ucd="meta.id;instr"),
        Column("dfo_date", _TEXT, "CAST(d.date AS text)", "DFO date of the observation", ucd="time.epoch"),
        Column("prog_id", _TEXT, "b.prog_id", "Programme", ucd="meta.id;obs.proposal"),
        Column("ob_id", _TEXT, "b.ob_id", "Observation block", ucd="meta.id;obs"),
        Column("target", _TEXT, "p.target", "Target", ucd="meta.id;src"),
        Column("s_ra", _DOUBLE, "p.ra", "Right ascension", "deg", "pos.eq.ra;meta.main"),
        Column("s_dec", _DOUBLE, "p.dec", "Declination", "deg", "pos.eq.dec;meta.main"),
        Column("mjd_obs", _DOUBLE, "p.mjd_obs", "Start of the first exposure, MJD", "d", "time.start;obs.exposure"),
        Column("mjd_end", _DOUBLE, "p.mjd_end", "End of the last exposure, MJD", "d", "time.end;obs.exposure"),
        Column("exptime", _DOUBLE, "p.exptime", "Exposure time", "s", "time.duration;obs.exposure"),
        Column("wave_min", _DOUBLE, "p.wave_min", "Shortest wavelength, as in the file", "nm", "em.wl;stat.min"),
        Column("wave_max", _DOUBLE, "p.wave_max", "Longest wavelength, as in the file", "nm", "em.wl;stat.max"),
        Column("snr", _DOUBLE, "p.snr", "Median signal-to-noise ratio per pixel", ucd="stat.snr"),
        Column("fluxcal", _TEXT, "p.fluxcal", "ABSOLUTE or UNCALIBRATED", ucd="meta.code.qual"),
        Column("file_size", _LONG, "p.size", "Size of the science file", "byte", "phys.size;meta.file"),
        Column("sha256", _TEXT, "p.sha256", "SHA-256 of the science file", ucd="meta.checksum", is_key=True),
        Column("registered", _TIME, "UTC(p.registered)", "When archived, UTC", ucd="time.creation"),
    ],
    joins=JOINS,
)
PROVENANCE = Table(
    "phoenix",
    "provenance",
    "The raw frames that each product was made of",
    "processing_product p JOIN processing_job j ON j.id = p.job_id"
    " JOIN processing_rawframe r ON r.block_id = j.block_id",
    [
        Column("dp_id", _TEXT, "p.dp_id", "Archive name of the product", ucd="meta.id;meta.main", is_key=True),
        Column("raw_dp_id", _TEXT, "r.dp_id", "Archive name of the raw frame", ucd="meta.id", is_key=True),
        Column("tag", _TEXT, "r.tag", "What the frame was to the pipeline", ucd="meta.code.class"),
        Column("mjd_obs", _DOUBLE, "r.mjd_obs", "Start of the exposure, MJD", "d", "time.start;obs.exposure"),
        Column("exptime", _DOUBLE, "r.exptime", "Exposure time", "s", "time.duration;obs.exposure"),
        Column("tech", _TEXT, "r.tech", "Technique (DPR.TECH)", ucd="meta.code"),
    ],
)
SCHEMAS: Mapping[str, str] = {
    "ivoa": "Tables whose form the IVOA prescribes",
    "phoenix": "Products of automatic processing, and what they were made of",
    "TAP_SCHEMA": "What can be queried here",
}
KEYS = [
    Key("obscore_product", "ivoa.ObsCore", "phoenix.products", [("dp_id", "dp_id")], "The product, with its version"),
    Key("provenance_product", "phoenix.provenance", "phoenix.products", [("dp_id", "dp_id")], "What was made of it"),
]
TABLES: Sequence[Table] = [
    OBSCORE,
    PRODUCTS,
    PROVENANCE,
    *described(SCHEMAS, [OBSCORE, PRODUCTS, PROVENANCE], KEYS),
]
BY_NAME: Mapping[str, Table] = {table.full_name.lower(): table for table in TABLES}

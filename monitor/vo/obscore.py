"""`ivoa.ObsCore`: the current products in the words of the Observation Data Model Core Components 1.1."""

from monitor.vo.tables import Column, Kind, Table

AUTHORITY = "ivo://eso.org/ID?"
"""What stands before an archive name in a publisher's identifier."""
LINKS = "application/x-votable+xml;content=datalink"

SOURCE = "processing_product p"
JOINS = {
    "j": "JOIN processing_job j ON j.id = p.job_id",
    "b": "JOIN processing_associationblock b ON b.id = j.block_id",
    "d": "JOIN processing_processingdate d ON d.id = j.date_id",
}
SPECTRUM = "p.category = 'SCIENCE.SPECTRUM'"
TYPE = f"CASE WHEN {SPECTRUM} THEN 'spectrum' WHEN p.category LIKE 'SCIENCE.CUBE%%' THEN 'cube' ELSE 'image' END"
OBSERVATION = "CASE WHEN b.ob_id <> '' THEN b.ob_id ELSE b.name END"
_PLACE = "'ICRS ' || CAST(p.ra AS text) || ' ' || CAST(p.dec AS text)"
# Of a spectrum its aperture; of an image its position, since its outline is in its header only.
REGION = (
    f"CASE WHEN p.aperture IS NULL THEN 'POSITION ' || {_PLACE}"
    f" ELSE 'CIRCLE ' || {_PLACE} || ' ' || CAST(p.aperture / 2 AS text) END"
)


def vacuum(nanometres: str) -> str:
    """SQL for a wavelength in metres, in vacuum, from one in nm: those of spectra are in air.

    The refractive index of air at 15 degrees Celsius and 1013.25 hPa as a function of the wavelength in air:
    N. Piskunov's inversion of Morton (2000, ApJS 130, 403), the formula of the IAU; good to 1e-9 from 200 nm on.
    """
    square = f"(1e6 / ({nanometres} * {nanometres}))"
    index = (
        f"1.00008336624212083 + 0.02408926869968 / (130.1065924522 - {square})"
        f" + 0.0001599740894897 / (38.92568793293 - {square})"
    )
    return f"({nanometres} * 1e-9 * (CASE WHEN {SPECTRUM} THEN {index} ELSE 1e0 END))"


def nothing(kind: Kind) -> str:
    """SQL for a column that has no values, so that its kind is known."""
    return f"CAST(NULL AS {'text' if kind.is_text else 'bigint' if kind is Kind.LONG else 'double precision'})"


def _column(row: str, sql: str, principal: bool = True) -> Column:
    """From `name | kind | unit | UCD | utype without its prefix | description`."""
    name, kind, unit, ucd, utype, description = (part.strip() for part in row.split("|"))
    of = Kind(kind)
    prefixed = f"obscore:{utype}" if utype else ""
    # What ObsCore asks for is standard; ours has no utype of it.
    marks = {"is_key": name == "dp_id", "is_principal": principal, "is_standard": bool(utype)}
    return Column(name, of, sql or nothing(of), description, unit, ucd, prefixed, **marks)


_C, _S, _T, _E = "Char.", "Char.SpatialAxis.", "Char.TimeAxis.", "Char.SpectralAxis."
_POSITION = f"{_S}Coverage.Location.Coord.Position2D.Value2."
_WHEN, _BAND = f"{_T}Coverage.Bounds.Limits.", f"{_E}Coverage.Bounds.Limits."
COLUMNS = [
    _column("dataproduct_type|char||meta.code.class|ObsDataset.dataProductType|spectrum, image or cube", TYPE),
    _column("calib_level|int||meta.code;obs.calib|ObsDataset.calibLevel|2: calibrated", "2"),
    _column("obs_collection|char||meta.id|DataID.collection|Collection: the instrument", "d.instrument_id"),
    _column("obs_id|char||meta.id|DataID.observationID|Observation block, or association block", OBSERVATION),
    _column(
        "obs_publisher_did|char||meta.ref.ivoid|Curation.publisherDID|Identifier that DataLink takes",
        f"'{AUTHORITY}' || p.dp_id",
    ),
    _column(
        "access_url|char||meta.ref.url|Access.reference|What there is of the product (DataLink)",
        ":base || '/datalink/links?ID=' || p.dp_id",
    ),
    _column("access_format|char||meta.code.mime|Access.format|Format of access_url", f"'{LINKS}'"),
    _column("access_estsize|long|kbyte|phys.size;meta.file|Access.size|Size of the file", "((p.size + 999) / 1000)"),
    _column("target_name|char||meta.id;src|Target.name|Target", "p.target"),
    _column(f"s_ra|double|deg|pos.eq.ra|{_POSITION}C1|Right ascension, ICRS", "p.ra"),
    _column(f"s_dec|double|deg|pos.eq.dec|{_POSITION}C2|Declination, ICRS", "p.dec"),
    _column(
        f"s_fov|double|deg|phys.angSize;instr.fov|{_S}Coverage.Bounds.Extent.diameter|Aperture of a spectrum",
        "p.aperture",
    ),
    _column(
        f"s_region|region||pos.outline;obs.field|{_S}Coverage.Support.Area|Circle of the aperture, or the position",
        REGION,
    ),
    _column(f"s_resolution|double|arcsec|pos.angResolution|{_S}Resolution.Refval.value|Not known", "", False),
    _column(f"s_xel1|long||meta.number|{_S}numBins1|Not known", "", False),
    _column(f"s_xel2|long||meta.number|{_S}numBins2|Not known", "", False),
    _column(f"t_min|double|d|time.start;obs.exposure|{_WHEN}StartTime|Start of the first exposure, MJD", "p.mjd_obs"),
    _column(f"t_max|double|d|time.end;obs.exposure|{_WHEN}StopTime|End of the last exposure, MJD", "p.mjd_end"),
    _column(f"t_exptime|double|s|time.duration;obs.exposure|{_T}Coverage.Support.Extent|Exposure time", "p.exptime"),
    _column(f"t_resolution|double|s|time.resolution|{_T}Resolution.Refval.value|Exposure time", "p.exptime", False),
    _column(f"t_xel|long||meta.number|{_T}numBins|Not known", "", False),
    _column(f"em_min|double|m|em.wl;stat.min|{_BAND}LoLimit|Shortest wavelength, in vacuum", vacuum("p.wave_min")),
    _column(f"em_max|double|m|em.wl;stat.max|{_BAND}HiLimit|Longest wavelength, in vacuum", vacuum("p.wave_max")),
    _column(
        f"em_res_power|double||spect.resolution|{_E}Resolution.ResolPower.refVal|Resolving power", "p.resolving_power"
    ),
    _column(f"em_xel|long||meta.number|{_E}numBins|Number of pixels of a spectrum", "p.elements"),
    _column(
        f"o_ucd|char||meta.ucd|{_C}ObservableAxis.ucd|What was measured",
        f"CASE WHEN {SPECTRUM} THEN 'phot.flux.density;em.wl' ELSE 'phot.count' END",
    ),
    _column(f"pol_states|char||meta.code;phys.polarization|{_C}PolarizationAxis.stateList|Not measured", "", False),
    _column(f"pol_xel|long||meta.number|{_C}PolarizationAxis.numBins|Not measured", "", False),
    _column("facility_name|char||meta.id;instr.tel|Provenance.ObsConfig.Facility.name|Telescope", "p.telescope"),
    _column("instrument_name|char||meta.id;instr|Provenance.ObsConfig.Instrument.name|Instrument", "d.instrument_id"),
    _column("obs_title|char||meta.title;obs|DataID.title|Title", "p.title", False),
    _column(
        "obs_creation_date|timestamp||time;meta.dataset|DataID.date|When archived, UTC", "UTC(p.registered)", False
    ),
    _column("proposal_id|char||meta.id;obs.proposal|Provenance.Proposal.identifier|Programme", "b.prog_id", False),
    _column(
        f"o_calib_status|char||meta.code.qual|{_C}ObservableAxis.calibrationStatus|absolute: flux in physical units",
        "CASE WHEN p.fluxcal = 'ABSOLUTE' THEN 'absolute' END",
        False,
    ),
    _column("dp_id|char||meta.id|| Archive name, without .fits", "p.dp_id"),
    _column("snr|double||stat.snr||Median signal-to-noise ratio per pixel of a spectrum", "p.snr"),
]
OBSCORE = Table(
    "ivoa",
    "ObsCore",
    "Current products, one row each (ObsCore 1.1)",
    SOURCE,
    COLUMNS,
    utype="ivo://ivoa.net/std/ObsCore#core-1.1",
    joins=JOINS,
    where="WHERE p.state = 'CURRENT'",
)

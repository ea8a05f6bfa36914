"""The steps of a processing date, which join rules, plug-ins and what is remembered."""

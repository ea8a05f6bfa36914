"""ESO's Phase 3 rules: is a file a valid science data product?  44 rules by the ids of the check list."""

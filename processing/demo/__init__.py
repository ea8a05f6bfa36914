"""A simulated UVES night: raw frames, master calibrations and association blocks that ESO's pipeline reduces."""

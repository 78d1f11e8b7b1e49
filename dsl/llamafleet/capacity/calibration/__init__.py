"""Calibration: which loads of a model on a host would tell something, and what one told."""

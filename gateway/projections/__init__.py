"""Projections: read models that services' own events keep up to date."""

"""Liandong (联动): location-first dispatch for a city's enforcement and service teams."""

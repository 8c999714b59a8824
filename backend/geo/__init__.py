"""Place: H3 cells as the index over the points and polygons that stay the truth.

Inside everything is WGS-84, longitude before latitude.
"""

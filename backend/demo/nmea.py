"""A moving receiver's NMEA 0183 log: GGA, GSA and RMC once a second, for gpsfake to replay into a real gpsd."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from backend.demo.driver import Driver
from backend.demo.gps import Gps, Sample

KNOTS_PER_METRE_PER_SECOND = 3600 / 1852
METRES_PER_HDOP = 5.0  # of a usual receiver


def sentence(body: str) -> str:
    """The body with its start, checksum (XOR of all signs between $ and *) and end."""
    checksum = 0
    for sign in body:
        checksum ^= ord(sign)
    return f"${body}*{checksum:02X}\r\n"


def degrees_minutes(value: float, width: int) -> str:
    """dddmm.mmmmm: NMEA's form of an angle, to 1e-5 minutes (2 cm)."""
    value = abs(value)
    degrees = int(value)
    minutes = round((value - degrees) * 60, 5)
    if minutes >= 60:
        degrees, minutes = degrees + 1, 0.0
    return f"{degrees:0{width}d}{minutes:08.5f}"


def epoch(moment: datetime, sample: Sample) -> str:
    """The sentences of one second."""
    time, day = f"{moment:%H%M%S}.{moment.microsecond // 10_000:02d}", f"{moment:%d%m%y}"
    latitude = f"{degrees_minutes(sample.latitude, 2)},{'N' if sample.latitude >= 0 else 'S'}"
    longitude = f"{degrees_minutes(sample.longitude, 3)},{'E' if sample.longitude >= 0 else 'W'}"
    hdop = f"{sample.accuracy / METRES_PER_HDOP:.1f}"
    knots = sample.speed * KNOTS_PER_METRE_PER_SECOND
    return (
        sentence(f"GPGGA,{time},{latitude},{longitude},1,09,{hdop},45.0,M,0.0,M,,")
        + sentence(f"GPGSA,A,3,04,05,09,12,24,25,29,31,32,,,,{sample.accuracy / METRES_PER_HDOP * 2:.1f},{hdop},1.3")
        + sentence(f"GPRMC,{time},A,{latitude},{longitude},{knots:.2f},{sample.heading:.2f},{day},,,A")
    )


def drive(start: datetime, seconds: int, driver: Driver, gps: Gps) -> Iterator[str]:
    """The log of a drive that begins at `start` (UTC)."""
    start = start.replace(microsecond=0)
    for second in range(seconds):
        driver.advance(1)
        yield epoch(start + timedelta(seconds=second), gps.look(driver))

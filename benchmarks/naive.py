"""The obvious Django design: a row for each reading, written and read through the ORM.

It is what a good developer writes on the first day, with nothing done badly on purpose: a
bigint key to its meter, a unique constraint, bulk_create in batches of 5,000, ElementTree and
csv from the standard library. Its tables exist only in a benchmark's database.
"""

from __future__ import annotations

import csv
import io
import zlib
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from xml.etree import ElementTree as ET

from django.db import connection, connections, models

from benchmarks.world import Meter, MeterDay, World, as_owner
from usage.formats import QUALITY
from usage.intervals import MISSING, ZONE, Block

BATCH = 5000


class NaiveMeter(models.Model):
    name = models.CharField(max_length=40)

    class Meta:
        app_label = "benchmarks"
        managed = False
        db_table = "benchmarks_meter"


class NaiveReading(models.Model):
    meter = models.ForeignKey(NaiveMeter, models.CASCADE, related_name="readings")
    start = models.DateTimeField()
    kwh = models.DecimalField(max_digits=10, decimal_places=3)
    quality = models.CharField(max_length=40)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        app_label = "benchmarks"
        managed = False
        db_table = "benchmarks_reading"
        constraints = [
            models.UniqueConstraint(fields=["meter", "start"], name="a_reading_comes_once")
        ]


TABLES = "benchmarks_meter, benchmarks_reading"


def make_tables(world: World) -> None:
    """Make the tables as Django's own migration would, and a meter for each of the world's."""
    with connections["owner"].schema_editor() as editor:
        for model in (NaiveMeter, NaiveReading):
            editor.create_model(model)
    NaiveMeter.objects.bulk_create(
        [NaiveMeter(pk=meter.number, name=f"M-{meter.agreement.number}") for meter in world.meters]
    )


def empty() -> None:
    as_owner("TRUNCATE benchmarks_reading RESTART IDENTITY")


def instances(days: Iterable[MeterDay], *, most: int) -> list[NaiveReading]:
    """Make unsaved readings of these days, `most` of them."""
    made: list[NaiveReading] = []
    for meter, block in days:
        for start, wh, code in readings_of(block):
            made.append(
                NaiveReading(
                    meter_id=meter.number,
                    start=start,
                    kwh=Decimal(wh).scaleb(-3),
                    quality=QUALITY[code],
                )
            )
            if len(made) == most:
                return made
    return made


def readings_of(block: Block) -> Iterable[tuple[datetime, int, int]]:
    """The readings held in a day: start, Wh, quality."""
    for index, (wh, code) in enumerate(zip(block.values, block.codes, strict=True)):
        if wh != MISSING:
            yield block.start + timedelta(seconds=index * block.sec), wh, code


def load(readings: Sequence[NaiveReading]) -> None:
    NaiveReading.objects.bulk_create(readings, batch_size=BATCH)


def take_cmep(path: Path) -> None:
    """Read a CMEP file a triplet at a time and save its readings."""
    meters = dict(NaiveMeter.objects.values_list("name", "pk"))
    readings = []
    with path.open(newline="") as file:
        for fields in csv.reader(file):
            meter, step = meters[fields[7]], timedelta(minutes=int(fields[12][4:]))
            triplets = zip(fields[14::3], fields[15::3], fields[16::3], strict=True)
            for time, quality, kwh in triplets:
                if quality.startswith("N"):
                    continue
                end = datetime.strptime(time, "%Y%m%d%H%M").replace(tzinfo=UTC)
                readings.append(
                    NaiveReading(
                        meter_id=meter,
                        start=end - step,
                        kwh=Decimal(kwh),
                        quality=LETTERS[quality[0]],
                    )
                )
    load(readings)


LETTERS = {"R": "raw", "E": "estimated"}

FILL = """
INSERT INTO benchmarks_reading (meter_id, start, kwh, quality, created_at)
SELECT meter, start + (place - 1) * sec * interval '1 second', reading.wh / 1000.0,
       (%s::text[])[reading.code + 1], now()
FROM arrived CROSS JOIN LATERAL unnest(wh, codes) WITH ORDINALITY AS reading (wh, code, place)
WHERE reading.wh IS NOT NULL
"""


def fill(world: World) -> None:
    """Put all readings in by one INSERT … SELECT, in order of arrival: the kindest way possible."""
    words = [QUALITY.get(code, "") for code in range(max(QUALITY) + 1)]
    empty()
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE arrived"
            " (meter bigint, start timestamptz, sec int, wh int[], codes int[])"
        )
        with cursor.copy("COPY arrived FROM STDIN") as copy:
            for meter, block in world.arrivals():
                wh = [None if value == MISSING else value for value in block.values]
                copy.write_row((meter.number, block.start, block.sec, wh, list(block.codes)))
        cursor.execute(FILL, [words])
        cursor.execute("DROP TABLE arrived")
    as_owner("VACUUM ANALYZE benchmarks_reading")


def of(meter: Meter, starts_at: datetime, ends_at: datetime) -> models.QuerySet[NaiveReading]:
    return NaiveReading.objects.filter(
        meter_id=meter.number, start__gte=starts_at, start__lt=ends_at
    ).order_by("start")


def fetch(meter: Meter, starts_at: datetime, ends_at: datetime) -> list[tuple[datetime, Decimal]]:
    """A meter's readings as tuples: the leanest the ORM offers."""
    return list(of(meter, starts_at, ends_at).values_list("start", "kwh"))


def to_csv(meter: Meter, starts_at: datetime, ends_at: datetime) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(
        [
            "Service account",
            "Channel",
            "Start (local time with UTC offset)",
            "End (local time with UTC offset)",
            "Energy (kWh)",
            "Quality",
        ]
    )
    quarter = timedelta(minutes=15)
    for reading in of(meter, starts_at, ends_at):
        writer.writerow(
            [
                f"No. {meter.agreement.number}",
                "delivered",
                reading.start.astimezone(ZONE).isoformat(),
                (reading.start + quarter).astimezone(ZONE).isoformat(),
                reading.kwh,
                reading.quality,
            ]
        )
    return out.getvalue().encode()


ATOM, ESPI = "{http://www.w3.org/2005/Atom}", "{http://naesb.org/espi}"
CODES = {words: code for code, words in QUALITY.items()}


def to_green_button(meter: Meter, starts_at: datetime, ends_at: datetime) -> bytes:
    """An Atom feed built as one ElementTree, gzipped as GZipMiddleware would."""
    feed = ET.Element(f"{ATOM}feed")
    ET.SubElement(feed, f"{ATOM}id").text = f"urn:uuid:{meter.agreement.pk}"
    ET.SubElement(feed, f"{ATOM}title").text = "Green Button usage feed"
    kind = ET.SubElement(_entry(feed, "ReadingType"), f"{ESPI}ReadingType")
    for name, text in (("flowDirection", "1"), ("intervalLength", "900"), ("uom", "72")):
        ET.SubElement(kind, f"{ESPI}{name}").text = text
    readings = of(meter, starts_at, ends_at)
    for day, of_day in groupby(readings, key=lambda reading: reading.start.astimezone(ZONE).date()):
        held = list(of_day)
        block = ET.SubElement(_entry(feed, day.isoformat()), f"{ESPI}IntervalBlock")
        _period(block, "interval", held[0].start, len(held) * 900)
        for reading in held:
            element = ET.SubElement(block, f"{ESPI}IntervalReading")
            if code := CODES[reading.quality]:
                quality = ET.SubElement(element, f"{ESPI}ReadingQuality")
                ET.SubElement(quality, f"{ESPI}quality").text = str(code)
            _period(element, "timePeriod", reading.start, 900)
            ET.SubElement(element, f"{ESPI}value").text = str(int(reading.kwh * 1000))
    packer = zlib.compressobj(6, wbits=31)
    return packer.compress(ET.tostring(feed, "utf-8")) + packer.flush()


def _entry(feed: ET.Element, title: str) -> ET.Element:
    entry = ET.SubElement(feed, f"{ATOM}entry")
    ET.SubElement(entry, f"{ATOM}title").text = title
    return ET.SubElement(entry, f"{ATOM}content")


def _period(parent: ET.Element, name: str, start: datetime, seconds: int) -> None:
    period = ET.SubElement(parent, f"{ESPI}{name}")
    ET.SubElement(period, f"{ESPI}duration").text = str(seconds)
    ET.SubElement(period, f"{ESPI}start").text = str(int(start.timestamp()))

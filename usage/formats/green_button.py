"""Green Button "Download My Data" out: an Atom feed of NAESB ESPI 4.0 resources.

Covers function blocks FB_01 (common), FB_04 (interval metering), FB_05
(electricity), FB_08 (forward and reverse metering) and FB_15 (usage summary).
One UsagePoint for each agreement, one MeterReading with its ReadingType for each
channel and interval length, one IntervalBlock for each local day, from local
midnight to local midnight: 82,800 s in March once, 90,000 s in November once; one
UsageSummary for each bill.

A gap is left out, never written as zero. The readings of a disputed day are marked as
questionable beside what they are; a disputed bill, which ESPI lets have one quality only, is
questionable instead. ESPI has no word for a dispute, so the title of the day's or the bill's
entry says it. Ids are name-based (UUIDv5): the same day
carries the same id in every download, and since they are named by agreement, two
customers of one place share none. No person's name is in the feed.
"""

from array import array
from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import lru_cache
from xml.sax.saxutils import escape

from usage.formats import QUALITY, Agreement, Channel, Summary, Window, atom, days
from usage.formats.atom import MIME, ROOT, SUFFIX, name
from usage.formats.numerals import Written
from usage.intervals import ADJUSTED, ESTIMATED, MISSING, Block, day_epoch, local_day

__all__ = ["MIME", "SUFFIX", "write"]

MEASURING_PERIOD = {
    60: 3,
    120: 10,
    180: 14,
    300: 6,
    600: 1,
    900: 2,
    1200: 31,
    1800: 5,
    3600: 7,
}
PHASE_S1_S2_N, US_DOLLARS = 769, 840
QUESTIONABLE = 10

_BLOCK = (
    b'<IntervalBlock xmlns="http://naesb.org/espi">\n'
    b"<interval><duration>%d</duration><start>%d</start></interval>\n"
)
_READING = "<IntervalReading>{quality}<timePeriod><duration>{sec}</duration><start>"
_QUALITY = "<ReadingQuality><quality>{}</quality></ReadingQuality>"
_VALUE = b"</start></timePeriod><value>%d</value></IntervalReading>\n"
_END = b"</IntervalBlock>\n"


def write(
    agreements: Iterable[Agreement], window: Window | None = None, *, at: datetime
) -> Iterator[bytes]:
    """Yield the feed a day at a time; `at` is the moment it is made.

    Intervals outside the window or outside an agreement's dates are not in it.
    """
    yield atom.OPENING
    window, agreements = window or Window(), list(agreements)
    feed = _Feed(agreements, at)
    yield feed.heading()
    yield feed.local_time()
    for agreement in agreements:
        yield feed.usage_point(agreement)
        inside = window.within(agreement)
        for channel in agreement.channels:
            lengths: dict[int, _Days] = {}
            for block in days(channel, inside):
                if block.sec not in lengths:
                    lengths[block.sec] = _Days(feed, agreement, channel, block.sec)
                    yield feed.meter_reading(agreement, channel, block.sec)
                disputed = bool(agreement.disputed) and agreement.disputes(block.day)
                yield lengths[block.sec].entry(block, disputed=disputed)
        for summary in agreement.summaries:
            yield feed.usage_summary(agreement, summary)
    yield atom.CLOSING


class _Feed(atom.Feed):
    """The entries of a usage feed."""

    def __init__(self, agreements: list[Agreement], at: datetime) -> None:
        id_ = name("Subscription", *sorted(str(agreement.id) for agreement in agreements))
        home = f"{ROOT}/Subscription/{id_}"
        super().__init__(id_, "Green Button usage feed", home, "Subscription", at=at)

    def local_time(self) -> bytes:
        """Pacific time: November's first and March's second Sunday, at 02:00."""
        return self.entry(
            "LocalTimeParameters",
            _PACIFIC,
            "Pacific time",
            '<LocalTimeParameters xmlns="http://naesb.org/espi">'
            "<dstEndRule>B40E2000</dstEndRule><dstOffset>3600</dstOffset>"
            "<dstStartRule>360E2000</dstStartRule><tzOffset>-28800</tzOffset>"
            "</LocalTimeParameters>\n",
            up=f"{ROOT}/LocalTimeParameters",
        )

    def usage_point(self, agreement: Agreement) -> bytes:
        point = name("UsagePoint", agreement.id)
        bills = (f"{self.home}/UsagePoint/{point}/UsageSummary", "espi-feed/UsageSummary")
        return self.entry(
            "UsagePoint",
            point,
            f"Electric service {agreement.label}",
            '<UsagePoint xmlns="http://naesb.org/espi">'
            "<ServiceCategory><kind>0</kind></ServiceCategory><status>1</status></UsagePoint>\n",
            up=f"{self.home}/UsagePoint",
            related=[
                (
                    f"{ROOT}/LocalTimeParameters/{_PACIFIC}",
                    "espi-entry/LocalTimeParameters",
                ),
                (
                    f"{self.home}/UsagePoint/{point}/MeterReading",
                    "espi-feed/MeterReading",
                ),
                *([bills] if agreement.summaries else []),
            ],
        )

    def readings_of(self, agreement: Agreement) -> str:
        return f"{self.home}/UsagePoint/{name('UsagePoint', agreement.id)}/MeterReading"

    def meter_reading(self, agreement: Agreement, channel: Channel, sec: int) -> bytes:
        """A MeterReading and its ReadingType, once per channel and interval length."""
        names = agreement.id, channel.id, sec
        reading, kind = name("MeterReading", *names), name("ReadingType", *names)
        up = self.readings_of(agreement)
        direction = {1: "delivered", 4: "net", 19: "received"}.get(channel.flow, "electricity")
        title = f"Energy {direction}, {sec // 60}-minute intervals"
        return self.entry(
            "MeterReading",
            reading,
            title,
            '<MeterReading xmlns="http://naesb.org/espi"/>\n',
            up=up,
            related=[
                (f"{ROOT}/ReadingType/{kind}", "espi-entry/ReadingType"),
                (f"{up}/{reading}/IntervalBlock", "espi-feed/IntervalBlock"),
            ],
        ) + self.entry(
            "ReadingType",
            kind,
            title,
            '<ReadingType xmlns="http://naesb.org/espi">'
            "<accumulationBehaviour>4</accumulationBehaviour><commodity>1</commodity>"
            f"<currency>{US_DOLLARS}</currency><dataQualifier>12</dataQualifier>"
            f"<defaultQuality>0</defaultQuality><flowDirection>{channel.flow}</flowDirection>"
            f"<intervalLength>{sec}</intervalLength><kind>12</kind><phase>{PHASE_S1_S2_N}</phase>"
            "<powerOfTenMultiplier>0</powerOfTenMultiplier><timeAttribute>0</timeAttribute>"
            f"<uom>72</uom><measuringPeriod>{MEASURING_PERIOD.get(sec, 0)}</measuringPeriod>"
            "</ReadingType>\n",
            up=f"{ROOT}/ReadingType",
        )

    def usage_summary(self, agreement: Agreement, summary: Summary) -> bytes:
        """What one bill says: its period, its energy and, where it is known, its cost."""
        point = f"{self.home}/UsagePoint/{name('UsagePoint', agreement.id)}"
        start, end, made = (
            int(moment.timestamp())
            for moment in (summary.starts_at, summary.ends_at, summary.made_at)
        )
        energy = "<powerOfTenMultiplier>0</powerOfTenMultiplier>{}<uom>72</uom><value>{}</value>"
        cost = "" if summary.cost is None else f"<billLastPeriod>{summary.cost}</billLastPeriod>"
        rate = summary.rate and f"<tariffProfile>{escape(summary.rate)}</tariffProfile>"
        whole = energy.format("", summary.wh)
        quality = QUESTIONABLE if summary.disputed else _outward(summary.quality)
        called = f"Bill {local_day(start)} to {local_day(end - 1)}"
        stamped = energy.format(f"<timeStamp>{end}</timeStamp>", summary.wh)
        return self.entry(
            "UsageSummary",
            name("UsageSummary", agreement.id, summary.id),
            f"{called}, disputed" if summary.disputed else called,
            '<UsageSummary xmlns="http://naesb.org/espi">'
            f"<billingPeriod><duration>{end - start}</duration><start>{start}</start>"
            f"</billingPeriod>{cost}<currency>{US_DOLLARS}</currency>"
            f"<overallConsumptionLastPeriod>{whole}</overallConsumptionLastPeriod>"
            "<currentBillingPeriodOverAllConsumption>"
            f"{stamped}</currentBillingPeriodOverAllConsumption>"
            f"<qualityOfReading>{quality}</qualityOfReading>"
            f"<statusTimeStamp>{made}</statusTimeStamp><commodity>1</commodity>{rate}"
            "</UsageSummary>\n",
            up=f"{point}/UsageSummary",
            related=[(point, "espi-entry/UsagePoint")],
        )


class _Days:
    """The entries of one channel's days. What they have in common is put together once."""

    def __init__(self, feed: _Feed, agreement: Agreement, channel: Channel, sec: int) -> None:
        names = agreement.id, channel.id, sec
        up = f"{feed.readings_of(agreement)}/{name('MeterReading', *names)}/IntervalBlock"
        self.name = "/".join(map(str, names))
        self.around = feed.entry("IntervalBlock", "\0", "\0", "\0", up=up).split(b"\0")

    def entry(self, block: Block, *, disputed: bool) -> bytes:
        day = block.day.isoformat()
        id_ = name("IntervalBlock", self.name, day).encode()
        begin, link, title, content, end = self.around
        texts = _readings(block, disputed)
        called = f"{day}, disputed" if disputed else day
        texts[0] = b"".join((begin, id_, link, id_, title, called.encode(), content, texts[0]))
        texts[-1] += end
        return b"".join(texts)


def _readings(block: Block, disputed: bool) -> list[bytes]:
    """The texts of one IntervalBlock, from its first reading held to its last.

    Two texts a reading: its start, and all there is from there up to the next one's start.
    """
    sec, values, codes = block.sec, block.values, block.quality or b""
    starts = _starts(day_epoch(block.day), sec, block.count).split()
    if block.missing:
        kept = [index for index, wh in enumerate(values) if wh != MISSING]
        starts = [starts[index] for index in kept]
        codes = bytes(codes[index] for index in kept) if codes else codes
        values = array("i", [values[index] for index in kept])
    texts = [b""] * (2 * len(values) + 1)
    texts[1::2] = starts
    if any(codes):
        following = [_between(sec, code, disputed) for code in codes[1:] + b"\0"]
        texts[2::2] = [between[wh] for between, wh in zip(following, values, strict=True)]
    else:
        texts[2::2] = map(_between(sec, 0, disputed).__getitem__, values)
    begin, end = int(starts[0]), int(starts[-1]) + sec
    texts[0] = _BLOCK % (end - begin, begin) + _opening(sec, codes[0] if codes else 0, disputed)
    texts[-1] = _VALUE % values[-1] + _END
    return texts


@lru_cache(maxsize=64)
def _opening(sec: int, code: int, disputed: bool) -> bytes:
    """A reading of this quality up to its start."""
    said = [_outward(code)] if code else []
    if disputed and QUESTIONABLE not in said:
        said.append(QUESTIONABLE)
    return _READING.format(quality="".join(map(_QUALITY.format, said)), sec=sec).encode()


@lru_cache(maxsize=8)
def _between(sec: int, code: int, disputed: bool) -> Written[bytes]:
    """From a reading's start, over its value, to the start of the next one, of this quality."""
    opening = _opening(sec, code, disputed)
    return Written(lambda wh: _VALUE % wh + opening)


@lru_cache(maxsize=512)
def _starts(first: int, sec: int, count: int) -> bytes:
    """The starts of a day in digits: the same for everybody, so a year of them is remembered."""
    return " ".join(map(str, range(first, first + count * sec, sec))).encode()


def _outward(code: int) -> int:
    """Codes other programs know: 19 (revenue quality) goes as 17, unknown ones as 16, other.

    Where a sender does not say how a value was estimated or adjusted, the nearest code goes.
    """
    near = {19: 17, ESTIMATED: 8, ADJUSTED: 7}.get(code, code)
    return near if near in QUALITY else 16


_PACIFIC = name("LocalTimeParameters", "America/Los_Angeles")

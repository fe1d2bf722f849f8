"""Energy as people read it. Inside it is whole watt-hours, everywhere else kilowatt-hours."""

from django import template

register = template.Library()


@register.filter
def kwh(wh: int | None, decimals: int = 1) -> str:
    """Write Wh as kWh, "1,234.5". A missing value is nothing at all, never a zero.

    Numbers look alike in both languages: Spanish readers in California know bills with a
    decimal point.
    """
    return "" if wh is None else f"{wh / 1000:,.{decimals}f}"

"""Energy and money as people read them: kilowatt-hours and dollars, never Wh and cents."""

from django import template

register = template.Library()


@register.filter
def kwh(wh: int | None, decimals: int = 1) -> str:
    """Write Wh as kWh, "1,234.5". A missing value is nothing at all, never a zero.

    Numbers look alike in both languages: Spanish readers in California know bills with a
    decimal point.
    """
    return "" if wh is None else f"{wh / 1000:,.{decimals}f}".replace("-", "−")


@register.filter
def dollars(cents: int | None) -> str:
    """Write US cents as dollars, "$1,234.50" or "−$3.20"; nothing for what is not held."""
    if cents is None:
        return ""
    return f"{'−' if cents < 0 else ''}${abs(cents) / 100:,.2f}"

"""Says when the schedules of EventBridge Scheduler are due.

Expressions are at(yyyy-mm-ddThh:mm:ss), rate(number unit) and cron(minutes hours
day-of-month month day-of-week year), in a time zone by its IANA name. Of cron's
signs L, W and # are not known.
"""

import calendar
import datetime
import re
import zoneinfo

UNITS = {"minute": 60, "hour": 60 * 60, "day": 24 * 60 * 60}
MONTHS = {name.upper(): n for n, name in enumerate(calendar.month_abbr) if name}
DAYS = {
    name: n for n, name in enumerate("SUN MON TUE WED THU FRI SAT".split(), start=1)
}
# Field by field: smallest, largest, names.
FIELDS = (
    (0, 59, {}),
    (0, 23, {}),
    (1, 31, {}),
    (1, 12, MONTHS),
    (1, 7, DAYS),
    (1970, 2199, {}),
)


def values(field, smallest, largest, names):
    """The numbers that a field of cron stands for."""

    def number(text):
        return names.get(text.upper()) or int(text)

    found = set()
    for part in field.split(","):
        part, _, step = part.partition("/")
        if part in ("*", "?"):
            first, last = smallest, largest
        elif "-" in part:
            first, last = (number(end) for end in part.split("-"))
        else:
            first = number(part)
            last = largest if step else first
        if not smallest <= first <= last <= largest:
            raise ValueError(f"{field} is not within {smallest} and {largest}")
        found.update(range(first, last + 1, int(step or 1)))
    return found


def meets(cron, moment):
    """Whether a minute, in the schedule's own time, is one of the expression's."""
    fields = cron.split()
    if len(fields) != len(FIELDS):
        raise ValueError(f"cron({cron}) does not have {len(FIELDS)} fields")
    actual = (
        moment.minute,
        moment.hour,
        moment.day,
        moment.month,
        moment.isoweekday() % 7 + 1,
        moment.year,
    )
    return all(
        value in values(field, *bounds)
        for field, bounds, value in zip(fields, FIELDS, actual)
    )


def due(expression, timezone, begin, last, now):
    """Whether a time of the schedule lies after last and not after now.

    begin, when the schedule was made, last and now are seconds since 1970.
    """
    zone = zoneinfo.ZoneInfo(timezone)
    kind, text = re.fullmatch(r"(at|rate|cron)\(\s*(.+?)\s*\)", expression).groups()
    if kind == "at":
        moment = datetime.datetime.fromisoformat(text).replace(tzinfo=zone)
        return last < moment.timestamp() <= now
    if kind == "rate":
        count, unit = text.split()
        interval = int(count) * UNITS[unit.removesuffix("s")]
        return int((now - begin) // interval) > max(0, int((last - begin) // interval))
    first = int(last // 60) + 1
    return any(
        meets(text, datetime.datetime.fromtimestamp(minute * 60, zone))
        for minute in range(first, int(now // 60) + 1)
    )

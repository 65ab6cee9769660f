#!/usr/bin/env python3
"""Gives mutated cores to the debuggers' reader of our notes: notes.py SECONDS CORPUS [SEED]

It may say that a core has nothing of ours, and raise nothing but what a file that can't be read raises.
"""

import os
import random
import resource
import sys
import tempfile
import time

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
sys.path.insert(0, os.path.join(ROOT, "share"))
sys.dont_write_bytecode = True
import coresalvage_notes  # noqa: E402

EDGES = [0, 1, 39, 40, 0x7F, 0xFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, 1 << 63, (1 << 63) - 1, (1 << 64) - 1]
MEMORY = 1 << 30
PATIENCE = 5.0


def mutated(random, seeds):
    data = bytearray(random.choice(seeds))
    for _ in range(random.choice([1, 1, 2, 3, 6])):
        at = random.randrange(len(data))
        size = random.choice([1, 2, 4, 8])
        if random.random() < 0.1:
            del data[at:]
        elif random.random() < 0.3:
            data[at] = random.randrange(256)
        else:
            value = random.choice(EDGES) & ((1 << 8 * size) - 1)
            order = random.choice(["little", "big"])
            data[at:at + size] = value.to_bytes(size, order)
        if not data:
            data = bytearray(b"\x7fELF")
    return bytes(data)


def main():
    limit, corpus = float(sys.argv[1]), sys.argv[2]
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else random.randrange(1 << 32)
    generator = random.Random(seed)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    seeds = []
    for name in sorted(os.listdir(corpus)):
        with open(os.path.join(corpus, name), "rb") as file:
            # The first two bytes choose a way and its options.
            data = file.read()[2:]
        if data[:4] == b"\x7fELF":
            seeds.append(data)
    runs, start = 0, time.monotonic()
    handle, path = tempfile.mkstemp(prefix="coresalvage-notes.")
    try:
        while time.monotonic() - start < limit:
            data = mutated(generator, seeds)
            os.ftruncate(handle, 0)
            os.pwrite(handle, data, 0)
            began = time.monotonic()
            try:
                record = coresalvage_notes.Record(path)
                record.warning()
                record.summary()
                record.find(generator.choice(EDGES))
            except Exception as error:
                print("notes.py: run %d of seed %d: %r" % (runs, seed, error))
                with open("notes-found", "wb") as found:
                    found.write(data)
                raise
            if time.monotonic() - began > PATIENCE:
                sys.exit("notes.py: run %d of seed %d takes too long" % (runs, seed))
            runs += 1
    finally:
        os.close(handle)
        os.unlink(path)
    print("the debuggers' reader: %d runs of seed %d" % (runs, seed))


main()

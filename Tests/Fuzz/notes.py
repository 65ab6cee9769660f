#!/usr/bin/env python3
"""Gives mutated cores to the debuggers' reader of our notes: notes.py SECONDS CORPUS FOUND [SEED]

It may say that a core has nothing of ours, and raise nothing but what a file that can't be read raises. What breaks it is
left in the folder FOUND.
"""

import os
import random
import resource
import sys
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
    limit, corpus, path = float(sys.argv[1]), sys.argv[2], os.path.join(sys.argv[3], "notes")
    seed = int(sys.argv[4]) if len(sys.argv) > 4 else random.randrange(1 << 32)
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
    with open(path, "wb", buffering=0) as file:
        while time.monotonic() - start < limit:
            data = mutated(generator, seeds)
            file.truncate(0)
            os.pwrite(file.fileno(), data, 0)
            # A busy machine is no fault of the reader.
            began = time.process_time()
            try:
                record = coresalvage_notes.Record(path)
                record.warning()
                record.summary()
                record.find(generator.choice(EDGES))
            except Exception as error:
                print("notes.py: run %d of seed %d, left in %s: %r" % (runs, seed, path, error))
                raise
            if time.process_time() - began > PATIENCE:
                sys.exit("notes.py: run %d of seed %d, left in %s, takes too long" % (runs, seed, path))
            runs += 1
    os.unlink(path)
    print("the debuggers' reader: %d runs of seed %d" % (runs, seed))


main()

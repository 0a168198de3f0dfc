#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""elements.py CONFIGURATION STATUS - pages 01h and 02h (files, as sg_ses -rr
writes them) as one line per element, in page order:

    TYPE INDEX SUBENCLOSURE STATUS          17 3 0 01000200

INDEX counts the elements of one type through all type descriptors.  This is a
decoder of its own, so that the daemon's is held against something.
"""
import sys

with open(sys.argv[1], "rb") as f:
    config = f.read()
with open(sys.argv[2], "rb") as f:
    status = f.read()

at = 8
types = 0
for _ in range(config[1] + 1):
    types += config[at + 2]
    at += 4 + config[at + 3]
where = 8
count = {}
for _ in range(types):
    kind, possible, subenclosure = config[at], config[at + 1], config[at + 2]
    at += 4
    where += 4  # the overall element
    for _ in range(possible):
        index = count.get(kind, 0)
        count[kind] = index + 1
        print("%02x %d %d %s" % (kind, index, subenclosure, status[where:where + 4].hex()))
        where += 4

"""Ways to damage a file, all functions of a random number generator."""

import copy
import json
import struct
import zipfile

from containers import join_archive, split

EXTREMES = [0, 1, 2**7, 2**8 - 1, 2**15, 2**16 - 1, 2**31 - 1, 2**32 - 1]
ODD = [None, True, -1, 0, 10**9, 10**30, 1e308, float("nan"), "", "x" * 999, "keras.ops", [], {}]
DEEP = 300  # levels


def damage(content, random):
    """Returns other bytes: of a file with checksums often ones whose checksums are right."""
    parts, join = split(content)
    if not parts or random.random() < 0.3:
        return change_bytes(content, random)
    place = random.randrange(len(parts))
    name, part = parts[place]
    chance = random.random()
    if chance < 0.05:
        return join([*parts[:place], *parts[place + 1 :]] or parts)
    if chance < 0.1 and join is join_archive:
        parts[place] = name, part + bytes(random.choice([10**4, 10**8]))
        return join_archive(parts, zipfile.ZIP_DEFLATED)  # a bomb
    change = change_json if name.endswith(".json") and chance < 0.8 else change_bytes
    parts[place] = name, change(part, random)
    return join(parts)


def change_bytes(content, random):
    """Returns bytes of which some are changed, cut off, doubled, left out, or an extreme number."""
    changed = bytearray(content or b"\0")
    end = len(changed) if random.random() < 0.5 else min(64, len(changed))  # heads are short
    for _ in range(random.choice([1, 1, 3, 10])):
        changed[random.randrange(end)] = random.randrange(256)
    first, last = sorted(random.randrange(len(changed)) for _ in range(2))
    kind = random.choice(["bytes", "bytes", "number", "number", "cut", "double", "leave out"])
    if kind == "number":
        place, order = random.randrange(end), random.choice("<>")
        number = struct.pack(order + "I", random.choice(EXTREMES))
        width = random.choice([2, 4])
        changed[place : place + width] = number[-width:] if order == ">" else number[:width]
    elif kind == "cut":
        del changed[first:]
    elif kind == "double":
        changed[first:first] = changed[first:last]
    elif kind == "leave out":
        del changed[first:last]
    return bytes(changed)


def change_json(content, random):
    """Returns JSON with one or two parts that are odd, missing, or in a place of another."""
    tree = [json.loads(content)]
    for _ in range(random.choice([1, 1, 2])):
        holder, key = random.choice(list(places(tree)))
        kind = random.choice(["odd", "odd", "number", "delete", "swap", "deep"])
        if kind == "odd":
            holder[key] = copy.copy(random.choice(ODD))
        elif kind == "number":
            holder, key = random.choice([p for p in places(tree) if is_number(*p)] or [(tree, 0)])
            holder[key] = random.choice([*EXTREMES, -5, 0.5, 10**12])
        elif kind == "delete" and holder is not tree:
            del holder[key]
        elif kind == "swap":
            other, place = random.choice(list(places(tree)))
            holder[key] = copy.deepcopy(other[place])
        elif kind == "deep":
            for _ in range(random.choice([3, DEEP])):
                holder[key] = [holder[key]]
    return json.dumps(tree[0]).encode()


def places(tree):
    """Yields where the parts of JSON are: what holds them, and their key in it."""
    for key, part in list(tree.items() if isinstance(tree, dict) else enumerate(tree)):
        yield tree, key
        if isinstance(part, dict | list):
            yield from places(part)


def is_number(holder, key):
    return isinstance(holder[key], int) and not isinstance(holder[key], bool)

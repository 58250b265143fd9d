"""Which head a shard demands, by schemas/README.md alone: for reader.py, which must not believe the program that it checks."""

# The states that may follow; compaction may leave only the last one of a request.
FOLLOWS = {None: ("requested", "committing", "committed", "aborted"), "requested": ("committing", "aborted"),
           "committing": ("committed",)}


class HeadRule:
    """Cut-overs of the control topic and markers of the shards topic, in the order of their offsets."""

    def __init__(self):
        self.cutovers = {}  # request: the record that counts, with its number
        self.markers = {}  # partition: [(offset, record)]

    def cutover(self, record, offset):
        """Keeps what counts: requested, then committing and committed, or aborted; the first decision wins."""
        known = self.cutovers.get(record["request"])
        if record["state"] not in FOLLOWS.get(known and known["state"], ()) or record.get("number", 0) > offset:
            return
        if record["state"] == "requested":
            record["number"] = offset
        elif known is not None and known["state"] == "committing":
            # Of two announcements the first counts, with its number and token.
            record.update({name: known[name] for name in ("number", "token", "scan_from") if name in known})
        self.cutovers[record["request"]] = record

    def marker(self, record, partition, offset):
        self.markers.setdefault(partition, []).append((offset, record))

    def announced(self, marker, partition):
        """A marker counts only if it repeats an announcement for its partition, token included."""
        record = self.cutovers.get(marker["request"])
        if record is None or record["state"] not in ("committing", "committed"):
            return False
        same = all(marker.get(name) == record.get(name) for name in ("number", "slot", "head", "label", "token"))
        return same and any(place["partition"] == partition for place in record["scan_from"])

    def demanded(self, streams):
        """The marker whose head each shard demands; None where there is none.

        That of the last marker below it whose number is above those of its slot before it, in its stream's slot, else the
        default slot; before the first default marker of the partition, that one. `streams`: (partition, offset): stream.
        """
        heads, partitions = {}, {}
        for partition, offset in streams:
            partitions.setdefault(partition, []).append(offset)
        for partition, offsets in partitions.items():
            markers = [(offset, marker) for offset, marker in sorted(self.markers.get(partition, []), key=lambda m: m[0])
                       if self.announced(marker, partition)]
            first = next((marker for _, marker in markers if marker["slot"] == "default"), None)
            force, passed = {}, 0
            for offset in sorted(offsets):
                while passed < len(markers) and markers[passed][0] < offset:
                    marker = markers[passed][1]
                    if marker["number"] > force.get(marker["slot"], {"number": -1})["number"]:
                        force[marker["slot"]] = marker
                    passed += 1
                stream = streams[partition, offset]
                heads[partition, offset] = force.get(f"stream:{stream}") or force.get("default") or first
        return heads

"""Which head a shard demands, by schemas/README.md alone: for judgement.py, which must not believe what it checks."""

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

    def is_announced(self, marker, partition):
        """A marker counts only if it repeats an announcement for its partition, token included."""
        record = self.cutovers.get(marker.get("request"))
        if record is None or record["state"] not in ("committing", "committed"):
            return False
        same = all(marker.get(name) == record.get(name) for name in ("number", "slot", "head", "label", "token"))
        return same and any(place["partition"] == partition for place in record.get("scan_from", []))

    def announced(self, partition):
        """The markers of a partition that count, by offset."""
        return [(offset, marker) for offset, marker in sorted(self.markers.get(partition, []), key=lambda pair: pair[0])
                if self.is_announced(marker, partition)]

    def stray_markers(self):
        """What is wrong with markers, in words: second, misplaced, false.

        second: of a cut-over whose marker the partition has already. misplaced: elsewhere than where the committed cut-over
        says, or not at all. false: announced by nobody.
        """
        second, misplaced, false, first = [], [], [], {}
        for partition, markers in sorted(self.markers.items()):
            for offset, marker in sorted(markers, key=lambda pair: pair[0]):
                place = f"of #{marker.get('number')} at {partition}@{offset}"
                if not self.is_announced(marker, partition):
                    false.append(place)
                elif (partition, marker["number"]) in first:
                    second.append(place)
                else:
                    first[partition, marker["number"]] = offset
        for record in self.cutovers.values():
            for named in record.get("offsets", []) if record["state"] == "committed" else []:
                offset = first.get((named["partition"], record["number"]))
                if offset != named["offset"]:
                    misplaced.append(f"of #{record['number']} at {named['partition']}@{offset}, not {named['offset']}")
        return second, misplaced, false

    def timeline(self, partition):
        return Timeline(self.announced(partition))


class Timeline:
    """The heads of a partition, asked for shard after shard."""

    def __init__(self, markers):
        self.markers, self.passed, self.force = markers, 0, {}
        self.first = next((marker for _, marker in markers if marker["slot"] == "default"), None)

    def head(self, offset, stream):
        """The marker whose head a shard demands; None where there is none. Offsets must ascend.

        That of the last marker below it whose number is above those of its slot before it, in its stream's slot, else the
        default slot; before the first default marker of the partition, that one.
        """
        while self.passed < len(self.markers) and self.markers[self.passed][0] < offset:
            marker = self.markers[self.passed][1]
            if marker["number"] > self.force.get(marker["slot"], {"number": -1})["number"]:
                self.force[marker["slot"]] = marker
            self.passed += 1
        return self.force.get(f"stream:{stream}") or self.force.get("default") or self.first

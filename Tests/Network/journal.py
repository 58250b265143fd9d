"""What the independent reader saw while it happened: when each shard and each prediction came, who owned what."""
import pathlib


class Journal:
    """Reads on in the reader's file whenever it is asked. Times are milliseconds since 1970, by this machine's clock."""

    def __init__(self, file: pathlib.Path):
        self.file, self.place, self.rest = file, 0, ""
        self.shards = {}  # (partition, offset): created, appended, seen, images
        self.first = {}  # (partition, offset, index): appended, seen
        self.unseen = {}  # (partition, offset): images without a prediction
        self.workers = {}  # name: at, state, partitions; the newest heartbeat
        self.beats = []  # seen, name, at
        self.leaders = []  # seen, name
        self.decisions = []  # seen, offset, request, state, label
        self.markers = 0
        self.errors = []

    def read(self):
        if not self.file.exists():
            return self
        with open(self.file) as file:
            file.seek(self.place)
            text = self.rest + file.read()
            self.place = file.tell()
        *lines, self.rest = text.split("\n")
        for line in lines:
            kind, seen, *fields = line.split("\t")
            self._take(kind, int(seen), fields)
        return self

    def _take(self, kind, seen, fields):
        match kind:
            case "S":
                partition, offset, appended, created, images, _ = map(int, fields)
                self.shards[partition, offset] = (created, appended, seen, images)
                early = sum((partition, offset, index) in self.first for index in range(images))
                self.unseen[partition, offset] = images - early
            case "P":
                partition, offset, index, appended = map(int, fields)
                if (partition, offset, index) in self.first:
                    return
                self.first[partition, offset, index] = (appended, seen)
                if (partition, offset) in self.unseen:
                    self.unseen[partition, offset] -= 1
            case "W":
                at, name, state, owned = fields
                parts = [int(part) for part in owned.split(",") if part]
                self.beats.append((seen, name, int(at)))
                if int(at) >= self.workers.get(name, (0,))[0]:
                    self.workers[name] = (int(at), state, parts)
            case "L":
                self.leaders.append((seen, fields[1]))
            case "C":
                self.decisions.append((seen, *fields))
            case "M":
                self.markers += 1
            case "E":
                self.errors.append((seen, fields[0]))

    def leader(self, now_ms):
        """Whose heartbeats as a coordinator that leads came within the last two seconds and a half, or None."""
        return self.leaders[-1][1] if self.leaders and self.leaders[-1][0] > now_ms - 2_500 else None

    @property
    def waiting(self):
        """Images seen in shards and not in predictions."""
        return sum(self.unseen.values())

    def waits(self, since_ms=0):
        """Of the images packed since a second before, the longest times in seconds, each of its own image.

        `all`: packed by the camera to prediction seen; `sent`: packed to appended to the shards; `scored`: shard appended
        to prediction appended.
        """
        longest = dict.fromkeys(("all", "sent", "scored"), 0)
        for (partition, offset, _), (appended, seen) in self.first.items():
            created, shard_appended, _, _ = self.shards.get((partition, offset), (None,) * 4)
            if created is None or created < since_ms - 1_000:
                continue
            longest["all"] = max(longest["all"], seen - created)
            longest["sent"] = max(longest["sent"], shard_appended - created)
            longest["scored"] = max(longest["scored"], appended - shard_appended)
        return {name: value / 1_000 for name, value in longest.items()}

    def decided(self, request, state):
        """When a cut-over was seen to be in a state, or None."""
        return next((seen for seen, _, name, its, _ in self.decisions if (name, its) == (request, state)), None)

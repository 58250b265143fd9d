"""One line that says what an experiment showed."""


class Verdict:
    """Figures in the order in which they came, and those of them that are not as they should be."""

    def __init__(self, name, setting):
        self.name, self.setting = name, setting
        self.figures, self.failures, self.ends = [], [], ""

    def note(self, text):
        self.figures.append(text)

    def goal(self, text, holds):
        """A figure with its goal in words; it fails the experiment where the goal does not hold."""
        self.figures.append(text)
        if not holds:
            self.failures.append(text)

    def bound(self, what, seconds, most):
        """A time that is to be at most so long; None is never."""
        text = f"{what} {'never' if seconds is None else f'{seconds:.1f} s'} (goal {most:g})"
        self.goal(text, seconds is not None and seconds <= most)

    def counted(self, count, mode, settled):
        """What the independent reader found in the topics alone."""
        self.note(f"{count['images']} images")
        if not settled:
            self.failures.append("not everything was done in time")
        exact = ["unscored", "differing", "wrong_heads", "second_markers"] + (["repeats"] if mode == "exactly-once" else [])
        for key in exact:
            self.goal(f"{count[key]} {key.replace('_', ' ')}", count[key] == 0)
        if mode != "exactly-once":
            self.note(f"{count['repeats']} identical repeats")
        for key in ("misplaced_markers", "strangers", "sent_twice", "dead_letters"):
            if count[key]:
                self.goal(f"{count[key]} {key.replace('_', ' ')}", False)

    def nobody_ended(self, ends):
        self.goal("nobody ended" if not ends else f"ENDED: {ends}", not ends)

    @property
    def passed(self):
        return not self.failures

    def __str__(self):
        line = f"{'PASS' if self.passed else 'FAIL'} {self.name}, {self.setting}: {', '.join(self.figures)}"
        return line if self.passed else f"{line}. Not so: {'; '.join(failure.split(':')[0] for failure in self.failures)}"

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
        """What the independent reader found in the topics alone; what is wrong with it, it says itself."""
        self.note(f"{count['images']} images")
        if not settled:
            self.failures.append("not everything was done in time")
        repeats = "repeats" if mode == "exactly-once" else "identical repeats"
        for name, words in (("lost", "lost"), ("repeats_differing", "differing"), ("wrong_heads", "wrong heads"),
                            ("second_markers", "second markers"), ("repeats_same_bytes", repeats)):
            self.note(f"{count[name]} {words}")
        for fault in count["faults"]:
            self.goal(fault, False)

    def nobody_ended(self, ends):
        self.goal("nobody ended" if not ends else f"ENDED: {ends}", not ends)

    @property
    def passed(self):
        return not self.failures

    def __str__(self):
        line = f"{'PASS' if self.passed else 'FAIL'} {self.name}, {self.setting}: {', '.join(self.figures)}"
        return line if self.passed else f"{line}. Not so: {'; '.join(failure.split(':')[0] for failure in self.failures)}"

"""Which Python has the client library that the reader needs."""
import subprocess
import sys


def with_client():
    """The path of one that has confluent-kafka: this one, or the distribution's; None if there is none."""
    for python in (sys.executable, "/usr/bin/python3"):
        if subprocess.run([python, "-c", "import confluent_kafka"], capture_output=True).returncode == 0:
            return python
    return None

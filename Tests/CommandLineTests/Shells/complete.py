#!/usr/bin/env python3
"""Types a line and a tab into a real, interactive shell, and prints the line as the shell leaves it.

usage: complete.py bash|zsh|fish SCRIPT FOLDER LINE

SCRIPT is sourced first; FOLDER, which holds the program, stands first in PATH. The shell's own start-up files are
not read. Ends with 1 if the shell does not answer in time.
"""
import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time

START = {
    "bash": ["bash", "--norc", "--noprofile", "-i"],
    "zsh": ["zsh", "-f", "-i"],
    "fish": ["fish", "-N", "-i"],
}
# Each shell then offers a function that prints its line, so that the answer does not hang on how lines are drawn.
SETUP = {
    "bash": "source {script}; show() {{ echo \"<$READLINE_LINE>\"; }}; bind -x '\"\\C-x\": show'",
    "zsh": "autoload -U compinit; compinit -u -D; source {script}; "
    'show() {{ echo "<$BUFFER>"; }}; zle -N show; bindkey "^X" show',
    "fish": "source {script}; function show; echo \"<\"(commandline)\">\"; end; bind \\cx show",
}
SECONDS = 30


def main() -> int:
    shell, script, folder, line = sys.argv[1:]
    environment = {
        "PATH": folder + ":/usr/bin:/bin", "HOME": os.path.dirname(script), "TERM": "dumb", "LC_ALL": "C.UTF-8",
    }
    child, terminal = pty.fork()
    if child == 0:
        # Wide enough that no line is drawn in two.
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("4H", 40, 400, 0, 0))
        os.execvpe(START[shell][0], START[shell], environment)
    try:
        # The shell echoes what is typed: the answer must not stand in the question.
        send(terminal, SETUP[shell].format(script=script) + "; echo re''ady\r")
        if not wait(terminal, "ready\r\n"):
            return 1
        send(terminal, line + "\t")
        # Asked again until the completion, which runs the program, has come in.
        end = time.monotonic() + SECONDS
        answer = None
        while time.monotonic() < end:
            send(terminal, "\x18")
            shown = wait(terminal, ">", 2)
            found = re.findall(r"<(.*)>", shown or "")
            if found and found[-1] != line:
                answer = found[-1]
                break
        print(answer if answer is not None else line)
        return 0
    finally:
        os.kill(child, signal.SIGKILL)


def send(terminal: int, text: str) -> None:
    os.write(terminal, text.encode())


def wait(terminal: int, text: str, seconds: float = SECONDS):
    """What was read up to and with `text`, or None if it does not come."""
    seen, end = "", time.monotonic() + seconds
    while text not in seen and time.monotonic() < end:
        if select.select([terminal], [], [], 0.1)[0]:
            try:
                seen += os.read(terminal, 65536).decode(errors="replace")
            except OSError:
                break
    return seen if text in seen else None


if __name__ == "__main__":
    sys.exit(main())

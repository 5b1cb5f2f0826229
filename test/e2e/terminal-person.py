"""Runs a program at a pseudo-terminal of its own, as a person would.

    python3 terminal-person.py STEPS PROGRAM ARGUMENT...

STEPS is a JSON array of pairs: ["see", TEXT] waits until the terminal shows a text after what was
seen before, ["type", TEXT], ["signal", NAME], ["set", MODES] sets the modes of the terminal as
another program would ("-echo"), ["as before", ""] waits until it has the modes that it had before the
program, ["close", ""] takes the terminal away, and ["end", ""] waits for the
program, which every run does at last. Prints one JSON object: the exit code (of a signal, its
negative number), the modes before the program, at each ["modes", ""] and after it, and what was
shown.
"""

import fcntl
import json
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time

PATIENCE = 20

steps, command = json.loads(sys.argv[1]), sys.argv[2:]
master, slave = pty.openpty()
fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
shown, seen = b"", 0


def own_terminal():
    os.setsid()
    fcntl.ioctl(slave, termios.TIOCSCTTY, 0)


def modes():
    stty = ["stty", "-g"]
    return subprocess.run(stty, stdin=slave, capture_output=True, text=True).stdout.strip()


def read(seconds):
    global shown
    if not select.select([master], [], [], seconds)[0]:
        return
    try:
        shown += os.read(master, 65536)
    except OSError:
        time.sleep(seconds)


def wait(what, is_so):
    end = time.monotonic() + PATIENCE
    while not is_so():
        if time.monotonic() > end:
            program.kill()
            sys.exit(f"waited for {what}: {shown!r}")
        if master is None:
            time.sleep(0.01)
        else:
            read(0.02)


result = {"before": modes(), "during": []}
program = subprocess.Popen(
    command, stdin=slave, stdout=slave, stderr=slave, preexec_fn=own_terminal
)
for step, text in steps:
    if step == "see":
        wait(text, lambda: text.encode() in shown[seen:])
        seen = shown.index(text.encode(), seen) + len(text)
    elif step == "type":
        os.write(master, text.encode())
    elif step == "signal":
        program.send_signal(getattr(signal, text))
    elif step == "set":
        subprocess.run(["stty", *text.split()], stdin=slave)
    elif step == "modes":
        result["during"].append(modes())
    elif step == "end":
        wait("the end", lambda: program.poll() is not None)
    elif step == "as before":
        wait("the modes of before", lambda: modes() == result["before"])
    elif step == "close":
        os.close(slave)
        os.close(master)
        master = None
wait("the end", lambda: program.poll() is not None)
if master is not None:
    read(0)
    result["after"] = modes()
result["exitCode"], result["shown"] = program.returncode, shown.decode(errors="replace")
print(json.dumps(result))

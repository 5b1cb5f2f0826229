"""Runs a program at a pseudo-terminal whose modes another program changes all the time.

    python3 terminal-neighbour.py TERMINALS PROGRAM ARGUMENT...

TERMINALS are the descriptors of the program that are the terminal ("02"); the others are pipes.
Prints one JSON object: how often the neighbour has set modes, where they were not what it had set
when it looked again, and the program's exit code and output.
"""

import fcntl
import json
import os
import pty
import subprocess
import sys
import termios
import time

ECHO_FLAGS, CHARACTERS = 3, 6

terminals, *command = sys.argv[1:]
master, slave = pty.openpty()
os.set_blocking(master, False)


def own_terminal():
    os.setsid()
    fcntl.ioctl(slave, termios.TIOCSCTTY, 0)


streams = [slave if str(n) in terminals else subprocess.PIPE for n in range(3)]
program = subprocess.Popen(
    command, stdin=streams[0], stdout=streams[1], stderr=streams[2], preexec_fn=own_terminal
)
if program.stdin:
    program.stdin.close()

modes = termios.tcgetattr(slave)
rounds, changed, shown = 0, [], b""


def drain():
    global shown
    try:
        shown += os.read(master, 65536)
    except OSError:
        pass  # nothing was written


while True:
    has_ended = program.poll() is not None
    now = termios.tcgetattr(slave)
    if now != modes:
        changed.append({"round": rounds, "set": modes[ECHO_FLAGS], "found": now[ECHO_FLAGS]})
    if has_ended:
        break
    rounds += 1
    modes = now
    modes[ECHO_FLAGS] ^= termios.ECHO
    modes[CHARACTERS][termios.VTIME] = bytes([rounds % 250 + 1])
    termios.tcsetattr(slave, termios.TCSANOW, modes)
    modes = termios.tcgetattr(slave)
    drain()
    time.sleep(0.0005)

drain()
result = {
    "rounds": rounds,
    "changed": changed,
    "exitCode": program.returncode,
    "stdout": program.stdout.read().decode() if program.stdout else "",
    "stderr": program.stderr.read().decode() if program.stderr else "",
    "shown": shown.decode(errors="replace"),
}
print(json.dumps(result))

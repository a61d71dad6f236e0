"""Answers lines with lines: what the peers written in Python have in common. The lines are described in worker.cpp."""

import os
import sys


def serve(commands):
    """commands: a dict from a line's first word to a function of the others that returns the answer's text."""
    answers = os.fdopen(os.dup(1), "w")  # whatever else the program prints goes to the errors
    os.dup2(2, 1)
    for line in sys.stdin:
        command, *words = line.split()
        try:
            text = "ok " + commands[command](*words) if command in commands else "left_out no command " + command
        except Exception as error:
            text = "left_out " + (str(error).strip() or repr(error)).splitlines()[0]
        print(text, file=answers, flush=True)


def memory(name):
    """A line of /proc/self/status in bytes."""
    with open("/proc/self/status") as status:
        for line in status:
            if line.startswith(name + ":"):
                return 1024 * int(line.split()[1])
    return 0


def forget_peak():
    """Makes VmHWM start again at what is resident now."""
    with open("/proc/self/clear_refs", "w") as file:
        file.write("5")

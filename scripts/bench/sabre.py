"""Sabre on the inputs of scripts/bench-model: its time for a session, and the ratio to Weir's.

    sabre.py SABRE FOLDER RESULTS

SABRE is Sabre's src/sabre.py, FOLDER holds the film and the traces, RESULTS what Weir printed: lines
that begin with "sabre" name the arguments of Sabre and the sessions a second. Times are those that
the processes computed. In one process, the program is compiled once and then run for each trace, so
that what Python needs to start is left out.
"""

import contextlib
import io
import re
import resource
import subprocess
import sys
import time

TRACES = 40
BY_COMMAND = 5


def command(arguments):
    """Seconds for a session by Sabre's own command."""
    used = lambda: sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2])
    before = used()
    for _ in range(BY_COMMAND):
        subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
    return (used() - before) / BY_COMMAND


def in_process(code, sabre, options):
    """Seconds for a session in this process."""
    begun = time.process_time()
    for number in range(TRACES):
        sys.argv = [sabre, *options(number)]
        with contextlib.redirect_stdout(io.StringIO()):
            exec(code, {"__name__": "__main__"})
    return (time.process_time() - begun) / TRACES


def main():
    sabre, folder, results = sys.argv[1:]
    with open(sabre, encoding="utf-8") as source:
        code = compile(source.read(), sabre, "exec")
    with open(results, encoding="utf-8") as lines:
        found = re.findall(r"^sabre (.+): (\d+) sessions/s", lines.read(), re.MULTILINE)
    for arguments, per_second in found:
        def options(number):
            trace = f"{folder}/trace-{number:02}.json"
            return ["-n", trace, "-m", f"{folder}/movie.json", *arguments.split()]

        by_command = command([sabre, *options(0)])
        inside = in_process(code, sabre, options)
        print(
            f"sabre {arguments}: {by_command * 1e3:.0f} ms by its command,"
            f" {inside * 1e3:.1f} ms in one process; Weir is {by_command * float(per_second):.0f}"
            f" and {inside * float(per_second):.0f} times as fast (at least 2000 and 200)"
        )


main()

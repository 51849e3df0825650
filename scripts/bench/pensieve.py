"""A plain chunk model of Pensieve on the inputs of scripts/bench-model: its sessions a second, and the
ratio to Weir's.

    pensieve.py FOLDER RESULTS

FOLDER holds the film and the traces, RESULTS what Weir printed: lines that begin with "pensieve" name
the policy and the sessions a second. The model: a chunk plays 4 s; it takes 95 % of the trace's
rate and 80 ms, which take nothing of the trace; above 60 s of buffer the player sleeps half seconds, in
which the trace goes on. Both sides return what one row of a table needs. Times are those that the
process computed.
"""

import json
import math
import re
import sys
import time

CHUNK, FULL, SLEEP, ROUND_TRIP, PAYLOAD = 4.0, 60.0, 0.5, 0.08, 0.95
TRACES = 40
LONG_ENOUGH = 2.0


def fixed(_buffer, _rungs):
    return 2


def buffer_based(buffer, rungs):
    """A reservoir of 5 s and a cushion of 10 s."""
    if buffer < 5.0:
        return 0
    if buffer >= 15.0:
        return rungs - 1
    return int((rungs - 1) * (buffer - 5.0) / 10.0)


POLICIES = {"fixed": fixed, "buffer-based": buffer_based}


class Chunks:
    """A session: the film's sizes in bytes, and a trace of (seconds, bytes of payload a second)."""

    def __init__(self, sizes, steps):
        self.sizes = sizes
        self.steps = steps
        self.chunk = 0
        self.step = 0
        self.left = steps[0][0]
        self.buffer = 0.0

    def next_step(self):
        self.step += 1
        if self.step == len(self.steps):
            self.step = 0
        self.left = self.steps[self.step][0]

    def download(self, rung):
        """The delay, the stall and the bytes of the next chunk, and how long the player sleeps then."""
        size = missing = self.sizes[self.chunk][rung]
        delay = 0.0
        while True:
            rate = self.steps[self.step][1]
            if missing <= rate * self.left:
                took = missing / rate
                delay += took
                self.left -= took
                break
            delay += self.left
            missing -= rate * self.left
            self.next_step()
        delay += ROUND_TRIP
        stall = max(delay - self.buffer, 0.0)
        self.buffer = max(self.buffer - delay, 0.0) + CHUNK
        sleep = 0.0
        if self.buffer > FULL:
            sleep = math.ceil((self.buffer - FULL) / SLEEP) * SLEEP
            self.buffer -= sleep
            self.pause(sleep)
        self.chunk += 1
        return delay, stall, size, sleep

    def pause(self, time):
        while time > self.left:
            time -= self.left
            self.next_step()
        self.left -= time


def session(sizes, rates, steps, policy):
    """The QoE of a session, its stalls in seconds, its bytes and its switches."""
    chunks = Chunks(sizes, steps)
    rung, last = 1, 1
    quality = stalled = total = 0.0
    switches = 0
    for _ in sizes:
        _delay, stall, size, _sleep = chunks.download(rung)
        stalled += stall
        total += size
        quality += rates[rung] - abs(rates[rung] - rates[last])
        switches += rung != last
        last = rung
        rung = policy(chunks.buffer, len(rates))
    return quality - 4.3 * stalled, stalled, total, switches


def main():
    folder, results = sys.argv[1:]
    with open(f"{folder}/movie.json", encoding="utf-8") as file:
        film = json.load(file)
    sizes = [[bits // 8 for bits in row] for row in film["segment_sizes_bits"]]
    rates = [kbps / 1e3 for kbps in film["bitrates_kbps"]]
    traces = []
    for number in range(TRACES):
        with open(f"{folder}/trace-{number:02}.json", encoding="utf-8") as file:
            steps = json.load(file)
        # Seconds, and bytes of payload a second.
        traces.append(
            [(s["duration_ms"] / 1e3, s["bandwidth_kbps"] * 125.0 * PAYLOAD) for s in steps]
        )
    with open(results, encoding="utf-8") as lines:
        found = re.findall(r"^pensieve (.+): (\d+) sessions/s", lines.read(), re.MULTILINE)
    for name, per_second in found:
        begun, count = time.process_time(), 0
        while time.process_time() - begun < LONG_ENOUGH:
            for steps in traces:
                session(sizes, rates, steps, POLICIES[name])
                count += 1
        plain = count / (time.process_time() - begun)
        print(
            f"pensieve {name}: {plain:.0f} sessions/s in plain Python;"
            f" Weir is {float(per_second) / plain:.1f} times as fast (at least 10)"
        )


main()

"""A stranger's program: it tries to get out of its trial, says what it got, and then does its work."""

import ctypes
import glob
import http.server
import os
import stat
import subprocess
import sys

role, secret = sys.argv[1], sys.argv[2].lstrip("@")
libc = ctypes.CDLL(None, use_errno=True)
log = open(f"/out/logs/{role}-got.log", "w", buffering=1)
folders = ["/tmp", "/run", "/dev/shm", "/out"]
attempts = 0


def attempt(what, get):
    """`get` returns something if it worked."""
    global attempts
    attempts += 1
    try:
        got = get()
    except (OSError, subprocess.SubprocessError):
        return
    if got:
        print("GOT", what, got, file=log)


def read(path):
    return lambda: open(path, "rb").read(100)


def opened(path, flags=os.O_WRONLY):
    return lambda: f"descriptor {os.open(path, flags)}"


def done(change, *arguments):
    return lambda: change(*arguments) or "done"


def mount(kind, options="", flags=0, target=None):
    target = target or f"/tmp/{role}-{kind}"
    os.makedirs(target, exist_ok=True)
    words = [word.encode() for word in ("none", target, kind)]
    return libc.mount(*words, flags, options.encode()) == 0 and os.listdir(target) is not None


def device(folder, kind, major, minor):
    path = f"{folder}/{role}-{major}-{minor}"
    os.mknod(path, 0o600 | kind, os.makedev(major, minor))
    return f"made {os.open(path, os.O_RDONLY)}"


def run(*command):
    return subprocess.run(command, timeout=10, capture_output=True).returncode == 0


# Other views of the machine.
over = "lowerdir=/usr,upperdir=/tmp/up,workdir=/tmp/work"
os.makedirs("/tmp/up", exist_ok=True)
os.makedirs("/tmp/work", exist_ok=True)
for kind, options in [("hostfs", "/"), ("hostfs", ""), ("proc", ""), ("sysfs", ""), ("tmpfs", ""),
                      ("devtmpfs", ""), ("overlay", over)]:
    attempt(f"mount {kind} {options}", lambda: mount(kind, options))
remount, bind = 32, 4096
for folder in ["/", "/proc", "/sys", "/usr", "/experiment"]:
    attempt(f"write at {folder}", lambda: mount("none", "", remount | bind, folder))
attempt("users", lambda: run("unshare", "-U", "true"))
attempt("mount as a user", lambda: run("unshare", "-Urm", "mount", "-t", "tmpfs", "none", "/tmp"))
attempt("chroot", lambda: run("chroot", "/", "/usr/bin/true"))

# The secret, and what is around it.
roots = ["", "/proc/1/root", "/proc/1/cwd/" + "../" * 9]
roots += glob.glob("/proc/[0-9]*/root") + glob.glob("/proc/[0-9]*/cwd")
for root in roots:
    attempt(f"read at {root}", read(root + secret))
    attempt(f"write at {root}", opened(root + secret))
    attempt(f"make at {root}", opened(root + secret + "-made", os.O_CREAT | os.O_WRONLY))
    attempt(f"chmod at {root}", done(os.chmod, root + secret, 0o777))
    attempt(f"touch at {root}", done(os.utime, root + secret))
for name in ["link", "folder/secret"]:
    attempt(f"read the link {name}", read(f"/experiment/{name}"))
for path in ["/etc/shadow", "/root", "/home", "/boot", "/run/systemd", "/run/lock", "/var"]:
    attempt(f"see {path}", lambda: os.path.exists(path))
for file in os.listdir("/proc/self/fd"):
    attempt("inherit", lambda: secret in os.readlink(f"/proc/self/fd/{file}"))

# The first process, which made all this.
for file in ["mem", "environ", "exe"]:
    attempt(f"read {file}", lambda: open(f"/proc/1/{file}", "rb") and "opened")
for request in [16, 0x4206]:
    attempt(f"ptrace {request}", lambda: libc.ptrace(request, 1, 0, 0) == 0)

# Devices, and the machine's settings.
for folder in folders:
    for kind, major, minor in [(stat.S_IFCHR, 1, 1), (stat.S_IFBLK, 254, 0), (stat.S_IFBLK, 8, 0)]:
        attempt(f"make a device in {folder}", lambda: device(folder, kind, major, minor))
for name in ["mem", "port", "vda", "sda", "ubda"]:
    attempt(f"open {name}", opened(f"/dev/{name}", os.O_RDONLY))
for path in ["/proc/sys/kernel/core_pattern", "/proc/sys/kernel/modprobe", "/proc/sysrq-trigger",
             "/proc/sys/net/ipv4/ip_forward", "/sys/kernel/uevent_helper", "/sys/class/net/lo/mtu"]:
    attempt(f"write to {path}", opened(path))

# What was only given to be read.
for path in ["/weir", "/usr/bin/env", "/etc/passwd"]:
    attempt(f"write to {path}", opened(path))
    # To what it is: where a wall is broken, the machine is not to be.
    attempt(f"chmod {path}", lambda: os.chmod(path, stat.S_IMODE(os.stat(path).st_mode)) or "done")
    attempt(f"touch {path}", done(os.utime, path))
for folder in ["/", "/usr", "/etc", "/site", "/media", "/experiment"]:
    attempt(f"make a file in {folder}", opened(f"{folder}/made", os.O_CREAT | os.O_WRONLY))
try:
    # In a guest it is the guest's own.
    os.chmod("/dev/null", 0o600)
    os.chmod("/dev/null", 0o666)
except OSError:
    pass
held = [line for line in open("/proc/self/status") if line.startswith("CapEff")]
attempt("capabilities", lambda: held if int(held[0].split()[1], 16) & ~0x4EB else None)

# What it leaves for the owner, who finds it if it can be left.
for leave, path in [(os.mkfifo, "/out/logs/pipe.log"), (os.mkfifo, "/out/pipe")] + [
        (lambda path: os.symlink(secret, path), f"/out/{name}") for name in ["logs/x.log", "phase"]]:
    try:
        if os.path.lexists(path):
            os.remove(path)
        leave(path)
    except OSError:
        pass
print(f"{attempts} attempts", file=log)

if role == "decides":
    for line in sys.stdin:
        print('{"rung": 0}', flush=True)
    sys.exit()


class Handler(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def translate_path(self, path):
        site, media = sys.argv[5:7]
        return media + path[len("/media"):] if path.startswith("/media/") else site + path


http.server.ThreadingHTTPServer((sys.argv[3], int(sys.argv[4])), Handler).serve_forever()

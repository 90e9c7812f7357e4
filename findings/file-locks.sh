#!/usr/bin/env bash
# Guess: of two programs on Linux that lock one file, each with a lock for processes from a library, one is refused while the other holds it, whichever
#        libraries they use, and so with the command flock of a crontab: the lock is on the file, and the system keeps it.
# Seen:  fasteners excludes only itself: it takes a POSIX record lock, and filelock, portalocker, and the command take a BSD lock, and the two kinds do not see
#        one another. A job that moved from one library to another, or is started by hand under flock, runs twice at the same time.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check fasteners==0.20 filelock==4.3.1 portalocker==4.4.2
cat >locks.py <<'PY'
import subprocess
import sys

LOCKS = {
    "fasteners": "import fasteners; lock = fasteners.InterProcessLock('job.lock'); assert lock.acquire(blocking=False)",
    "filelock": "import filelock; lock = filelock.FileLock('job.lock'); lock.acquire(timeout=0)",
    "portalocker": "import portalocker; lock = portalocker.Lock('job.lock', timeout=0, fail_when_locked=True); lock.acquire()",
}
commands = {name: [sys.executable, "-c", f"{code}\nprint('locked', flush=True)\ninput()"] for name, code in LOCKS.items()}
commands["flock"] = ["flock", "--nonblock", "job.lock", "sh", "-c", "echo locked; read end"]
for holder, command in commands.items():
    outcomes = []
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as first:
        assert first.stdout.readline() == "locked\n"
        for name, other in commands.items():
            second = subprocess.run(other, check=False, input="\n", capture_output=True, text=True, timeout=60)
            outcomes.append(f"{name} " + ("too" if "locked" in second.stdout else "refused"))
        first.communicate("\n")
    print(f"held by {holder}: {', '.join(outcomes)}")
PY
echo "version: fasteners==0.20 filelock==4.3.1 portalocker==4.4.2 util-linux's flock"
echo "guess: each is refused by each."
seen=$(venv/bin/python locks.py)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
held by fasteners: fasteners refused, filelock too, portalocker too, flock too
held by filelock: fasteners too, filelock refused, portalocker refused, flock refused
held by portalocker: fasteners too, filelock refused, portalocker refused, flock refused
held by flock: fasteners too, filelock refused, portalocker refused, flock refused
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }

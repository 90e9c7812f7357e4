"""``python -m benchmarks.loading FOLDER URL``: a first load of files into a database."""

import asyncio
import sys
import time
from pathlib import Path

from benchmarks.worker import Stopwatch, tell
from reconciler.files import load
from reconciler.store.migration import upgrade_at
from reconciler.store.store import open_store


async def main() -> None:
    """Read the files, make the tables, and time the load."""
    folder, url = Path(sys.argv[1]), sys.argv[2]
    loading = load([folder], {})
    await upgrade_at(url)
    async with await open_store(url) as store:
        watch = Stopwatch()
        await store.load(
            loading.rosters, folder=loading.folder, now=time.time(), cause="benchmark"
        )
        tell(watch.result(len(loading.rosters)))


if __name__ == "__main__":
    asyncio.run(main())

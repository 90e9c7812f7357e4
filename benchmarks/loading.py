"""``python -m benchmarks.loading FOLDER``: first loads of files into databases."""

import asyncio
import sys
import time
from pathlib import Path

from benchmarks.worker import Result, Stopwatch, obey_async
from reconciler.files import load
from reconciler.store.migration import upgrade_at
from reconciler.store.opening import open_store


async def main() -> None:
    """Read the files once; then load them into each database that is named."""
    loading = load([Path(sys.argv[1])], {})

    async def into(url: str) -> Result:
        await upgrade_at(url)
        async with await open_store(url) as store:
            watch = Stopwatch()
            await store.load(
                loading.rosters,
                folder=loading.folder,
                now=time.time(),
                cause="benchmark",
            )
            return watch.result(len(loading.rosters))

    await obey_async({"load": into}, {})


if __name__ == "__main__":
    asyncio.run(main())

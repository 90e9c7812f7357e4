"""What xdist has a forked worker execute: nothing is left to be imported."""

if __name__ == "__channelexec__":
    from tests.workers.fork import work_for

    work_for(channel)  # type: ignore[name-defined] # noqa: F821 - execnet names it

"""``python -m reconciler``: the same as the ``reconciler`` command."""

import sys

if __name__ == "__main__":
    try:
        from reconciler.cli.main import main

        main()
    except KeyboardInterrupt:
        sys.stderr.write("Interrupted.\n")
        sys.exit(130)

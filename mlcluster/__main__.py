"""``python -m mlcluster`` is the command ``mlcluster``."""

from mlcluster.cli.main import main

if __name__ == "__main__":
    main()

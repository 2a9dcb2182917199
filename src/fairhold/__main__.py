"""``python -m fairhold``: the command line."""

from fairhold.cli import main

if __name__ == "__main__":
    main()

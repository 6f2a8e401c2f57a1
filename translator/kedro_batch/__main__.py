"""``python -m kedro_batch``: the same program as the ``kedro-batch`` command."""

from kedro_batch.cli import main

if __name__ == "__main__":
    main(prog_name="kedro-batch")

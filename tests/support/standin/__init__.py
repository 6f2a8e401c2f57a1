"""A stand-in for AWS Batch. It imports nothing of the project that it tests, and nothing of its tests.

``Service(Config(...), clock=...)`` answers operations in process and on any clock; ``server`` puts it behind HTTP:

    python tests/support/standin '{"fail": {"train": 3}, "run_s": 0.2}'

prints its port and serves until it is ended. The modules, from the outside in:

- ``server``: HTTP, threads, sleeping, and the doors for tests: /ledger, /jobs, /verdict, /configure, /forget, /finish
- ``service``: one call in, one reply out
- ``faults``: what goes wrong with a call, by configuration; ``limits``: what AWS refuses
- ``jobs``: the states of the jobs as time passes; ``outcomes``: how a try ends, and whether there is another
- ``listing``, ``shapes``, ``targets``, ``logs``, ``identity``: what the operations that ask reply
- ``definitions``: the job definitions, and those that are registered
- ``verdict``: what a test wants to know afterwards
"""

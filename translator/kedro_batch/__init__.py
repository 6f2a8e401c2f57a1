"""kedro-batch: compile a Kedro pipeline into a plan of AWS Batch jobs, review it, apply it.

Two programs and the file between them. ``compiler`` reads a Kedro project and writes a plan; ``submitter``
replays a plan on AWS Batch or on this machine; ``plan`` is their whole contract. ``review`` turns plans and
runs into what people read, and ``cli`` is the door to all of it.
"""

__version__ = "0.1.0"

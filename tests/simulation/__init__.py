"""A search for what breaks "exactly once": two or three processes and their service, on one virtual clock.

    python -m tests.simulation --seeds 0:100000 --minutes 60 --jobs 2
    python -m tests.simulation --seed 17

The runs, the journals and the stand-in are the real ones. A seed draws a plan, commands, and what goes wrong; the same
seed gives the same story, byte for byte. The modules, from the inside out:

- ``world``: the clock, the service, and who is next
- ``process``: one process: its clocks, its calls, stops, sleeps and kills
- ``wire``: what goes wrong between a process and the service
- ``commands``: what apply, resume, wait and cancel do
- ``scenario``: what a seed draws
- ``double_runs``: nodes of which two jobs ran, by cause; ``judge``: what must hold
- ``search``: one seed, or many; ``seeds``: those that once failed
"""

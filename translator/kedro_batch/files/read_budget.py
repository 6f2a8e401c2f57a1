"""What a file may cost: every cap on its bytes, depth, parts and memory, and on the work that checks spend on it.

Numbers only. ``yaml_reader``, ``plan.checks`` and the others apply them. A file may come from anyone: whatever it
holds, reading and checking it takes less than 200 MB and 30 s (``tests/benchmarks/hostile.py`` measures that).
The largest plan that has to be readable has 25,000 jobs with names and commands as Kedro makes them: about 8 MB.

========================  ==========  ==================================================================================
What                      At most     Why
========================  ==========  ==================================================================================
MAX_BYTES                 16,777,216  Bytes of a file. Twice the largest plan.
MAX_PARTS                 1,000,000   Keys, values, and beginnings and ends of lists and mappings: the parser's events.
                                      The largest plan has 750,000.
MAX_DEPTH                 64          Levels of lists and mappings. A request that AWS Batch takes has 10.
MAX_TEXT                  32,768      Characters of one text. A whole SubmitJob request has 30 KiB.
MAX_WIDE_BYTES            16,777,216  Bytes of memory for texts that are not ASCII: one wide letter makes Python keep
                                      four bytes for each letter of its text.
MAX_KEY                   1,024       Characters of a key. YAML 1.2.2, section 7.4.2, allows no more in one line.
MAX_WRITTEN_KEY           1,000       Characters of a key that we write: the same, less room for quotes and escapes.
MAX_KEYS                  10,000      Keys of one mapping. The longest that a request takes, an environment, has 350.
MAX_PATH                  4,096       Characters of all keys above a value: diagnostics spell them out.
MAX_DIGITS                40          Characters of a number. Longer ones are texts that someone forgot to quote.
MAX_JOBS                  25,000      Jobs of a plan. ``schemas/plan.schema.json`` says so too.
MAX_NAMES                 400,000     Names of nodes and datasets in a plan: 16 for each of 25,000 jobs.
MAX_DEFINITIONS           1,000       Job definitions that a plan declares. ``schemas/plan.schema.json`` says so too.
MAX_SUBMIT_VALUES         2,000       Values under one ``submit``, or of one job definition. With their names,
                                      they fill a request.
MAX_PARAMS                4,096       Values of all parameters. A command has 8,192 characters.
MAX_PARAMS_BYTES          1,048,576   Bytes of a file of parameters: those of a command, and room for comments.
MAX_COPIED_VALUES         500,000     Values that all jobs together copy from the defaults: 20 for each of 25,000 jobs.
MAX_DIAGNOSTICS           1,000       Diagnostics of a file, and of each check. Finding more takes hours; nobody reads
                                      them.
MAX_CYCLES                20          Cycles that are named one by one: finding each takes a walk over all jobs.
MAX_HINTS                 20          Unknown names that get a "Did you mean": each is compared with all known names.
MAX_LETTERS_COMPARED      50,000,000  Pairs of letters that these comparisons look at: 3 s.
MAX_CACHED_WORD           200         Characters of a word whose check for credentials is remembered.
MAX_WRITERS               100         Writers of one dataset that are compared with each of its readers. Kedro allows 1.
MAX_DIFF_STEPS            10,000,000  Steps of a comparison of two commands word by word, at worst.
MAX_ALL_DIFF_STEPS        50,000,000  The same for all commands of two plans: 3 s.
MAX_CHANGED_SETTINGS      1,500,000   Settings that differ in all jobs of two plans, counted job by job: 60 for each of
                                      25,000 jobs. A default of a few kilobytes can change millions.
MAX_OWN_NODES             100         Nodes of a job whose names are each looked for in its values that differ.
MAX_VIOLATIONS            100,000     Ways to break the rules of a policy that are listed, and 1,000 of each rule.
MAX_NAMED_JOBS            1,500,000   Names of jobs in the ways to break one rule: 60 for each of 25,000 jobs.
CHARACTERS_OF_SETTING     100         Characters of a setting, before and after, that count as one of these: JSON and
                                      the page repeat them for each job.
========================  ==========  ==================================================================================

One more cap stands in ``text.wording``, which may not import this module: words of more than 1,000 characters get no
hint. How much of a list or a text a message shows is a matter of reading, not of cost, and stands where it is shown.
"""

MAX_BYTES = 16 * 1024 * 1024
MAX_PARTS = 1_000_000
MAX_DEPTH = 64
MAX_TEXT = 32_768
MAX_WIDE_BYTES = 16 * 1024 * 1024
MAX_KEY = 1024
MAX_WRITTEN_KEY = 1000
MAX_KEYS = 10_000
MAX_PATH = 4096
MAX_DIGITS = 40
MAX_JOBS = 25_000
MAX_NAMES = 400_000
MAX_DEFINITIONS = 1000
MAX_SUBMIT_VALUES = 2000
MAX_PARAMS = 4096
MAX_PARAMS_BYTES = 1024 * 1024
MAX_COPIED_VALUES = 500_000
MAX_DIAGNOSTICS = 1000
MAX_CYCLES = 20
MAX_HINTS = 20
MAX_LETTERS_COMPARED = 50_000_000
MAX_CACHED_WORD = 200
MAX_WRITERS = 100
MAX_DIFF_STEPS = 10_000_000
MAX_ALL_DIFF_STEPS = 50_000_000
MAX_CHANGED_SETTINGS = 1_500_000
MAX_OWN_NODES = 100
MAX_VIOLATIONS = 100_000
MAX_NAMED_JOBS = 1_500_000
CHARACTERS_OF_SETTING = 100

MORE_IS_WRONG = f"more than {MAX_DIAGNOSTICS:,} things are wrong; here are {MAX_DIAGNOSTICS:,} of them"
"""The diagnostic that stands for those beyond MAX_DIAGNOSTICS."""

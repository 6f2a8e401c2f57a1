"""What ``image`` builds and where it pushes: what git says, the container engine, the repository, the settings file.

Nothing here prints, and no engine runs for long here: the command line starts builds and pushes, so that signals reach
them.
"""

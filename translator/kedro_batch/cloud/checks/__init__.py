"""The checks of an account. ``cloud.doctor`` says in which order they run.

A check is a function of what is checked and of the account. It yields a ``Finding`` for each thing that it looks at,
good or bad, and lets the ServiceError of a call through: the row of the check says what that means. It asks for no more
than it needs, and changes nothing.

What can be judged without asking is a function of replies: ``apply`` gets the replies in its own way, and uses the same
judgements (``targets``). So no module here may load boto3 or botocore for those.
"""

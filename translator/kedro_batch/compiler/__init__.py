"""The compiler: a Kedro project and its settings become a plan.

``kedro_project`` is the only module that touches Kedro; ``compile`` puts the plan together; everything
between is a function of its arguments. boto3 is never loaded, nothing is sent, no dataset is opened.
"""

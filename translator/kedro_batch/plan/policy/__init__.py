"""Policies: what plans must keep to, in a file of their own. A plan and a policy come in, violations go out. Pure."""

"""What AWS does where its documentation does not say it, asked of AWS itself: for someone with an account.

``docs/development.md`` says how to run these tests, what they cost, and what remains if they are killed.

- ``account``: which account and region, its clients, and how to wait; ``cost``: what is paid at most
- ``stack``: the infrastructure, made and removed by our own commands; run as a program, it removes what was left
- ``jobs``, ``definitions``, ``images``: tables of what is submitted, registered and pushed
- ``conftest``: the fixtures; ``test_...``: one subject each
- ``test_offline``: the only tests that run without an account: that what the others would send is valid
"""

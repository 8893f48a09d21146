"""Deployments: planned, started, moved on step by step, and taken back.

Every verb locks the release, then the deployment, then the plan. Between two transactions any worker may be
killed: what is to be done next follows from the rows.
"""

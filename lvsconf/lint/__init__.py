"""Findings: the rules, the checks behind them and the run over everything the user named."""

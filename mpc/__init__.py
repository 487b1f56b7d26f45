"""Nonlinear model-predictive control: gait, references, swing, NMPC -> Plan."""

from surefoot.mpc.nmpc import CentroidalNmpc, make_plan

__all__ = ["CentroidalNmpc", "make_plan"]

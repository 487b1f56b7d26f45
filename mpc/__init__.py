"""Nonlinear model-predictive control: gait, references, swing, NMPC -> Plan."""

from surefoot.mpc.nmpc import CentroidalNmpc

__all__ = ["CentroidalNmpc"]

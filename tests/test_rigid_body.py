"""The C++ rigid-body terms against Pinocchio's Python module."""

from __future__ import annotations

import numpy as np
import pinocchio as pin
import pytest

import surefoot as sf
from surefoot._cpp.robots import RigidBody


@pytest.mark.parametrize("name", sf.robot_names())
def test_terms_equal_pinocchio(name: str) -> None:
    robot = sf.load_robot(name)
    model, body = robot.pin_model, RigidBody(robot.description)
    rng = np.random.default_rng(1)
    for _ in range(10):
        q = pin.integrate(model, robot.q_nominal, rng.normal(size=model.nv))
        v = rng.normal(size=model.nv)
        body.update(q, v)
        data = model.createData()
        pin.computeAllTerms(model, data, q, v)
        mass_matrix = np.triu(data.M) + np.triu(data.M, 1).T
        np.testing.assert_allclose(body.mass_matrix, mass_matrix, atol=1e-10)
        np.testing.assert_allclose(body.bias, data.nle, atol=1e-10)
        np.testing.assert_allclose(body.com, data.com[0], atol=1e-12)
        np.testing.assert_allclose(body.centroidal_map, pin.ccrba(model, data, q, v), atol=1e-10)
        np.testing.assert_allclose(body.centroidal_momentum, data.hg.vector, atol=1e-9)
        pin.computeCentroidalMomentumTimeVariation(model, data, q, v, np.zeros(model.nv))
        np.testing.assert_allclose(body.centroidal_drift, data.dhg.vector, atol=1e-9)
        for i, contact in enumerate(robot.contacts):
            frame = model.getFrameId(robot.config.contacts[i].frame)
            assert model.frames[frame].parentJoint == contact.joint + 2
            expected = _frame_jacobian(model, q, contact)
            np.testing.assert_allclose(body.frame_jacobian(i), expected, atol=1e-11)
            np.testing.assert_allclose(body.frame_velocity(i), expected @ v, atol=1e-11)
            step = 1e-6
            ahead = _frame_jacobian(model, pin.integrate(model, q, step * v), contact)
            behind = _frame_jacobian(model, pin.integrate(model, q, -step * v), contact)
            drift = (ahead - behind) @ v / (2 * step)
            np.testing.assert_allclose(body.frame_drift(i), drift, atol=1e-6 * (1 + v @ v))


def _frame_jacobian(model: pin.Model, q: np.ndarray, contact: sf.robots.Contact) -> np.ndarray:
    copy = pin.Model(model)
    frame = copy.addFrame(
        pin.Frame("test", contact.joint + 2, 0, contact.placement, pin.FrameType.OP_FRAME)
    )
    data = copy.createData()
    return pin.computeFrameJacobian(copy, data, q, frame, pin.ReferenceFrame.LOCAL_WORLD_ALIGNED)

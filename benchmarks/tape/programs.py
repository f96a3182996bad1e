"""The measured programs, for the tape and for its peers."""

from __future__ import annotations

import math

import numpy as np

import statelint.tape as tape

POINT = (0.5, 0.1, 9.8, 1.1, 0.2)
"""Angle, angular velocity, gravity, length, damping: the five inputs of the pendulum."""

OPERATIONS = 14
"""Scalar operations in one step of the pendulum."""


def pendulum_loop(theta, omega, gravity, length, damping, steps, sin=math.sin):
    cost = 0.0
    for _ in range(steps):
        acceleration = 0.1 - gravity * sin(theta) / length - damping * omega
        omega = omega + 0.001 * acceleration
        theta = theta + 0.001 * omega
        cost = cost + (theta * theta + omega * omega)
    return cost


@tape.kernel
def pendulum(theta, omega, gravity, length, damping, steps):
    cost = 0.0
    for _ in range(steps):
        acceleration = 0.1 - gravity * math.sin(theta) / length - damping * omega
        omega = omega + 0.001 * acceleration
        theta = theta + 0.001 * omega
        cost = cost + (theta * theta + omega * omega)
    return cost


@tape.kernel
def segment(theta, omega, cost, gravity, length, damping, steps):
    for _ in range(steps):
        acceleration = 0.1 - gravity * math.sin(theta) / length - damping * omega
        omega = omega + 0.001 * acceleration
        theta = theta + 0.001 * omega
        cost = cost + (theta * theta + omega * omega)
    return theta, omega, cost


def long_pendulum(steps, piece=10_000):
    """Gradient of a rollout in pieces that are recorded one after the other."""

    def cost(theta, omega, gravity, length, damping):
        def step(p, s, u):
            return segment(s[0], s[1], s[2], p[0], p[1], p[2], piece)

        start = (theta, omega, np.float64(0.0))
        last = tape.rollout(step, (gravity, length, damping), start, length=steps // piece, schedule="recompute")
        return last[2]

    return tape.grad(cost, (0, 1, 2, 3, 4))(*POINT)


def jax_gradient():
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)

    def cost(point, steps):
        theta, omega, gravity, length, damping = point

        def step(s, _):
            theta, omega, cost = s
            acceleration = 0.1 - gravity * jnp.sin(theta) / length - damping * omega
            omega = omega + 0.001 * acceleration
            theta = theta + 0.001 * omega
            return (theta, omega, cost + (theta * theta + omega * omega)), None

        return jax.lax.scan(step, (theta, omega, 0.0), None, length=steps)[0][2]

    gradient = jax.jit(jax.grad(cost), static_argnums=1)
    return lambda steps: jax.block_until_ready(gradient(POINT, steps))


def autograd_gradient(steps):
    import autograd
    import autograd.numpy as anp

    return autograd.grad(lambda p: pendulum_loop(p[0], p[1], p[2], p[3], p[4], steps, anp.sin))(np.array(POINT))


def torch_gradient(steps):
    import torch

    point = [torch.tensor(v, dtype=torch.float64, requires_grad=True) for v in POINT]
    pendulum_loop(*point, steps, sin=torch.sin).backward()
    return [p.grad for p in point]


def torch_check(steps):
    import torch

    point = [torch.tensor(v, dtype=torch.float64, requires_grad=True) for v in POINT]
    return torch.autograd.gradcheck(lambda *p: pendulum_loop(*p, steps, sin=torch.sin), point)


def chain(library, x, y, count):
    """Three array operations, ``count`` times."""
    for _ in range(count):
        x = library.sin(x * y) + x
    return x


def tape_chain(x, y, count):
    return tape.grad(lambda x, y: np.sum(chain(np, x, y, count)), (0, 1))(x, y)


def autograd_chain(x, y, count):
    import autograd
    import autograd.numpy as anp

    return autograd.grad(lambda x, y: anp.sum(chain(anp, x, y, count)), (0, 1))(x, y)


def torch_chain(x, y, count):
    import torch

    x, y = torch.tensor(x, requires_grad=True), torch.tensor(y, requires_grad=True)
    chain(torch, x, y, count).sum().backward()
    return x.grad, y.grad

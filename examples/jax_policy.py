"""A stochastic policy trained with REINFORCE, with two bugs that no error message ever tells of."""

import jax
import jax.numpy as jnp

baseline = 0.0


def act(params: dict[str, jax.Array], observation: jax.Array, key: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Draw an action, and whether to explore instead."""
    mean = jnp.tanh(observation @ params["w"] + params["b"])
    noise = jax.random.normal(key, mean.shape)
    explore = jax.random.uniform(key, mean.shape) < 0.05
    return jnp.where(explore, noise, mean + 0.1 * noise), mean


def loss(params: dict[str, jax.Array], observations: jax.Array, key: jax.Array) -> jax.Array:
    """Return the policy's loss over a batch, with a running baseline."""
    global baseline
    actions, means = act(params, observations, key)
    rewards = -jnp.square(actions - observations).sum(-1)
    baseline = 0.9 * baseline + 0.1 * rewards.mean()
    advantages = jax.lax.stop_gradient(rewards - baseline)
    return (advantages[:, None] * jnp.square(actions - means)).mean()


@jax.jit
def update(params: dict[str, jax.Array], observations: jax.Array, key: jax.Array) -> dict[str, jax.Array]:
    """Make one step of gradient descent."""
    gradients = jax.grad(loss)(params, observations, key)
    return jax.tree.map(lambda p, g: p - 0.01 * g, params, gradients)


if __name__ == "__main__":
    parameters = {"w": jnp.eye(3), "b": jnp.zeros(3)}
    for seed in range(5):
        parameters = update(parameters, jnp.ones((8, 3)), jax.random.key(seed))
    print(parameters["b"])

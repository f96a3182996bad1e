"""A program with a member of each kind, and helpers that run the verbs on it."""

MODEL = """import os
import random
import time

import numpy as np
import torch

CACHE = {}
LIMIT = 3


class Meter:
    def __init__(self):
        self.total = 0.0

    def update(self, value):
        self.total += value


class Net(torch.nn.Module):
    def __init__(self, width):
        super().__init__()
        self.fc = torch.nn.Linear(width, width)
        self.norm = torch.nn.BatchNorm1d(width)
        self.scale = torch.nn.Parameter(torch.ones(width))
        self.register_buffer("mean", torch.zeros(width))
        self.meter = Meter()
        self.last = None
        self.width = width

    def forward(self, x, flag: bool = True):
        y = torch.exp(self.fc(x)) * self.scale
        self.last = y
        noise = torch.randn(self.width)
        CACHE["y"] = y
        self.meter.update(1.0)
        y = y + noise * time.time()
        return self.norm(y - self.mean)

    def local(self, x):
        meter = Meter()
        meter.update(x)
        return meter.total

    def clobber(self, x):
        y = torch.exp(x)
        y += 1
        return y


def outer(x):
    n = 0

    def inner(y):
        nonlocal n
        n = n + 1
        return y * x

    return inner(x)


def centre(batch):
    batch -= batch.mean()


def train(model, batch: torch.Tensor):
    centre(batch)
    loss = model(batch).sum()
    loss.backward()
    print(loss)


def pair(a: np.ndarray):
    return a[:2], a + 1


def stream(n):
    for i in range(n):
        yield i


def fails(x):
    raise ValueError(x)
"""

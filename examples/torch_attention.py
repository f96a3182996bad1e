"""A small attention block and its training loop, with two bugs that nothing but running it would show."""

import torch
from torch import nn


class Attention(nn.Module):
    """Single-head attention."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(width, width)
        self.value = nn.Linear(width, width)
        self.scale = width**-0.5

    def forward(self, x: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Mix the values by the attention weights."""
        scores = self.query(x) @ self.key(x).transpose(-2, -1) * self.scale
        weights = torch.softmax(scores, dim=-1)
        weights.masked_fill_(mask, 0.0)
        return weights @ self.value(x)


def train(model: Attention, batches: list[torch.Tensor], mask: torch.Tensor) -> float:
    """Train for one epoch; return the mean loss."""
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    losses = []
    for x in batches:
        optimizer.zero_grad()
        loss = (model(x, mask) - x).square().mean()
        losses.append(loss)
        loss.backward()
        optimizer.step()
    return float(sum(losses) / len(losses))


if __name__ == "__main__":
    torch.manual_seed(0)
    causal = torch.triu(torch.ones(8, 8, dtype=torch.bool), diagonal=1)
    print(train(Attention(16), [torch.randn(4, 8, 16) for _ in range(10)], causal))

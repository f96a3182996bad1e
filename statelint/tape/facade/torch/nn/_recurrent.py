"""Recurrent layers of the torch facade: one layer, one direction."""

from __future__ import annotations

from typing import Any

import numpy as np

from statelint.tape.facade.torch._tensor import raw, wrap
from statelint.tape.facade.torch.nn import functional
from statelint.tape.facade.torch.nn._layers import filled, uniform
from statelint.tape.facade.torch.nn._module import Module


class RNNCell(Module):
    """One step of a plain recurrent network."""

    gates = 1

    def __init__(self, input_size: int, hidden_size: int, bias: bool = True) -> None:
        super().__init__()
        self.hidden_size = hidden_size
        bound, rows = 1.0 / np.sqrt(hidden_size), self.gates * hidden_size
        self.weight_ih, self.weight_hh = uniform((rows, input_size), bound), uniform((rows, hidden_size), bound)
        self.bias_ih, self.bias_hh = uniform((rows,), bound), uniform((rows,), bound)

    def _sum(self, x: Any, h: Any) -> Any:
        return functional.linear(x, self.weight_ih, self.bias_ih) + functional.linear(h, self.weight_hh, self.bias_hh)

    def forward(self, x: Any, h: Any = None) -> Any:
        """The next hidden state."""
        h = filled((*x.shape[:-1], self.hidden_size), 0.0) if h is None else h
        return self._sum(x, h).tanh()


class LSTMCell(RNNCell):
    """One step of a long short-term memory."""

    gates = 4

    def forward(self, x: Any, hc: Any = None) -> Any:
        """The next (hidden, cell) pair."""
        zero = filled((*x.shape[:-1], self.hidden_size), 0.0)
        h, c = (zero, zero) if hc is None else hc
        i, f, g, o = self._sum(x, h).chunk(4, -1)
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        return o.sigmoid() * c.tanh(), c


class _Recurrent(Module):
    def __init__(self, cell: RNNCell, batch_first: bool) -> None:
        super().__init__()
        self.cell, self.batch_first, self.hidden_size = cell, batch_first, cell.hidden_size

    def _steps(self, x: Any) -> list[Any]:
        count = x.shape[1] if self.batch_first and len(x.shape) > 2 else x.shape[0]
        return [x[:, t] if self.batch_first and len(x.shape) > 2 else x[t] for t in range(count)]

    def _stacked(self, rows: list[Any]) -> Any:
        axis = 1 if self.batch_first and rows[0].array().ndim > 1 else 0
        return wrap(np.stack([raw(r) for r in rows], axis))


class RNN(_Recurrent):
    """A plain recurrent network over a sequence."""

    def __init__(self, input_size: int, hidden_size: int, num_layers: int = 1, batch_first: bool = False) -> None:
        if num_layers != 1:
            raise NotImplementedError("recurrent networks of several layers are outside the torch facade")
        super().__init__(RNNCell(input_size, hidden_size), batch_first)

    def forward(self, x: Any, h: Any = None) -> Any:
        """All hidden states, and the last."""
        h = None if h is None else h[0]
        rows = []
        for step in self._steps(x):
            h = self.cell(step, h)
            rows.append(h)
        return self._stacked(rows), rows[-1].unsqueeze(0)


class LSTM(_Recurrent):
    """A long short-term memory over a sequence."""

    def __init__(self, input_size: int, hidden_size: int, num_layers: int = 1, batch_first: bool = False) -> None:
        if num_layers != 1:
            raise NotImplementedError("recurrent networks of several layers are outside the torch facade")
        super().__init__(LSTMCell(input_size, hidden_size), batch_first)

    def forward(self, x: Any, hc: Any = None) -> Any:
        """All hidden states, and the last (hidden, cell) pair."""
        hc = None if hc is None else (hc[0][0], hc[1][0])
        rows = []
        for step in self._steps(x):
            hc = self.cell(step, hc)
            rows.append(hc[0])
        assert hc is not None
        return self._stacked(rows), (hc[0].unsqueeze(0), hc[1].unsqueeze(0))

"""Calls for torch names that its operator database has no samples of, or none that the public name accepts."""

from __future__ import annotations

from typing import Any

import torch

Arguments = tuple[tuple[Any, ...], dict[str, Any]]


def _t(*shape: int) -> torch.Tensor:
    return torch.rand(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(3)) + 0.2


def _i(*values: int) -> torch.Tensor:
    return torch.tensor(values)


def calls() -> dict[str, list[Arguments]]:
    """Return arguments by public name; a method's receiver comes first."""
    found: dict[str, list[Arguments]] = {}
    for table in (_general(), _methods(), _factories(), _network()):
        for names, argument_lists in table.items():
            for name in names.split():
                found.setdefault(name, []).extend((args, {}) for args in argument_lists)
    for name, arguments in _keywords().items():
        found.setdefault(name, []).append(arguments)
    for name in dir(torch.Tensor):  # properties and methods that need nothing but the tensor
        if not name.startswith("_"):
            found.setdefault(f"torch.Tensor.{name}", []).append(((_t(2, 3),), {}))
    for name in dir(torch):
        if name.startswith("is_") and name not in ("is_storage", "is_vulkan_available"):
            found.setdefault(f"torch.{name}", []).append(((_t(2, 3),), {}))
    return found


def _general() -> dict[str, list[tuple[Any, ...]]]:
    condition = torch.tensor([True, False, True])
    return {
        "torch.einsum": [("ij,jk->ik", _t(2, 3), _t(3, 2)), ("ii->i", _t(3, 3)), ("ij->ji", _t(2, 3))],
        "torch.where": [(condition, _t(3), _t(3)), (condition, _t(3), 1.0), (condition, 1.0, _t(3))],
        "torch.Tensor.where": [(_t(3), condition, _t(3)), (_t(3), condition, 1.0)],
        "torch.polygamma torch.special.polygamma": [(1, _t(3))],
        "torch.chain_matmul": [(_t(2, 3), _t(3, 2), _t(2, 4))],
        "torch.frobenius_norm": [(_t(2, 3), [0, 1])],
        "torch.nuclear_norm": [(_t(3, 3),)],
        "torch.poisson": [(_t(3),)],
        "torch.binomial": [(torch.ones(3, dtype=torch.float64) * 5, _t(3) / 2)],
        "torch.numel torch.detach torch.detach_copy torch.detach_": [(_t(3),)],
        "torch.slice_copy": [(_t(4),)],
        "torch.select_copy": [(_t(3, 2), 0, 1)],
        "torch.split_copy": [(_t(4), 2)],
        "torch.view_as_real_copy": [(torch.complex(_t(3), _t(3)),)],
        "torch.view_as_complex_copy": [(_t(3, 2),)],
        "torch.svd_lowrank torch.pca_lowrank": [(_t(5, 4), 2)],
        "torch.norm_except_dim": [(_t(3, 2),)],
        "torch.result_type": [(_t(3), _t(3))],
        "torch.segment_reduce": [(_t(4), "sum")],
        "torch.cartesian_prod": [(_t(2), _t(3))],
        "torch.vander": [(_t(3),)],
        "torch.lobpcg": [(torch.eye(9, dtype=torch.float64) + 0.1, 1)],
        "torch.fft.fftfreq torch.fft.rfftfreq": [(4,)],
        "torch.affine_grid_generator": [(_t(1, 2, 3), [1, 1, 2, 2], True)],
    }


def _methods() -> dict[str, list[tuple[Any, ...]]]:
    return {
        "torch.Tensor.copy_": [(_t(3), _t(3)), (_t(2, 3), _t(3))],
        "torch.Tensor.__setitem__": [
            (_t(3), 0, _t(3)[1].clone()),
            (_t(3, 2), slice(0, 2), _t(2, 2)),
            (_t(3), _i(0, 2), _t(2)),
        ],
        "torch.Tensor.__getitem__": [(_t(3, 2), 0), (_t(3, 2), slice(0, 2))],
        "torch.Tensor.random_": [(_t(3),), (torch.arange(5), 0, 3)],
        "torch.Tensor.fill_diagonal_": [(_t(3, 3), 1.0)],
        "torch.Tensor.type_as": [(_t(3), _t(3)), (_t(3), torch.ones(3))],
        "torch.Tensor.map_": [(_t(3), _t(3), lambda left, right: left + right)],
        "torch.Tensor.apply_": [(_t(3), lambda value: value + 1)],
        "torch.Tensor.index_add_ torch.Tensor.index_add torch.index_add": [(_t(3, 2), 0, _i(0, 2), _t(2, 2))],
        "torch.Tensor.unsafe_split_with_sizes": [(_t(4), [2, 2])],
        "torch.Tensor.is_same_size torch.Tensor.is_set_to": [(_t(3), _t(3))],
        "torch.Tensor.new_tensor": [(_t(3), [1.0, 2.0])],
        "torch.Tensor.type": [(_t(3), torch.float64), (_t(3), torch.float32)],
        "torch.Tensor.set_": [(_t(3), _t(3))],
        "torch.Tensor.set_data": [(_t(3), _t(3))],
        "torch.Tensor.as_subclass": [(_t(3), torch.Tensor)],
        "torch.Tensor.float": [(_t(3),), (torch.ones(3),)],
        "torch.Tensor.double torch.Tensor.cpu": [(_t(3),), (torch.ones(3),)],
        "torch.Tensor.to": [(_t(3), torch.float64), (_t(3), torch.float32), (_t(3), "cpu")],
        "torch.Tensor.__array__": [(_t(3),)],
        "torch.Tensor.__len__ torch.Tensor.__bool__ torch.Tensor.__float__ torch.Tensor.__int__": [(_t(1),)],
        "torch.Tensor.__iter__ torch.Tensor.__reversed__": [(_t(3, 2),)],
        "torch.Tensor.__contains__": [(_t(3), 0.5)],
        "torch.Tensor.__deepcopy__": [(_t(3), {})],
        "torch.Tensor.__rtruediv__ torch.Tensor.__rfloordiv__": [(_t(3), _t(3)), (_t(3), 2.0)],
        "torch.Tensor.__pos__": [(_t(3),)],
        "torch.Tensor.split": [(_t(4, 2), 2), (_t(4, 2), [1, 3]), (_t(4, 2), 2, 1)],
        "torch.Tensor.masked_fill_ torch.Tensor.masked_fill": [
            (_t(3), _t(3) > 0.5, 1.0),
            (_t(3), _t(3) > 0.5, _t(1)[0]),
        ],
    }


def _factories() -> dict[str, list[tuple[Any, ...]]]:
    return {
        "torch.rand torch.randn torch.empty torch.zeros torch.ones": [(3,), (2, 3)],
        "torch.randperm torch.hann_window torch.hamming_window torch.kaiser_window torch.blackman_window": [(4,)],
        "torch.bartlett_window": [(4,)],
        "torch.range torch.arange": [(0, 4)],
        "torch.randint": [(5, (3,)), (0, 5, (3,))],
        "torch.tensor": [([1.0, 2.0],), (3.0,)],
        "torch.eye": [(3,)],
        "torch.normal": [(_t(3), _t(3)), (_t(3), 1.0), (0.0, _t(3)), (0.0, 1.0, (3,))],
    }


def _network() -> dict[str, list[tuple[Any, ...]]]:
    image, line, grid = _t(1, 2, 6, 6), _t(1, 2, 8), _t(1, 3, 3, 2) - 0.5
    square = _t(3, 3)
    cell = (_t(2, 3), _t(2, 3), square, square)
    biases = (_t(3), _t(3))
    gru = (_t(2, 3), _t(2, 3), _t(9, 3), _t(9, 3), _t(9), _t(9))
    lstm = (_t(2, 3), (_t(2, 3), _t(2, 3)), _t(12, 3), _t(12, 3), _t(12), _t(12))
    return {
        "torch.nn.functional.embedding": [(_i(0, 1, 1), _t(4, 3))],
        "torch.embedding": [(_t(4, 3), _i(0, 1, 1))],
        "torch.embedding_renorm_": [(_t(4, 3), _i(0, 1), 0.1, 2.0)],
        "torch.dropout torch.dropout_ torch.alpha_dropout torch.alpha_dropout_ torch.feature_alpha_dropout"
        " torch.feature_alpha_dropout_ torch.feature_dropout torch.feature_dropout_": [(_t(2, 3), 0.5, True)],
        "torch.native_dropout": [(_t(2, 3), 0.5, True)],
        "torch.nn.functional.dropout1d": [(_t(2, 3, 4),)],
        "torch.nn.functional.dropout torch.nn.functional.dropout2d torch.nn.functional.dropout3d"
        " torch.nn.functional.alpha_dropout torch.nn.functional.feature_alpha_dropout": [
            (_t(1, 2, 3, 4, 4), 0.5, True),
            (_t(1, 2, 3, 4, 4), 0.5, False),
        ],
        "torch.nn.functional.rrelu torch.rrelu": [(_t(3) - 0.7, 0.1, 0.3, True), (_t(3) - 0.7, 0.1, 0.3, False)],
        "torch.max_pool1d torch.nn.functional.lp_pool1d": [(line, 2)],
        "torch.max_pool2d torch.mkldnn_max_pool2d": [(image, 2)],
        "torch.max_pool3d": [(_t(1, 2, 4, 4, 4), 2)],
        "torch.nn.functional.lp_pool2d": [(image, 2.0, 2)],
        "torch.nn.functional.lp_pool3d": [(_t(1, 2, 4, 4, 4), 2.0, 2)],
        "torch.adaptive_max_pool1d torch.nn.functional.adaptive_max_pool1d": [(line, 2)],
        "torch.max_pool1d_with_indices torch.nn.functional.max_pool1d_with_indices": [(line, 2)],
        "torch.nn.functional.max_pool2d_with_indices": [(image, 2)],
        "torch.nn.functional.max_pool3d_with_indices": [(_t(1, 2, 4, 4, 4), 2)],
        "torch.nn.functional.adaptive_max_pool1d_with_indices": [(line, 2)],
        "torch.nn.functional.adaptive_max_pool2d_with_indices": [(image, 2)],
        "torch.nn.functional.adaptive_max_pool3d_with_indices": [(_t(1, 2, 4, 4, 4), 2)],
        "torch.nn.functional.fold": [(_t(1, 8, 9), (4, 4), (2, 2))],
        "torch.nn.functional.affine_grid": [(_t(1, 2, 3), [1, 1, 3, 3])],
        "torch.nn.functional.gumbel_softmax": [(_t(2, 3),), (_t(2, 3), 1.0, True)],
        "torch.nn.functional.upsample": [(image, None, 2)],
        "torch.nn.functional.native_channel_shuffle torch.native_channel_shuffle": [(image, 2)],
        "torch.conv_tbc torch.nn.functional.conv_tbc": [(_t(4, 1, 2), _t(2, 2, 3), _t(3))],
        "torch.convolution": [(image, _t(3, 2, 2, 2), _t(3), [1, 1], [0, 0], [1, 1], False, [0, 0], 1)],
        "torch.grid_sampler": [(image, grid, 0, 0, True)],
        "torch.batch_norm": [
            (image, _t(2), _t(2), _t(2), _t(2), True, 0.1, 1e-5, False),
            (image, _t(2), _t(2), _t(2), _t(2), False, 0.1, 1e-5, False),
        ],
        "torch.instance_norm": [(image, _t(2), _t(2), _t(2), _t(2), True, 0.1, 1e-5, False)],
        "torch.rnn_tanh_cell torch.rnn_relu_cell": [(*cell, *biases)],
        "torch.gru_cell": [gru],
        "torch.lstm_cell": [lstm],
        "torch.rnn_tanh torch.rnn_relu": [
            (_t(4, 2, 3), _t(1, 2, 3), [square, square.clone(), *biases], True, 1, 0.0, True, False, False)
        ],
        "torch.gru": [(_t(4, 2, 3), _t(1, 2, 3), list(gru[2:]), True, 1, 0.0, True, False, False)],
        "torch.lstm": [(_t(4, 2, 3), [_t(1, 2, 3), _t(1, 2, 3)], list(lstm[2:]), True, 1, 0.0, True, False, False)],
    }


def _keywords() -> dict[str, Arguments]:
    loss = {"reduction": 1}
    target = torch.tensor([1.0, -1.0, 1.0], dtype=torch.float64)
    return {
        "torch.margin_ranking_loss": ((_t(3), _t(3) / 2, target), loss),
        "torch.cosine_embedding_loss": ((_t(3, 2), _t(3, 2) / 2, target), loss),
        "torch.poisson_nll_loss": ((_t(3), _t(3), True, False, 1e-8, 1), {}),
        "torch.kl_div": ((_t(3), _t(3)), loss),
        "torch.embedding_bag": ((_t(5, 3), _i(0, 1, 2), _i(0, 2)), {}),
        "torch.ctc_loss": ((_t(6, 1, 4).log_softmax(2), torch.tensor([[1, 2]]), _i(6), _i(2)), {}),
        "torch.pca_lowrank": ((_t(5, 4),), {"q": 2}),
    }

"""``torch.utils`` of the facade."""

from statelint.tape.facade.torch.utils import checkpoint, data

__all__ = ["checkpoint", "data"]

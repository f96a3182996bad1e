"""``torch.utils`` of the facade."""

from statelint.tape.facade.torch.utils import checkpoint

__all__ = ["checkpoint"]

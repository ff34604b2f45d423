"""The wandb library: set up so that it says, keeps and sends nothing but the runs, and its errors as one sentence."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, Final

from ..errors import require
from .delivery import DeliveryError

INIT_SECONDS: Final = 30.0
FINISH_SECONDS: Final = 60.0

_SILENT: Final = ("context deadline", "timed out", "did not respond", "connection refused", "no such host")
"""What is in the words of wandb when there is nobody at the other end."""


class RefusedError(DeliveryError):
    """W&B does not take this run; it may take others."""


def library() -> Any:
    """The module.

    Raises:
        MissingExtraError: it is not installed.
    """
    return require("wandb", "wandb")


def run_settings(wandb: Any, session: str) -> Any:
    """The settings of a run that is about its calls only: not about this machine, this folder, this program.

    Args:
        wandb: the library.
        session: what makes its folder's name unlike that of another in the same second.
    """
    return wandb.Settings(
        console="off",
        silent=True,
        quiet=True,
        program="otel-prompt",
        disable_git=True,
        disable_code=True,
        save_code=False,
        init_timeout=INIT_SECONDS,
        finish_timeout=FINISH_SECONDS,
        finish_timeout_raises=True,
        x_disable_stats=True,
        x_disable_meta=True,
        x_disable_machine_info=True,
        x_save_requirements=False,
        x_sync_dir_suffix=session,
    )


@contextmanager
def explained(place: str, project: str | None = None) -> Generator[None]:
    """Turn what wandb may raise into one error.

    Raises:
        DeliveryError: W&B takes nothing at the moment.
        RefusedError: W&B does not take this run.
    """
    wandb = library()
    unanswered = require("wandb.sdk.lib.service.service_connection", "wandb").WandbApiFailedError
    try:
        yield
    except DeliveryError:
        raise
    except TimeoutError:
        raise DeliveryError(f"W&B at {place} has not taken all within {FINISH_SECONDS:.0f} s") from None
    except (wandb.errors.Error, unanswered, OSError, ValueError, TypeError) as error:
        raise _explained(" ".join(str(error).split()), type(error).__name__, place, project) from error


def _explained(said: str, kind: str, place: str, project: str | None) -> DeliveryError:
    if any(sign in said.lower() for sign in _SILENT):
        return DeliveryError(f"W&B at {place} does not answer ({said[-200:]})")
    if "No API key" in said or "api_key not configured" in said:
        return DeliveryError("W&B has no API key: set WANDB_API_KEY, or log in with `wandb login`")
    if kind == "AuthenticationError" or "401" in said:
        return DeliveryError(f"W&B at {place} does not accept the API key: correct WANDB_API_KEY ({said[:200]})")
    if "project name" in said:
        return RefusedError(
            f"W&B cannot have a project named {project!r}: name another in WANDB_PROJECT ({said[:200]})"
        )
    if "403" in said or "404" in said:
        where = f"the project {project!r}" if project else "it"
        return RefusedError(f"W&B at {place} does not let this key write to {where} ({said[:200]})")
    return DeliveryError(f"W&B at {place} has not taken it: {kind}: {said[:300]}")

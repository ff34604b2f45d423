"""A tool that gets its spans over OTLP, as a destination for judgements: its own interface is told of them.

They may be made long after their spans have gone out, in another process, or while the tool is down; and OTLP has no
form that any tool takes for a score. So they wait in the store like the traces of other destinations.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

from ..config import Settings
from ..encoding import decoded, encode
from ..errors import ConfigurationError
from ..score import Score, scores
from ..span_record import SpanRecord
from .delivery import DeliveryError
from .filters import chosen
from .mlflow_address import shown
from .otlp_presets import Connection, preset
from .score_api import ScoreApi, Told

_BATCH: Final = 50
_ANSWER_SECONDS: Final = 20.0
_BUSY: Final = (408, 425, 429, 502, 503, 504)
"""Answers that have nothing to do with what was said."""

_ENOUGH: Final = 3
"""Traces over which a tool must stumble, one after the other, for none of them to be to blame."""


class ScoreDestination:
    """The judgements that one tool is told of.

    Args:
        tool: the name of its OTLP preset, ``langfuse``.
        settings: which traces it gets; where it is says the tool's own environment.
        address: another than that of the environment, as in ``name``.
    """

    judgements_alone, busy = True, False

    def __init__(self, tool: str, settings: Settings, address: str | None = None) -> None:
        self._preset, self._settings = preset(tool), settings
        if self._preset.scores is None:
            raise ConfigurationError(f"{tool} has no scores that it could be told")
        self._api: ScoreApi = self._preset.scores
        host = self._preset.host(settings)
        self._other = address if address is not None and shown(host) != address else None
        self.name = f"{tool}-scores {address or shown(host)}"
        self.batch, self.gather_seconds = _BATCH, 0.0
        self.wanted = chosen(tool, self._preset.default, settings)
        self._known: dict[str, str] = {}

    def open(self) -> None:
        """See that it is known where the tool is.

        Raises:
            DeliveryError: its address is another by now, to which its key is not sent.
            ConfigurationError: there is no key.
        """
        self._connection()

    def close(self) -> None:
        """Nothing is held: a connection is as long as a delivery."""

    def deliver(self, traces: list[list[SpanRecord]]) -> None:
        """Say the judgements of traces. Those that were said before change nothing.

        Args:
            traces: of the judged spans, only the ids and the judgements are looked at.

        Raises:
            DeliveryError: the tool has not taken all.
        """
        import requests

        said = [[score for record in spans for score in scores(record)] for spans in traces]
        with requests.Session() as session:
            way = _Way(session, self._connection(), self._api)
            if not self._known:
                self._known = self._api.learn(way.ask, way.said)
            failed = self._tell_all(way, [some for some in said if some])
        if failed:
            raise DeliveryError(next(iter(failed.values())), failed)

    def _connection(self) -> Connection:
        if self._other is not None:
            raise DeliveryError(
                f"these judgements are for {self._api.title} at {self._other}, which is not where it is by now, and no "
                "key is sent there"
            )
        return self._preset.connect(self._settings)

    def _tell_all(self, way: _Way, traces: Sequence[Sequence[Score]]) -> dict[str, str]:
        """Tell of traces: at once if that can be, and each by itself where one of them is refused."""
        if self._api.together and len(traces) > 1:
            with suppress(_RefusedError):
                return self._tell(way, traces)
        failed: dict[str, str] = {}
        for number, some in enumerate(traces):
            try:
                failed.update(self._tell(way, [some]))
            except _RefusedError as error:
                failed[some[0].trace_id] = str(error)
                if error.stumbled and len(failed) == number + 1 == min(_ENOUGH, len(traces)) > 1:
                    raise DeliveryError(str(error)) from None
        return failed

    def _tell(self, way: _Way, traces: Sequence[Sequence[Score]]) -> dict[str, str]:
        """Tell of some traces. Returns why some were not taken, by trace id. Raises _RefusedError: none was."""
        judgements = [score for some in traces for score in some]
        failed: dict[str, str] = {}
        for told in self._api.tell(judgements, self._known):
            failed.update(self._api.refused(way.tell(told), judgements))
        return failed


class _RefusedError(DeliveryError):
    """A request was not taken because of what is in it; ``stumbled`` where that is not certain."""

    stumbled = False


class _Way:
    """The way to a tool, for the time of a delivery."""

    def __init__(self, session: Any, connection: Connection, api: ScoreApi) -> None:
        self._session, self._connection, self._api = session, connection, api
        self._name = f"{api.title} at {shown(connection.host)}"
        self.said = {**connection.headers, **connection.resource}

    def ask(self, path: str, query: Mapping[str, str]) -> Any:
        """What the tool says of a path; None where it does not."""
        answer = self._request("GET", path, params=dict(query))
        return decoded(answer.text) if answer.status_code == 200 else None

    def tell(self, told: Told) -> Any:
        """The tool's answer to what it is told.

        Raises:
            _RefusedError: it does not take this.
            DeliveryError: it takes nothing at the moment.
        """
        answer = self._request(told.method, told.path, data=encode(told.body).encode())
        status = answer.status_code
        if status < 300:
            return decoded(answer.text)
        if status == 409 and told.instead is not None:
            return self.tell(told.instead)
        said = f"{status} {' '.join(answer.text.split())[:200]}".strip()
        if status == 404 and self._api.knows_spans:
            raise _RefusedError(f"{self._name} has not got the span that is judged ({said})")
        if status in (404, 405) or status < 400:
            raise DeliveryError(f"there is no {self._name} ({said}): correct its address")
        refused = _RefusedError(f"{self._name} has not taken it ({said})")
        refused.stumbled = status >= 500
        raise refused

    def _request(self, method: str, path: str, **more: Any) -> Any:
        import requests

        headers = {**self._connection.headers, "Content-Type": "application/json"}
        url = self._connection.host + path
        try:
            answer = self._session.request(
                method, url, headers=headers, timeout=_ANSWER_SECONDS, allow_redirects=False, **more
            )
        except (requests.RequestException, OSError) as error:
            raise DeliveryError(f"{self._name} does not answer ({type(error).__name__})") from None
        if answer.status_code in (401, 403):
            raise DeliveryError(
                f"{self._name} does not accept the key ({answer.status_code}): correct {self._api.keys}"
            )
        if answer.status_code in _BUSY:
            after = answer.headers.get("Retry-After", "")
            raise DeliveryError(
                f"{self._name} takes nothing at the moment ({answer.status_code})",
                retry_seconds=float(after) if after.isdecimal() else None,
            )
        return answer

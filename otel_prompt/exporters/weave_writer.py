"""What writes to Weave, in the process that ``apart`` has made for it: each span once, however often it comes."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from ..config import Settings
from ..errors import require
from ..invocation import Json, PromptIdentity
from ..mapping import from_attributes
from ..runs import experiment, is_call, run_key
from ..score import scores
from ..span_record import SpanRecord
from .apart import read_options
from .delivery import DeliveryError
from .wandb_ledger import Ledger, Session
from .wandb_names import DEFAULT_PROJECT, accepted
from .wandb_rows import Item, version
from .weave import WeaveOptions
from .weave_calls import root_of, weave_call
from .weave_objects import feedback, prompt_object

_AT_ONCE: Final = 200


class WeaveWriter:
    """Writes traces to the projects of one Weave."""

    def __init__(self, options: WeaveOptions) -> None:
        self._options = options
        self._settings = Settings(experiment=options.experiment, run_per=options.run_per)
        self._ledger = Ledger(Path(options.ledger))
        self._server: Any = None
        self._projects: dict[str, str] = {}
        self._prompts: dict[tuple[str, str, str | None], str | None] = {}
        self.broken = False

    @classmethod
    def of(cls, first: bytes) -> WeaveWriter:
        """The writer that the parent's first line asks for."""
        return cls(read_options(first, WeaveOptions))

    def write(self, traces: list[list[SpanRecord]]) -> None:
        """Write traces.

        Raises:
            DeliveryError: Weave has not taken all of them.
        """
        with _explained(self._options.place):
            self._connect()
            by_project: dict[str, list[list[SpanRecord]]] = {}
            for spans in traces:
                by_project.setdefault(self._project(spans), []).append(spans)
            Path(self._options.ledger).parent.mkdir(parents=True, exist_ok=True)
            with self._ledger.alone():
                for project, some in by_project.items():
                    self._write(project, some)

    def close(self) -> None:
        """Nothing runs on: this server's client has no threads of its own."""

    def _connect(self) -> None:
        if self._server is None:
            bindings = require("weave.trace_server_bindings.remote_http_trace_server", "weave")
            credentials = require("weave.trace.weave_init", "weave").get_wandb_auth_context()
            if credentials is None:
                raise DeliveryError("Weave has no API key: set WANDB_API_KEY, or log in with `wandb login`")
            # One that sends at once and says what came of it, where that of ``weave.init`` sends some time later.
            server = bindings.RemoteHTTPTraceServer.from_env(False)
            server.set_auth(credentials)
            server.server_info()
            self._server = server

    def _project(self, spans: Sequence[SpanRecord]) -> str:
        """``entity/project`` of a trace. It is made if it is not there."""
        options = self._options
        named = next((name for record in spans if (name := experiment(record, self._settings))), None)
        wanted = options.project or accepted(named or DEFAULT_PROJECT)
        if wanted not in self._projects:
            given = f"{options.entity}/{wanted}" if options.entity and "/" not in wanted else wanted
            resolve = require("weave.trace.weave_init", "weave").get_entity_project_from_project_name
            entity, project = resolve(given)
            project = self._server.ensure_project_exists(entity, project).project_name
            self._projects[wanted] = f"{entity}/{project}"
        return self._projects[wanted]

    def _write(self, project: str, traces: Sequence[Sequence[SpanRecord]]) -> None:
        place = f"{self._options.place} {project}"
        for session in self._ledger.cut_off(place):
            self._ledger.settle(session, self._arrived(session, project))
        calls: dict[str, Json] = {}
        judged: dict[str, list[Json]] = {}
        for spans in traces:
            root = root_of(list(spans))
            for record in spans:
                own = f"{record.trace_id}/{record.span_id}"
                prompt, run = self._prompt(project, record), self._run(project, record)
                calls[own] = weave_call(record, project, root=root, prompt=prompt, run=run)
                judged.update({f"{own}/{version(score)}": feedback(record, score, project) for score in scores(record)})
        self._send_calls(place, calls)
        self._send_feedback(place, judged)

    def _send_calls(self, place: str, calls: dict[str, Json]) -> None:
        new, _ = self._ledger.missing(place, [_item(own) for own in calls])
        for i in range(0, len(new), _AT_ONCE):
            some = new[i : i + _AT_ONCE]
            session = self._ledger.begin(place, None, 0, 0, some)
            self._server.calls_complete({"batch": [calls[item.id] for item in some]})
            self._ledger.end(session, [], [])

    def _send_feedback(self, place: str, judged: dict[str, list[Json]]) -> None:
        new, _ = self._ledger.missing(place, [_item(own) for own in judged])
        for item in new:
            session = self._ledger.begin(place, None, 0, 0, [item])
            for each in judged[item.id]:
                self._server.feedback_create(each)
            self._ledger.end(session, [], [])

    def _arrived(self, session: Session, project: str) -> dict[str, bool]:
        """Which calls of a session that was cut off are there. Feedback may go again."""
        calls = {own.rpartition("/")[2]: own for own in self._ledger.items(session) if own.count("/") == 1}
        if not calls:
            return {}
        asked = {"project_id": project, "filter": {"call_ids": sorted(calls)}, "columns": ["id"]}
        return {calls[call.id]: True for call in self._server.calls_query_stream(asked) if call.id in calls}

    def _prompt(self, project: str, record: SpanRecord) -> str | None:
        """The reference of a call's prompt, which is published if it is new. The same content is the same version."""
        prompts = [p for p in from_attributes(record.attributes).prompts if p.template is not None]
        return self._published(project, prompts[0]) if prompts else None

    def _published(self, project: str, prompt: PromptIdentity) -> str | None:
        key = (project, prompt.name, prompt.template)
        if key not in self._prompts:
            name = accepted(prompt.name)
            made = {"project_id": project, "object_id": name, "val": prompt_object(prompt)}
            digest = self._server.obj_create({"obj": made}).digest
            self._prompts[key] = f"weave:///{project}/object/{name}:{digest}"
        return self._prompts[key]

    def _run(self, project: str, record: SpanRecord) -> str | None:
        """The W&B run that holds the same call."""
        if not self._options.linked or not is_call(record):
            return None
        entity = project.partition("/")[0]
        named = self._options.wandb_project or accepted(experiment(record, self._settings) or DEFAULT_PROJECT)
        return f"{entity}/{named}/{run_key(record, self._settings)[:16]}"


def _item(own: str) -> Item:
    return Item(own, own.partition("/")[0], {}, {}, {})


@contextmanager
def _explained(place: str) -> Generator[None]:
    """Turn what Weave's client may raise into one error.

    Raises:
        DeliveryError: something went wrong inside.
    """
    sdk = require("weave.vendor.weave_server_sdk", "weave")
    wandb = require("wandb", "weave")
    unknown = require("weave.trace.weave_init", "weave").WeaveWandbAuthenticationException
    own = require("weave.trace.errors", "weave").Error
    try:
        yield
    except DeliveryError:
        raise
    except sdk.APIStatusError as error:
        said = " ".join(str(error).split())[:200]
        if error.status_code in (401, 403):
            raise DeliveryError(f"Weave at {place} does not accept the API key for this project ({said})") from None
        raise DeliveryError(f"Weave at {place} has not taken it ({said})") from None
    except unknown as error:
        said = " ".join(str(error).split())[:200]
        raise DeliveryError(f"Weave does not know whose project is meant: set WANDB_ENTITY ({said})") from None
    except (sdk.APIError, own, wandb.errors.Error, OSError, ValueError, TypeError, LookupError, RuntimeError) as error:
        said = " ".join(str(error).split())[:200]
        raise DeliveryError(f"Weave at {place} does not answer as it should: {type(error).__name__}: {said}") from error

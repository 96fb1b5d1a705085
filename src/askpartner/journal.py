"""What was asked, answered and judged, in one SQLite file: the server's memory of conversations.

Written by the chat and read by the pages that show an answer again. Does not ask, answer or write
markup: it keeps what it is given. The ids in it are secrets (who knows one may read what is below
it), so they are random; nothing here decides what an answer says.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, get_args

from sqlalchemy import JSON, ForeignKey, create_engine, delete, event, func, select, update
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.engine import URL, Connection, Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship
from sqlalchemy.pool import QueuePool

from askpartner.errors import JournalRefused
from askpartner.render import answer_object
from askpartner.settings import Settings
from askpartner.types import Answer

SCHEMA = 1
"""Number of the tables' layout, kept as SQLite's ``user_version``."""

APPLICATION = 0x61736B70
"""What tells a journal from another database: SQLite's ``application_id``, "askp"."""

FILE = "journal.sqlite"
MEMORY = ":memory:"

MOST_EXCHANGES = 50
"""Exchanges of one conversation that are given back: the newest. Older ones stay in the file."""

MOST_REASON = 300
"""Characters of a judgement's reason."""

BUSY_MILLISECONDS = 5000  # waited for another process that writes

Verdict = Literal["helpful", "not_helpful"]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)

_IDENTITY = re.compile(r"[A-Za-z0-9_-]{32}")


@dataclass(frozen=True, slots=True)
class Judgement:
    """What an asker thought of one answer."""

    verdict: Verdict
    reason: str  # in their own words or one of the page's; "" when none was given
    judged_at: datetime  # UTC


@dataclass(frozen=True, slots=True)
class Entry:
    """One exchange of a conversation, as it was shown."""

    id: str  # the answer's id, in its permalink
    conversation: str  # a secret: never shown to anyone but who holds the cookie
    question: str
    text: str  # the answer as plain text, what a follow-up goes by
    html: str  # the answer as it was shown in the chat
    answer: dict[str, Any]  # the published object (schemas/answer.json)
    status: str
    index_version: str
    created_at: datetime  # UTC
    judgement: Judgement | None


def new_identity() -> str:
    """An unguessable id of 32 URL-safe characters (192 random bits)."""
    return secrets.token_urlsafe(24)


def is_identity(text: str) -> bool:
    """Whether ``text`` has the form of an id; ids from a browser are asked this first."""
    return _IDENTITY.fullmatch(text) is not None


def journal_path(settings: Settings) -> Path | None:
    """The file the settings name: by default ``journal.sqlite`` beside the index; None: memory."""
    if settings.journal == MEMORY:
        return None
    return Path(settings.journal) if settings.journal else settings.index.parent / FILE


class _Base(DeclarativeBase):
    pass


class _Conversation(_Base):
    __tablename__ = "conversation"

    id: Mapped[str] = mapped_column(primary_key=True)
    created_at: Mapped[datetime]


class _Exchange(_Base):
    __tablename__ = "exchange"

    id: Mapped[str] = mapped_column(primary_key=True)
    conversation: Mapped[str] = mapped_column(
        ForeignKey("conversation.id", ondelete="CASCADE"), index=True
    )
    position: Mapped[int]  # in the conversation, from 1; a replacement takes the old one's
    replaced_by: Mapped[str | None]  # id of the exchange shown in its place; None: it is shown
    created_at: Mapped[datetime] = mapped_column(index=True)
    question: Mapped[str]
    text: Mapped[str]
    html: Mapped[str]
    answer: Mapped[dict[str, Any]] = mapped_column(JSON)
    status: Mapped[str]
    index_version: Mapped[str]
    judgement: Mapped[_Judgement | None] = relationship(lazy="joined", viewonly=True)


class _Judgement(_Base):
    __tablename__ = "judgement"

    exchange: Mapped[str] = mapped_column(
        ForeignKey("exchange.id", ondelete="CASCADE"), primary_key=True
    )
    verdict: Mapped[str]
    reason: Mapped[str]
    judged_at: Mapped[datetime]


class Journal:
    """The store of conversations. Safe to share between threads; several processes may write.

    Every method raises JournalRefused when the file cannot be read or written (disk full, taken
    away, locked for longer than BUSY_MILLISECONDS).
    """

    def __init__(self, path: Path | None) -> None:
        """Open or create the file at ``path``; None keeps everything in memory until ``close``.

        Raises JournalRefused when it is no journal, or one of a newer askpartner.
        """
        self._name = str(path) if path is not None else MEMORY
        self._engine = _engine(path)
        with self._refusing():
            self._prepare()

    # -- conversations -------------------------------------------------------------------------

    def begin(self) -> str:
        """An id for a new conversation; nothing is stored before its first exchange."""
        return new_identity()

    def record(
        self,
        conversation: str,
        question: str,
        answer: Answer,
        *,
        html: str,
        text: str,
        identity: str | None = None,
        replaces: str | None = None,
    ) -> str:
        """Keep one exchange at the end of a conversation; gives the answer's id.

        ``identity`` is an id from ``new_identity`` when the markup already names it. ``replaces``
        is the answer of the same conversation in whose place this one stands from now on: the old
        one leaves the conversation and keeps its permalink; an unknown one is as if not given.
        Raises ValueError for an id that is not of the form of one.
        """
        identity = identity or new_identity()
        if not (is_identity(conversation) and is_identity(identity)):
            raise ValueError("not an id of this journal")
        now = _now()
        with self._session() as session:
            # A write first: SQLite then holds the lock that the rest of the transaction needs.
            session.execute(
                insert(_Conversation)
                .values(id=conversation, created_at=now)
                .on_conflict_do_nothing()
            )
            position = None
            if replaces is not None:
                position = session.scalar(
                    update(_Exchange)
                    .where(_Exchange.id == replaces, _Exchange.conversation == conversation)
                    .where(_Exchange.replaced_by.is_(None))
                    .values(replaced_by=identity)
                    .returning(_Exchange.position)
                )
            if position is None:
                last = session.scalar(
                    select(func.max(_Exchange.position)).where(
                        _Exchange.conversation == conversation
                    )
                )
                position = (last or 0) + 1
            session.add(
                _Exchange(
                    id=identity,
                    conversation=conversation,
                    position=position,
                    replaced_by=None,
                    created_at=now,
                    question=question,
                    text=text,
                    html=html,
                    answer=answer_object(answer),
                    status=answer.status,
                    index_version=answer.index_version,
                )
            )
        return identity

    def conversation(self, conversation: str) -> tuple[Entry, ...]:
        """The newest MOST_EXCHANGES exchanges, oldest first; () for an unknown id."""
        with self._session() as session:
            newest = session.scalars(
                select(_Exchange)
                .where(_Exchange.conversation == conversation, _Exchange.replaced_by.is_(None))
                .order_by(_Exchange.position.desc())
                .limit(MOST_EXCHANGES)
            )
            return tuple(reversed([_entry(row) for row in newest]))

    def forget(self, conversation: str) -> int:
        """Delete a conversation with its answers and judgements; gives how many answers it had.

        The words are overwritten in the file, not only unlinked.
        """
        with self._session() as session:
            count = session.scalar(
                select(func.count()).where(_Exchange.conversation == conversation)
            )
            session.execute(delete(_Conversation).where(_Conversation.id == conversation))
        with self._refusing(), self._engine.connect() as connection:
            # The write-ahead log still holds the words until it is emptied.
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        return count or 0

    # -- answers -------------------------------------------------------------------------------

    def answer(self, identity: str) -> Entry | None:
        """One answer by its id; None when there is none (or it was forgotten)."""
        with self._session() as session:
            row = session.get(_Exchange, identity)
            return None if row is None else _entry(row)

    def judge(self, identity: str, verdict: Verdict, reason: str = "") -> bool:
        """Keep an asker's judgement, in place of an earlier one; False for an unknown answer.

        Raises ValueError for another verdict or a reason of more than MOST_REASON characters.
        """
        if verdict not in VERDICTS:
            raise ValueError(f"verdict is not one of {', '.join(VERDICTS)}")
        if len(reason) > MOST_REASON:
            raise ValueError(f"reason is longer than {MOST_REASON} characters")
        given = {"verdict": verdict, "reason": reason, "judged_at": _now()}
        with self._session() as session:
            if session.get(_Exchange, identity) is None:
                return False
            session.execute(
                insert(_Judgement)
                .values(exchange=identity, **given)
                .on_conflict_do_update(index_elements=[_Judgement.exchange], set_=given)
            )
        return True

    # -- for staff -----------------------------------------------------------------------------

    def recent(
        self, count: int, *, statuses: Collection[str] = (), verdict: Verdict | None = None
    ) -> tuple[Entry, ...]:
        """The last ``count`` answers of all conversations, newest first, equal times by id.

        Only those of one of ``statuses``, and only those judged ``verdict``, where that is given.
        """
        chosen = select(_Exchange)
        if statuses:
            chosen = chosen.where(_Exchange.status.in_(sorted(statuses)))
        if verdict is not None:
            judged = select(_Judgement.exchange).where(_Judgement.verdict == verdict)
            chosen = chosen.where(_Exchange.id.in_(judged))
        with self._session() as session:
            rows = session.scalars(
                chosen.order_by(_Exchange.created_at.desc(), _Exchange.id).limit(count)
            )
            return tuple(_entry(row) for row in rows)

    def close(self) -> None:
        """Let go of the file; a journal in memory is gone with it."""
        self._engine.dispose()

    # -- inside --------------------------------------------------------------------------------

    @contextmanager
    def _session(self) -> Iterator[Session]:
        with self._refusing(), Session(self._engine) as session, session.begin():
            yield session

    @contextmanager
    def _refusing(self) -> Iterator[None]:
        try:
            yield
        except SQLAlchemyError as error:
            # Not the whole message: it would repeat the question into the operator's log.
            cause = getattr(error, "orig", None) or type(error).__name__
            raise JournalRefused(
                f"{self._name}: the journal cannot be used ({cause}); "
                "free the file or name another with ASKPARTNER_JOURNAL"
            ) from None

    def _prepare(self) -> None:
        with self._engine.connect() as connection:
            if self._is_new(connection):
                connection.rollback()
                connection.exec_driver_sql("PRAGMA journal_mode = WAL")  # readers wait for no one
                connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION}")
                _Base.metadata.create_all(connection)  # those that are missing
                connection.exec_driver_sql(f"PRAGMA user_version = {SCHEMA}")
                connection.commit()

    def _is_new(self, connection: Connection) -> bool:
        """Whether tables are still to be made; changes nothing of the file."""
        application, version, tables = (
            int(connection.exec_driver_sql(statement).scalar_one())
            for statement in (
                "PRAGMA application_id",
                "PRAGMA user_version",
                "SELECT count(*) FROM sqlite_schema",
            )
        )
        if application != APPLICATION and tables:
            raise JournalRefused(
                f"{self._name}: a database, but no journal; name another file with "
                "ASKPARTNER_JOURNAL"
            )
        if version > SCHEMA:
            raise JournalRefused(
                f"{self._name}: written by a newer askpartner (layout {version}, this one knows "
                f"{SCHEMA}); update askpartner or name another file with ASKPARTNER_JOURNAL"
            )
        return version < SCHEMA


def open_journal(settings: Settings) -> Journal:
    """The journal of the settings; raises JournalRefused when it cannot be used."""
    return Journal(journal_path(settings))


def _engine(path: Path | None) -> Engine:
    if path is None:
        # One connection is one database in memory: threads take turns on it.
        engine = create_engine(
            "sqlite://",
            poolclass=QueuePool,
            pool_size=1,
            max_overflow=0,
            connect_args={"check_same_thread": False},
        )
    else:
        engine = create_engine(URL.create("sqlite", database=str(path)))

    @event.listens_for(engine, "connect")
    def configure(connection: Any, _record: object) -> None:
        for pragma in (
            f"busy_timeout = {BUSY_MILLISECONDS}",
            "synchronous = NORMAL",  # with WAL: a power cut loses the last exchange, not the file
            "foreign_keys = ON",
            "secure_delete = ON",  # what is forgotten is overwritten
        ):
            connection.execute(f"PRAGMA {pragma}")

    return engine


def _entry(row: _Exchange) -> Entry:
    judged = row.judgement
    return Entry(
        id=row.id,
        conversation=row.conversation,
        question=row.question,
        text=row.text,
        html=row.html,
        answer=row.answer,
        status=row.status,
        index_version=row.index_version,
        created_at=row.created_at.replace(tzinfo=UTC),
        judgement=None
        if judged is None
        else Judgement(
            verdict="helpful" if judged.verdict == "helpful" else "not_helpful",
            reason=judged.reason,
            judged_at=judged.judged_at.replace(tzinfo=UTC),
        ),
    )


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)  # SQLite has no time zones: all times are UTC

"""Everything that can be set, from the environment (``ASKPARTNER_…``) or the command line."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationError,
    model_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from askpartner.errors import UsageError

DEFAULT_MODEL = "all-MiniLM-L6-v2"

_ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:[0-9]{1,5})?|https?://\[[0-9a-f:.]+\](:[0-9]{1,5})?")
_HOST = re.compile(r"\*|[a-z0-9._-]+|\[?[0-9a-f:.]+\]?")


def _listed(value: object) -> object:
    """A list written with commas, as an environment variable holds it."""
    if isinstance(value, str):
        return tuple(part.strip().lower() for part in value.split(",") if part.strip())
    return value


def _origin(text: str) -> str:
    if not _ORIGIN.fullmatch(text):
        raise ValueError(f"{text!r} is not an origin such as https://www.site.example")
    return text


def _host(text: str) -> str:
    if not _HOST.fullmatch(text):
        raise ValueError(f"{text!r} is not a host name such as ask.site.example (without port)")
    return text.strip("[]")


def _password(secret: SecretStr) -> SecretStr:
    if secret.get_secret_value() and len(secret.get_secret_value()) < 12:
        raise ValueError("shorter than 12 characters")
    return secret


Hosts = Annotated[
    tuple[Annotated[str, AfterValidator(_host)], ...], NoDecode, BeforeValidator(_listed)
]
Origins = Annotated[
    tuple[Annotated[str, AfterValidator(_origin)], ...], NoDecode, BeforeValidator(_listed)
]


class Settings(BaseSettings):
    """What a run is made with. Frozen; holds values only, never live models or open files."""

    model_config = SettingsConfigDict(env_prefix="ASKPARTNER_", frozen=True, extra="ignore")

    corpus: Path = Field(Path("corpus"), description="folder of Markdown profiles")
    index: Path = Field(Path("index"), description="folder the index is written to and read from")
    model: str = Field(DEFAULT_MODEL, description="sentence-transformers model, by name or path")
    reranker: str = Field("", description="cross-encoder, by name or path; empty: none")
    rerank_hits: int = Field(10, ge=1, le=100, description="best hits the reranker reads")
    passage_tokens: int = Field(
        250, ge=16, le=8192, description="longest passage, in cl100k_base tokens"
    )
    workers: int = Field(2, ge=1, le=64, description="embedding threads when indexing")
    site_url: str = Field("", description="address the pages' permalinks are below")
    contact: str = Field("", description="whom to ask when the directory has no answer")
    hits: int = Field(5, ge=1, le=100, description="passages shown with an answer")
    journal: str = Field(
        "",
        description="file the conversations are kept in: journal.sqlite beside the index by "
        "default; :memory: keeps them no longer than the server runs",
    )
    hosts: Hosts = Field(
        (),
        description="names the server is asked by, with commas, besides the address it listens on "
        "and localhost; * for any",
    )
    embed_origins: Origins = Field(
        (),
        description="sites that may show the chat in a frame and call the API from their pages, "
        "with commas",
    )
    questions_per_minute: int = Field(
        30, ge=0, le=100_000, description="questions one client may ask in a minute; 0: no limit"
    )
    staff_user: str = Field("", description="name that opens /staff; without it there is none")
    staff_password: Annotated[SecretStr, AfterValidator(_password)] = Field(
        SecretStr(""), description="password that opens /staff, at least 12 characters"
    )

    @model_validator(mode="after")
    def _staff_is_whole(self) -> Settings:
        if bool(self.staff_user) != bool(self.staff_password.get_secret_value()):
            raise ValueError("staff_user and staff_password open /staff together; set both or none")
        return self


def load_settings(**given: object) -> Settings:
    """Settings from the environment, overridden by those ``given`` that are not None.

    Raises UsageError naming every value that is out of range, all at once.
    """
    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}"
            for fault in error.errors()
        )
        raise UsageError(f"settings: {faults}") from error

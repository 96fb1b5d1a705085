"""Everything that can be set, from the environment (``ASKPARTNER_…``) or the command line."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from askpartner.errors import UsageError

DEFAULT_MODEL = "all-MiniLM-L6-v2"


class Settings(BaseSettings):
    """What a run is made with. Frozen; holds values only, never live models or open files."""

    model_config = SettingsConfigDict(env_prefix="ASKPARTNER_", frozen=True, extra="ignore")

    corpus: Path = Field(Path("corpus"), description="folder of Markdown profiles")
    index: Path = Field(Path("index"), description="folder the index is written to and read from")
    model: str = Field(DEFAULT_MODEL, description="sentence-transformers model, by name or path")
    passage_tokens: int = Field(
        200, ge=16, le=8192, description="longest passage, in cl100k_base tokens"
    )
    workers: int = Field(2, ge=1, le=64, description="embedding threads when indexing")
    site_url: str = Field("", description="address the pages' permalinks are below")
    contact: str = Field("", description="whom to ask when the directory has no answer")
    hits: int = Field(5, ge=1, le=100, description="passages shown with an answer")


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

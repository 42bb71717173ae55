"""Settings from the environment and the file ``.env``, validated once at start: pages and commands share them."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from studio.cookie_secret import secret_beside
from studio.passphrases import is_hash
from xai_core.paths import DATA_DIR, ENV_FILE


class Settings(BaseSettings):
    """One field a setting; the environment variable has the same name in capitals."""

    model_config = SettingsConfigDict(
        env_file=ENV_FILE,
        extra="ignore",
        env_ignore_empty=True,
        hide_input_in_errors=True,  # some are secrets, and errors are logged
    )

    xai_data_dir: Path = Field(default=DATA_DIR, description="where data and database lie")
    database_url: str | None = Field(default=None, description="default: feedback.sqlite in the data folder")
    xai_precision: Literal["float32", "bfloat16", "int8"] = Field(default="float32", description="from exact to fast")
    xai_samples: int | None = Field(default=None, ge=16, le=20_000, description="LIME samples; default: by image size")
    xai_policy: Literal["guarded", "learned", "random", "fixed", "frozen"] = Field(
        default="guarded", description="order of arms"
    )
    xai_exploration: float = Field(default=0.1, ge=0, le=1, description="share of impressions that explore")
    xai_half_life: float | None = Field(default=None, gt=0, description="thumbs after which one counts half")
    xai_cookie_secret: str | None = Field(default=None, description="default: a file beside the database")
    xai_backup_hours: float = Field(default=24, ge=0, description="between backups of a database file; 0: none")
    xai_backup_keep: int = Field(default=7, ge=1, description="how many scheduled backups are kept")
    xai_retention_days: float | None = Field(default=None, gt=0, description="days without a visit; default: for ever")
    xai_retention: Literal["anonymise", "delete"] = Field(default="anonymise", description="what happens after them")
    xai_researcher_passphrase: str | None = Field(default=None, description="from `python -m studio passphrase`")
    xai_instructor_passphrase: str | None = Field(default=None, description="from `python -m studio passphrase`")
    xai_researchers: str = Field(default="", description="accounts with the role, by comma; with OpenID Connect")
    xai_instructors: str = Field(default="", description="accounts with the role, by comma; with OpenID Connect")
    xai_log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(default="INFO", description="least log level")

    @field_validator("database_url")
    @classmethod
    def _without_line_end(cls, url: str | None) -> str | None:
        return url and url.strip()

    @field_validator("xai_data_dir")
    @classmethod
    def _at_home(cls, folder: Path) -> Path:
        return folder.expanduser()

    @field_validator("xai_researcher_passphrase", "xai_instructor_passphrase")
    @classmethod
    def _hashed(cls, kept: str | None) -> str | None:
        if kept is not None and not is_hash(kept):
            raise ValueError("a pass-phrase is set by its hash, which `python -m studio passphrase` prints")
        return kept

    @property
    def database(self) -> str:
        """The database URL in force."""
        return self.database_url or f"sqlite:///{self.xai_data_dir / 'feedback.sqlite'}"

    def cookie_secret(self) -> str:
        """The key that signs cookies. Raises ``InvalidInput`` where none is set and the database is on a server."""
        return self.xai_cookie_secret or secret_beside(self.database)


@cache
def load_settings() -> Settings:
    """The settings of this process. Raises ``pydantic.ValidationError`` naming each bad variable."""
    return Settings()

"""How often one client may ask. Counts in memory, per process; the ``limits`` package counts."""

from __future__ import annotations

import math
import time
from ipaddress import IPv6Address, ip_address
from typing import Literal

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

OTHERS_PER_QUESTION = 10
"""Pages opened, judgements and other events that may be sent for each question that may be."""

Kind = Literal["question", "other", "login"]

LOGINS_PER_MINUTE = 10


class RateLimit:
    """Windows of a minute, beginning with a client's first request. Safe between threads.

    A client is an IPv4 address or the /64 network of an IPv6 address, as the connection has it:
    headers that name another one are not believed.
    """

    def __init__(self, questions_per_minute: int) -> None:
        """``questions_per_minute`` 0 lets everything pass but logins."""
        self._counter = FixedWindowRateLimiter(MemoryStorage())
        self._allowed: dict[str, RateLimitItemPerMinute] = {
            "login": RateLimitItemPerMinute(LOGINS_PER_MINUTE)
        }
        if questions_per_minute:
            self._allowed["question"] = RateLimitItemPerMinute(questions_per_minute)
            others = questions_per_minute * OTHERS_PER_QUESTION
            self._allowed["other"] = RateLimitItemPerMinute(others)

    def wait(self, client: str | None, kind: Kind) -> int:
        """Count one request; 0: go ahead, else the seconds until the client may try again."""
        item = self._allowed.get(kind)
        if item is None:
            return 0
        name = _network(client)
        if self._counter.hit(item, kind, name):
            return 0
        resets = self._counter.get_window_stats(item, kind, name).reset_time
        return max(1, math.ceil(resets - time.time()))


def _network(client: str | None) -> str:
    if client is None:  # such as a connection over a socket file
        return "unknown"
    try:
        address = ip_address(client.partition("%")[0])
    except ValueError:
        return client
    if isinstance(address, IPv6Address):
        mapped = address.ipv4_mapped
        return str(mapped) if mapped else address.exploded[:19]
    return str(address)

"""Shards: which one a room belongs to, and how many a daemon holds."""

import zlib


def shard_of(room: str, shards: int) -> int:
    """The number of the room's shard, the same in every process."""
    return zlib.crc32(room.encode()) % shards


def fair_share(shards: int, nodes: int) -> int:
    """How many shards each of *nodes* daemons may hold, so that all are held."""
    return -(-shards // max(nodes, 1))

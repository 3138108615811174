"""Errors that a person can act on: one sentence, and an exit code of its own kind."""

from __future__ import annotations


class PlatformError(Exception):
    """What every expected failure derives from.

    Its text is one sentence that says what is wrong and what to do about it. `exit_code` is what the
    process answers with. A text never holds a secret.
    """

    exit_code = 2


class ContractsAtFault(PlatformError):
    """The contracts, or the data judged by them, are at fault."""

    exit_code = 1


class UnusableSetting(PlatformError):
    """A setting, a file or an argument cannot be used as it stands."""

    exit_code = 2


class Unreachable(PlatformError):
    """Nothing answers at an address: broker, registry or weather API."""

    exit_code = 3


class KeyRefused(PlatformError):
    """The weather API does not accept the key."""

    exit_code = 4


class DownloadFailed(PlatformError):
    """A download did not arrive, or its checksum is another."""

    exit_code = 5


class NoDiskSpace(PlatformError):
    """The disk is full."""

    exit_code = 6


class UnsuitableRuntime(PlatformError):
    """The Python or the Java at hand cannot run this."""

    exit_code = 7


class PortTaken(PlatformError):
    """Another process listens at the port that a service is to use."""

    exit_code = 8


class ServiceFailed(PlatformError):
    """A service did not start, or died."""

    exit_code = 9


class RegistryMismatch(PlatformError):
    """The registry holds something else than the contracts say, or refuses them."""

    exit_code = 10


class UnusableSchema(RegistryMismatch):
    """A schema that a registry holds is none that an Avro record can be read by."""


class CheckpointMismatch(PlatformError):
    """A stream's checkpoint belongs to another job, or to topics that were made again or emptied."""

    exit_code = 11


class RecordsLost(PlatformError):
    """Records were deleted before the stream had read them."""

    exit_code = 12


class AccessRefused(PlatformError):
    """Broker or registry does not accept the credentials, or its own certificate is not trusted."""

    exit_code = 13


class TooFewSlots(PlatformError):
    """Spark has fewer task slots than real-time mode needs at once."""

    exit_code = 14


class NotRunning(PlatformError):
    """No stream runs where one was looked for."""

    exit_code = 15

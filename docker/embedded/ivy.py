"""Apache Ivy, the client of Maven repositories that comes with Spark: resolves and downloads.

It looks where Spark's own `--packages` looks, or at `MAVEN_REPOSITORY_URL`.
"""

from __future__ import annotations

import os
import subprocess
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import getproxies
from xml.sax.saxutils import quoteattr

from contracts.errors import DownloadFailed, NoDiskSpace, UnsuitableRuntime, UnusableSetting
from embedded.java import wheel_java

FILE_PATTERN = "[organisation]+[artifact]+[revision](+[classifier]).[ext]"
_CA_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")


@dataclass(frozen=True)
class Wanted:
    """A coordinate to bring, alone or with its runtime dependencies."""

    coordinate: str
    transitive: bool = False


def pyspark_folder() -> Path:
    """Where the `pyspark` package is; raises `UnsuitableRuntime` when it is not installed."""
    spec = find_spec("pyspark")
    if spec is None or spec.origin is None:
        raise UnsuitableRuntime("pyspark is missing from this environment: run `make setup`.")
    return Path(spec.origin).resolve().parent


def start_ivy(wanted: Iterable[Wanted], folder: Path) -> subprocess.Popen[str]:
    """Start to bring `wanted` into `folder`, each file under `FILE_PATTERN`.

    Files that are there already are not fetched again; unfinished ones end in `.part`.
    """
    wanted = tuple(wanted)
    folder.mkdir(parents=True, exist_ok=True)
    transitive = any(row.transitive for row in wanted)
    settings, module = folder / "ivysettings.xml", folder / "ivy.xml"
    settings.write_text(_settings(folder, poms=transitive), encoding="utf-8")
    module.write_text(_module(wanted), encoding="utf-8")
    options = [*_trust_options(os.environ, folder), *_proxy_options(getproxies())]
    jars = sorted((pyspark_folder() / "jars").glob("ivy-*.jar"))
    if not jars:
        raise UnsuitableRuntime("pyspark lacks its ivy jar: remove .venv* and run `make setup` again.")
    command = [str(wheel_java()), "-XX:TieredStopAtLevel=1", *options, "-cp", str(jars[-1])]
    command += ["org.apache.ivy.Main", "-settings", str(settings), "-ivy", str(module), "-warn"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=folder)


def failure(output: str) -> DownloadFailed | NoDiskSpace:
    """The error that Ivy's output speaks of, in one sentence."""
    if "No space left on device" in output:
        return NoDiskSpace("no space left on the disk of the download cache: free some, and run it again.")
    lines = [line.strip(": \t") for line in output.splitlines() if line.strip(": \t")]
    telling = [line for line in lines if "error at url" in line or ": not found" in line]
    reason = telling[0] if telling else (lines[-1] if lines else "the downloader ended without a word")
    return DownloadFailed(
        f"a download failed ({reason}): check the network, HTTPS_PROXY and REQUESTS_CA_BUNDLE, then run it"
        " again."
    )


def _settings(folder: Path, *, poms: bool) -> str:
    url = os.environ.get("MAVEN_REPOSITORY_URL", "")
    if url and (urlsplit(url).scheme not in ("http", "https", "file") or urlsplit(url).username):
        raise UnusableSetting("MAVEN_REPOSITORY_URL must be an http or https address without credentials.")
    root = f" root={quoteattr(url.rstrip('/') + '/')}" if url else ""
    flags = "" if poms else ' usepoms="false" useMavenMetadata="false"'
    # Files are judged by the lock's SHA-256, so the repository's own checksums need no second request.
    return (
        '<ivysettings><settings defaultResolver="maven"/>'
        f'<caches defaultCacheDir={quoteattr(str(folder))} artifactPattern="{FILE_PATTERN}"/>'
        f'<resolvers><ibiblio name="maven" m2compatible="true" checksums=""{flags}{root}/></resolvers>'
        "</ivysettings>"
    )


def _module(wanted: Iterable[Wanted]) -> str:
    rows = []
    for row in wanted:
        group, name, version, *rest = row.coordinate.split(":")
        attributes = f"org={quoteattr(group)} name={quoteattr(name)} rev={quoteattr(version)}"
        attributes += f' transitive="{str(row.transitive).lower()}" conf="default->default"'
        artifact = ""
        if rest:
            extension, classifier = rest
            artifact = (
                f"<artifact name={quoteattr(name)} type={quoteattr(extension)} ext={quoteattr(extension)}"
                f" m:classifier={quoteattr(classifier)}/>"
            )
        rows.append(f"<dependency {attributes}>{artifact}</dependency>")
    return (
        '<ivy-module version="2.0" xmlns:m="http://ant.apache.org/ivy/maven">'
        '<info organisation="platform" module="embedded"/>'
        f'<configurations><conf name="default"/></configurations><dependencies>{"".join(rows)}</dependencies>'
        "</ivy-module>"
    )


def _trust_options(environment: Mapping[str, str], folder: Path) -> list[str]:
    """Java options that make Ivy trust the environment's CA bundle, as pip and requests do."""
    bundle = next((environment[name] for name in _CA_VARIABLES if environment.get(name)), None)
    if bundle is None:
        return []
    from cryptography import x509  # noqa: PLC0415 - only where a bundle is given
    from cryptography.hazmat.primitives.serialization import NoEncryption, pkcs12  # noqa: PLC0415

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # old roots break rules that nobody here can mend
            certificates = x509.load_pem_x509_certificates(Path(bundle).read_bytes())
    except (OSError, ValueError):
        raise UnusableSetting(
            f"the CA bundle {bundle} is not a readable PEM file: correct its variable."
        ) from None
    entries = [pkcs12.PKCS12Certificate(row, str(i).encode()) for i, row in enumerate(certificates)]
    store = folder / "truststore.p12"
    store.write_bytes(pkcs12.serialize_java_truststore(entries, NoEncryption()))
    return [f"-Djavax.net.ssl.trustStore={store}", "-Djavax.net.ssl.trustStoreType=PKCS12"]


def _proxy_options(proxies: Mapping[str, str]) -> list[str]:
    """Java options for the proxies that `urllib` finds: scheme → address, `no` → hosts to reach directly."""
    options = []
    for scheme in ("http", "https"):
        address = proxies.get(scheme)
        if address:
            parts = urlsplit(address if "//" in address else f"//{address}")
            options += [f"-D{scheme}.proxyHost={parts.hostname}", f"-D{scheme}.proxyPort={parts.port or 80}"]
    if options:
        direct = ["localhost", "127.*", *(host.strip() for host in proxies.get("no", "").split(","))]
        hosts = (f"*{host}" if host.startswith(".") else host for host in direct if host)
        options.append("-Dhttp.nonProxyHosts=" + "|".join(hosts))
    return options

"""A chain of certificates as Twilio's: a root, an intermediate and a leaf, all RSA."""

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.rsa import (
    RSAPrivateKey,
    generate_private_key,
)
from cryptography.x509.oid import NameOID

_BITS = 2048
_VALID = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Chain:
    """Files in PEM: what a client trusts; what a server shows, and its key."""

    root: Path
    shown: Path
    key: Path

    def served(self) -> ssl.SSLContext:
        """TLS for a server."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self.shown, self.key)
        return context

    def trusted(self) -> ssl.SSLContext:
        """TLS for a client."""
        return ssl.create_default_context(cafile=str(self.root))


def chain_in(folder: Path) -> Chain:
    """The files of a chain in *folder*, whether they are there or not."""
    return Chain(folder / "root.pem", folder / "shown.pem", folder / "key.pem")


def make_chain(folder: Path) -> Chain:
    """A new chain for this machine's loopback, its files in *folder*."""
    chain = chain_in(folder)
    keys = [generate_private_key(65537, _BITS) for _ in range(3)]
    root = _certificate("root", keys[0], "root", keys[0], authority=True)
    middle = _certificate("middle", keys[1], "root", keys[0], authority=True)
    leaf = _certificate("leaf", keys[2], "middle", keys[1], authority=False)
    chain.root.write_bytes(_pem(root))
    chain.shown.write_bytes(_pem(leaf) + _pem(middle))
    chain.key.write_bytes(
        keys[2].private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return chain


def _certificate(
    name: str,
    key: RSAPrivateKey,
    issuer: str,
    signing: RSAPrivateKey,
    *,
    authority: bool,
) -> x509.Certificate:
    now = datetime.now(UTC)
    names = [x509.DNSName("localhost"), x509.IPAddress(IPv4Address("127.0.0.1"))]
    building = (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .issuer_name(_name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _VALID)
        .not_valid_after(now + _VALID)
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), True)
        .add_extension(x509.SubjectAlternativeName(names), False)
    )
    return building.sign(signing, hashes.SHA256())


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"bench {text}")])


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)

"""A real SMTP server that keeps the mails it took.

mailbox = Mailbox(certificates)             # STARTTLS, a certificate for localhost
mailbox.url                                 # smtp://localhost:PORT
mailbox.messages[0]["Subject"]              # parsed, in the order of their coming
mailbox.answer("451 4.3.0 try again later")
mailbox.recover()
"""

import asyncio
import email
import email.message
import email.policy
import ssl
from pathlib import Path
from typing import Any, cast

from aiosmtpd.smtp import SMTP, AuthResult, Envelope

from tests.support.certificates import Certificates
from tests.support.loops import LoopThread


class Mailbox:
    """An SMTP server on a port of its own.

    `tls` is `starttls`, `implicit` or None (none is offered); `certificate` is a PEM file, for localhost where it is
    None; with `login` (user and password) nobody else may send.
    """

    def __init__(
        self,
        certificates: Certificates,
        *,
        tls: str | None = "starttls",
        certificate: Path | None = None,
        login: tuple[str, str] | None = None,
    ) -> None:
        self.messages: list[email.message.EmailMessage] = []
        self.envelopes: list[Envelope] = []
        self._tls = tls
        self._login = login
        self._answer: str | None = None
        self._hangs = False
        self._context = certificates.context(certificate or certificates.good())
        self._loops = LoopThread()
        self._server: asyncio.Server | None = None
        self.port = 0
        self._listen()

    @property
    def url(self) -> str:
        """Its address, with user and password where it asks for them."""
        user = f"{self._login[0]}:{self._login[1]}@" if self._login else ""
        return f"{'smtps' if self._tls == 'implicit' else 'smtp'}://{user}localhost:{self.port}"

    def answer(self, line: str) -> None:
        """Answer every mail with this line, such as `451 4.3.0 try again later`."""
        self._answer = line

    def hang(self) -> None:
        """Hear each mail out and never answer it."""
        self._hangs = True

    def refuse(self) -> None:
        """Listen no more: connections are refused."""
        if self._server is not None:
            self._loops.end(self._server)
            self._server = None

    def recover(self) -> None:
        """Take mails again, on the same port."""
        self._answer, self._hangs = None, False
        if self._server is None:
            self._listen()

    def close(self) -> None:
        """Stop for good."""
        self.refuse()
        self._loops.stop()

    async def handle_DATA(self, _server: SMTP, _session: Any, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        """Take one mail, or do as was told."""
        if self._hangs:
            await asyncio.Event().wait()
        if self._answer is not None:
            return self._answer
        content = cast(bytes, envelope.content)
        self.envelopes.append(envelope)
        self.messages.append(email.message_from_bytes(content, policy=email.policy.default))  # type: ignore[arg-type]
        return "250 2.0.0 taken"

    def _listen(self) -> None:
        context: ssl.SSLContext | None = self._context if self._tls == "implicit" else None
        listen = self._loops.loop.create_server(self._connected, "127.0.0.1", self.port, ssl=context)
        self._server = self._loops.call(listen)
        self.port = self._server.sockets[0].getsockname()[1]

    def _connected(self) -> SMTP:
        return SMTP(
            self,
            hostname="localhost",
            ident="Mailbox",
            loop=self._loops.loop,
            tls_context=self._context if self._tls == "starttls" else None,
            require_starttls=self._tls == "starttls",
            authenticator=self._authenticated,
            auth_required=self._login is not None,
            auth_require_tls=self._tls == "starttls",
        )

    def _authenticated(self, _server: SMTP, _session: Any, _envelope: Any, _mechanism: str, given: Any) -> AuthResult:
        known = self._login is not None and (given.login, given.password) == tuple(
            part.encode() for part in self._login
        )
        return AuthResult(success=known, handled=False)

"""Mail: SMTP with STARTTLS or TLS from the start, as text and HTML, one thread for each outage."""

import contextlib
import email.utils
import hashlib
import html
import ssl
from collections.abc import Iterator, Sequence
from email.message import EmailMessage
from email.policy import SMTP as POLICY
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import unquote

from monitoring import clock
from monitoring.alerts import words
from monitoring.alerts.channel import Links, Undelivered
from monitoring.alerts.channels.answers import said, secrets_of
from monitoring.alerts.channels.limit import MARGIN_SECONDS, hang_up, within
from monitoring.alerts.message import Message
from monitoring.settings import EmailSettings
from monitoring.settings.addresses import smtp_address
from monitoring.settings.channels import SMTP_PORT, SMTPS_PORT

if TYPE_CHECKING:
    import smtplib

MOST_ALERTS = 100
SUBJECT_LETTERS = 200
_LEAST_CODE = 200
"""SMTP's answers begin here; another language has no code, or one below."""


class EmailChannel:
    """Sends each message as one mail to all recipients, and several as one mail."""

    digests: ClassVar[bool] = True

    def __init__(self, settings: EmailSettings, links: Links) -> None:
        self.name = settings.name
        self.longest_seconds = settings.timeout + MARGIN_SECONDS
        self._settings, self._links = settings, links

    def send(self, messages: Sequence[Message]) -> str:
        """Send one mail; return what the server answered, Undelivered where it took none for anybody."""
        letter = self.letter(messages)
        delivery = _Delivery(self._settings)
        try:
            return within(self._settings.timeout, lambda: delivery.carry(letter), delivery.cut)
        except Undelivered:
            if delivery.taken is None:
                raise
            return delivery.taken

    def letter(self, messages: Sequence[Message]) -> EmailMessage:
        """Return the mail as it is sent."""
        letter = EmailMessage(policy=POLICY)
        letter["From"] = self._settings.sender
        letter["To"] = ", ".join(self._settings.recipients)
        letter["Date"] = email.utils.format_datetime(clock.utc(clock.now()))
        letter["Auto-Submitted"] = "auto-generated"
        letter["X-Auto-Response-Suppress"] = "All"
        for name, value in self._thread(messages):
            letter[name] = value
        letter.set_content("\n\n".join(self._text(message) for message in messages[:MOST_ALERTS]) + "\n")
        letter.add_alternative(self._html(messages[:MOST_ALERTS]), subtype="html")
        return letter

    def _thread(self, messages: Sequence[Message]) -> Iterator[tuple[str, str]]:
        """Yield the headers by which mail programs see what belongs together."""
        first = messages[0]
        if len(messages) > 1:
            yield "Subject", words.digest(messages)
            yield "Message-ID", self._id("\n".join(self._id(_key(each), each.number) for each in messages), 1)
            return
        later = first.number > 1
        yield "Subject", ("Re: " if later else "") + words.thread(first)[:SUBJECT_LETTERS]
        yield "Message-ID", self._id(_key(first), first.number)
        if later:
            yield "In-Reply-To", self._id(_key(first), 1)
            yield "References", self._id(_key(first), 1)

    def _id(self, key: str, number: int) -> str:
        digest = hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:32]
        return f"<{digest}.{number}@{self._settings.sender.rpartition('@')[2]}>"

    def _text(self, message: Message) -> str:
        links = [f"{text}: {address}" for text, address in words.links(message, self._links)]
        return "\n".join([words.subject(message), *words.details(message), *links])

    def _html(self, messages: Sequence[Message]) -> str:
        head = f"<h2>{html.escape(words.digest(messages))}</h2>" if len(messages) > 1 else ""
        return f"<!doctype html><html><body>{head}{''.join(map(self._block, messages))}</body></html>"

    def _block(self, message: Message) -> str:
        lines = "".join(f"<p>{html.escape(line)}</p>" for line in words.details(message))
        links = " · ".join(
            f'<a href="{html.escape(address)}">{html.escape(text)}</a>'
            for text, address in words.links(message, self._links)
        )
        style = f"border-left:4px solid {words.color([message])};padding:2px 12px;margin:0 0 16px"
        return f'<div style="{style}"><p><b>{html.escape(words.subject(message))}</b></p>{lines}<p>{links}</p></div>'


class _Delivery:
    """One conversation with the mail server; `taken` is what it said once it had taken the mail."""

    def __init__(self, settings: EmailSettings) -> None:
        self._settings = settings
        self._address = smtp_address(settings.url)
        self._server: smtplib.SMTP | None = None
        self.taken: str | None = None

    def carry(self, letter: EmailMessage) -> str:
        """Hand the mail over and return what the server said; Undelivered where it did not take it."""
        import smtplib

        try:
            with self._connected() as server:
                self._open(server)
                return self._handed(server, letter)
        except (smtplib.SMTPException, OSError, UnicodeError) as error:
            raise Undelivered(self._refusal(error) or self._mishap(error)) from None

    def cut(self) -> None:
        """End the connection from another thread."""
        if self._server is not None:
            hang_up(self._server.sock)

    @contextlib.contextmanager
    def _connected(self) -> "Iterator[smtplib.SMTP]":
        import smtplib

        # A little longer than the sending may take: it is cut when its time is up, and that is said.
        host, seconds = self._address.hostname or "", self._settings.timeout + MARGIN_SECONDS
        name = self._settings.sender.rpartition("@")[2]  # the host's own would have to be looked up
        if self._address.scheme == "smtps":
            port = self._address.port or SMTPS_PORT
            made: smtplib.SMTP = smtplib.SMTP_SSL(local_hostname=name, timeout=seconds, context=self._context())
        else:
            port = self._address.port or SMTP_PORT
            made = smtplib.SMTP(local_hostname=name, timeout=seconds)
        self._server = made
        made._host = host  # type: ignore[attr-defined]  # what STARTTLS and TLS verify; only its constructor sets it
        try:
            _expected(made.connect(host, port), 220)
            yield made
        finally:
            made.close()

    def _open(self, server: "smtplib.SMTP") -> None:
        """Encrypt the connection where it is not yet, and sign in."""
        if self._address.scheme == "smtp" and self._settings.starttls:
            server.ehlo_or_helo_if_needed()
            if not server.has_extn("starttls"):
                raise Undelivered("the server offers no STARTTLS, and nothing is sent in the clear")
            server.starttls(context=self._context())
        if self._address.username:
            server.login(unquote(self._address.username), unquote(self._address.password or ""))

    def _handed(self, server: "smtplib.SMTP", letter: EmailMessage) -> str:
        import smtplib

        refused = server.send_message(letter, self._settings.sender, list(self._settings.recipients))
        everybody = len(self._settings.recipients)
        self.taken = f"taken for {everybody - len(refused)} of {everybody} recipients"
        self.taken += f"; refused: {self._reasons(refused)}" if refused else ""
        with contextlib.suppress(smtplib.SMTPException, OSError):  # how it ends says nothing of what was taken
            server.quit()
        return self.taken

    def _context(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self._settings.ca_file)

    def _reasons(self, refused: dict[str, tuple[int, bytes]]) -> str:
        return "; ".join(sorted({self._shown(code, text) for code, text in refused.values()}))

    def _shown(self, code: int, text: bytes | str) -> str:
        words = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
        return f"{code} {said(words, secrets_of(self._settings.url))}".rstrip()

    def _refusal(self, error: Exception) -> str:
        """Return what the server said against it; nothing where it did not speak."""
        import smtplib

        if isinstance(error, smtplib.SMTPNotSupportedError):
            return "the server does not offer what is needed to sign in"
        if isinstance(error, smtplib.SMTPAuthenticationError):
            return f"the server refused user and password ({error.smtp_code})"
        if isinstance(error, smtplib.SMTPRecipientsRefused):
            return f"the server refused every recipient: {self._reasons(error.recipients)}"
        if isinstance(error, smtplib.SMTPServerDisconnected):
            return "the server cut the connection"
        if isinstance(error, smtplib.SMTPResponseException) and error.smtp_code >= _LEAST_CODE:
            return f"the server answered {self._shown(error.smtp_code, error.smtp_error)}"
        return "the server does not speak SMTP as it should" if isinstance(error, smtplib.SMTPException) else ""

    def _mishap(self, error: Exception) -> str:
        """Return what happened to the connection."""
        import socket

        if isinstance(error, ssl.SSLCertVerificationError):
            return f"its certificate cannot be trusted: {error.verify_message}"
        if isinstance(error, ssl.SSLError):
            return "the TLS handshake failed"
        if isinstance(error, TimeoutError):
            return f"no answer within {self._settings.timeout:g} s"
        if isinstance(error, ConnectionRefusedError):
            return "the connection was refused"
        if isinstance(error, socket.gaierror | UnicodeError):
            return "the host's name does not resolve"
        return "the server cannot be reached, or cut the connection"


def _expected(answer: tuple[int, bytes], code: int) -> None:
    import smtplib

    if answer[0] != code:
        raise smtplib.SMTPResponseException(*answer)


def _key(message: Message) -> str:
    return f"{message.dedup_key}\n{message.began_at:.3f}"

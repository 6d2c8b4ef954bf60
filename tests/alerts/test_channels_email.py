"""Mails, to a real server."""

import socket
from collections.abc import Iterator
from email.message import EmailMessage

import pytest
from msgspec.structs import replace

from monitoring.alerts.channel import Undelivered
from monitoring.alerts.channels.email import EmailChannel
from monitoring.alerts.trial import trial
from monitoring.settings import Duration, EmailSettings
from tests.alerts.messages import BEGAN, LINKS, reminder, resolve, trigger
from tests.support.certificates import Certificates
from tests.support.http import HangingServer
from tests.support.smtp import Mailbox

PASSWORD = "sw0rdfish:/@"


@pytest.fixture
def mailbox(certificates: Certificates) -> Iterator[Mailbox]:
    mailbox = Mailbox(certificates)
    yield mailbox
    mailbox.close()


def channel(certificates: Certificates, url: str, **changes) -> EmailChannel:
    usual = EmailSettings(
        name="mail",
        type="email",
        url=url,
        sender="daymark@status.example",
        recipients=("ops@shop.example", "boss@shop.example"),
        ca_file=str(certificates.ca),
        timeout=Duration(5),
    )
    return EmailChannel(replace(usual, **changes), LINKS)


def letter(*messages) -> EmailMessage:
    settings = EmailSettings(
        name="m", type="email", url="smtp://localhost", sender="a@b.example", recipients=("c@d.example",)
    )
    return EmailChannel(settings, LINKS).letter(messages)


def refusal(one: EmailChannel) -> str:
    with pytest.raises(Undelivered) as raised:
        one.send([trigger()])
    return str(raised.value)


def body_of(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    assert part is not None
    return part.get_content()


def test_a_mail_goes_to_everybody_over_starttls(certificates: Certificates, mailbox: Mailbox) -> None:
    assert channel(certificates, mailbox.url).send([trigger()]) == "taken for 2 of 2 recipients"
    [mail] = mailbox.messages
    assert mailbox.envelopes[0].rcpt_tos == ["ops@shop.example", "boss@shop.example"]
    assert (mail["From"], mail["To"]) == ("daymark@status.example", "ops@shop.example, boss@shop.example")
    assert mail["Auto-Submitted"] == "auto-generated" and mail["Date"]


def test_it_says_the_same_as_text_and_as_html(certificates: Certificates, mailbox: Mailbox) -> None:
    channel(certificates, mailbox.url).send([trigger(title="Redis <b>")])
    plain, rich = (body_of(mailbox.messages[0], kind) for kind in ("plain", "html"))
    assert plain.startswith("Redis <b> is down: connection refused, since 12:03:10 UTC (40 s)")
    assert "Acknowledge: https://status.example/acknowledge?key=daymark/redis/1&sign=x" in plain
    assert "<b>Redis &lt;b&gt; is down" in rich and "key=daymark/redis/1&amp;sign=x" in rich


def test_one_outage_is_one_thread():
    first, again, over = letter(trigger()), letter(reminder()), letter(resolve(number=3))
    assert first["Subject"] == "Redis: outage since 12:03:10 UTC, 23 Nov 2026" and first["In-Reply-To"] is None
    for later in (again, over):
        assert later["Subject"] == f"Re: {first['Subject']}"
        assert later["In-Reply-To"] == later["References"] == first["Message-ID"]
    assert len({each["Message-ID"] for each in (first, again, over)}) == 3


def test_the_same_mail_sent_again_has_the_same_id_and_another_outage_another():
    assert letter(trigger())["Message-ID"] == letter(trigger())["Message-ID"]
    assert letter(trigger())["Message-ID"] != letter(trigger(began_at=BEGAN + 60))["Message-ID"]
    assert letter(trigger())["Message-ID"].endswith(".1@b.example>")


def test_several_messages_are_one_mail(certificates: Certificates, mailbox: Mailbox) -> None:
    channel(certificates, mailbox.url).send([trigger(), trigger(check="shop", title="Shop"), resolve(title="Search")])
    [mail] = mailbox.messages
    assert mail["Subject"] == "3 alerts: 2 down, 1 back" and mail["In-Reply-To"] is None
    plain = body_of(mail, "plain")
    assert all(f"{name} is" in plain for name in ("Redis", "Shop", "Search"))


def test_nothing_can_be_smuggled_into_the_head(certificates: Certificates, mailbox: Mailbox) -> None:
    evil = "Redis\r\nBcc: victim@shop.example\r\n\r\nHello"
    channel(certificates, mailbox.url).send([trigger(title=evil, dedup_key=evil, correlation_id=evil, group=evil)])
    [mail] = mailbox.messages
    assert mail["Bcc"] is None and "Bcc: victim" in mail["Subject"]
    assert "victim@shop.example" not in mailbox.envelopes[0].rcpt_tos


def test_letters_of_all_alphabets_arrive(certificates: Certificates, mailbox: Mailbox) -> None:
    channel(certificates, mailbox.url).send([trigger(title="Überwachung 監視 \udcff")])
    assert mailbox.messages[0]["Subject"].startswith("Überwachung 監視")
    assert "監視" in body_of(mailbox.messages[0], "plain")


def test_a_test_is_labelled(certificates: Certificates, mailbox: Mailbox) -> None:
    channel(certificates, mailbox.url).send([trial("mail", BEGAN)])
    assert mailbox.messages[0]["Subject"] == "TEST: a test of the channel mail, 12:03:10 UTC"


def test_it_signs_in_with_what_the_address_says(certificates: Certificates) -> None:
    mailbox = Mailbox(certificates, login=("app", PASSWORD))
    address = f"smtp://app:sw0rdfish%3A%2F%40@localhost:{mailbox.port}"
    channel(certificates, address).send([trigger()])
    assert len(mailbox.messages) == 1
    told = refusal(channel(certificates, address.replace("%40", "wrong")))
    assert told == "the server refused user and password (535)"
    mailbox.close()


def test_tls_from_the_start_works_too(certificates: Certificates) -> None:
    mailbox = Mailbox(certificates, tls="implicit")
    channel(certificates, mailbox.url).send([trigger()])
    assert mailbox.url.startswith("smtps://") and len(mailbox.messages) == 1
    mailbox.close()


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
@pytest.mark.parametrize("kind", ["wrong_host", "expired", "self_signed"])
def test_a_certificate_that_cannot_be_trusted_is_refused(certificates: Certificates, tls: str, kind: str) -> None:
    mailbox = Mailbox(certificates, tls=tls, certificate=getattr(certificates, kind)())
    assert refusal(channel(certificates, mailbox.url)).startswith("its certificate cannot be trusted: ")
    assert not mailbox.messages
    mailbox.close()


def test_an_authority_that_is_not_named_is_not_trusted(certificates: Certificates, mailbox: Mailbox) -> None:
    assert "certificate cannot be trusted" in refusal(channel(certificates, mailbox.url, ca_file=None))


def test_a_server_without_starttls_gets_nothing_unless_it_may(certificates: Certificates) -> None:
    mailbox = Mailbox(certificates, tls=None)
    assert "the server offers no STARTTLS" in refusal(channel(certificates, mailbox.url))
    assert not mailbox.messages
    channel(certificates, mailbox.url, starttls=False).send([trigger()])
    assert len(mailbox.messages) == 1
    mailbox.close()


def test_an_answer_of_the_server_is_passed_on_without_its_secrets(certificates: Certificates) -> None:
    mailbox = Mailbox(certificates, login=("app", "sw0rdfish"))
    mailbox.answer("451 4.3.0 sw0rdfish: try again later")
    assert refusal(channel(certificates, mailbox.url)) == "the server answered 451 4.3.0 ***: try again later"
    mailbox.recover()
    assert channel(certificates, mailbox.url).send([trigger()])
    mailbox.close()


def test_a_server_that_hangs_holds_it_no_longer_than_its_timeout(certificates: Certificates, mailbox: Mailbox) -> None:
    mailbox.hang()
    assert refusal(channel(certificates, mailbox.url, timeout=Duration(1))) == "no answer within 1 s"


def test_a_server_that_never_greets_is_no_answer(certificates: Certificates, hanging_server: HangingServer) -> None:
    url = f"smtp://localhost:{hanging_server.port}"
    assert refusal(channel(certificates, url, timeout=Duration(1))) == "no answer within 1 s"


def test_a_server_of_another_language_is_told_as_such(certificates: Certificates, foreign_server) -> None:
    told = refusal(channel(certificates, f"smtp://localhost:{foreign_server.port}"))
    assert told == "the server does not speak SMTP as it should"


def test_a_server_that_refuses_connections_or_has_no_name_is_said_so(
    certificates: Certificates, mailbox: Mailbox
) -> None:
    mailbox.refuse()
    assert refusal(channel(certificates, mailbox.url)) == "the connection was refused"
    assert refusal(channel(certificates, "smtp://nowhere.invalid")) == "the host's name does not resolve"


def test_it_never_looks_up_its_own_name(certificates: Certificates, mailbox: Mailbox, monkeypatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(socket, "getfqdn", lambda *_: asked.append("asked") or "host")
    channel(certificates, mailbox.url).send([trigger()])
    assert not asked

"""A DNS server of the tests' own."""

import asyncio

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

from tests.support.loops import LoopThread


class DnsServer(asyncio.DatagramProtocol):
    """Answers from `records` ((name, type) to texts); with `rcode` an error, with `silent` nothing."""

    def __init__(self) -> None:
        self.records: dict[tuple[str, str], list[str]] = {}
        self.rcode: dns.rcode.Rcode | None = None
        self.silent = False
        self._loops = LoopThread()
        listen = self._loops.loop.create_datagram_endpoint(lambda: self, local_addr=("127.0.0.1", 0))
        self._transport, _ = self._loops.call(listen)
        self.address = "127.0.0.1:{}".format(self._transport.get_extra_info("sockname")[1])

    def close(self) -> None:
        """Stop."""
        self._loops.loop.call_soon_threadsafe(self._transport.close)
        self._loops.stop()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Answer one question."""
        if not self.silent:
            self._transport.sendto(self._answer(dns.message.from_wire(data)).to_wire(), addr)

    def _answer(self, query: dns.message.Message) -> dns.message.Message:
        answer = dns.message.make_response(query)
        answer.flags |= dns.flags.RA
        question = query.question[0]
        name, kind = question.name.to_text(omit_final_dot=True), dns.rdatatype.to_text(question.rdtype)
        texts = self.records.get((name, kind))
        if self.rcode is not None:
            answer.set_rcode(self.rcode)
        elif texts:
            answer.answer.append(dns.rrset.from_text_list(question.name, 300, "IN", kind, texts))
        elif name not in [known for known, _ in self.records]:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        return answer

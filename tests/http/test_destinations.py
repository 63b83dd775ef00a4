"""Which addresses may be asked: read strictly, judged by what they mean and not by how they are written."""

from ipaddress import ip_address

import pytest

from guerdon.values.destinations import (
    Destination,
    is_outside,
    may_be_asked,
    may_be_written,
    read_destination,
    read_networks,
)

OUTSIDE = ("1.1.1.1", "93.184.216.34", "2606:4700:4700::1111", "2a00:1450:4001:82b::200e")
INSIDE = (
    *("127.0.0.1", "127.8.9.10", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1"),  # noqa: S104
    *("169.254.169.254", "198.18.0.1", "192.0.2.1", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255"),
    *("::1", "::", "fe80::1", "fc00::1", "fd12::1", "ff02::1", "fec0::1", "2001:db8::1"),
    # Another address inside: mapped, translated, 6to4, Teredo, compatible.
    *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1"),
    *("2002:7f00:1::", "2002:a9fe:a9fe::1", "2001:0:53aa:64c::1", "::7f00:1", "::10.0.0.1"),
)


@pytest.mark.parametrize("text", OUTSIDE)
def test_the_open_network_is_outside(text: str) -> None:
    assert is_outside(ip_address(text))


@pytest.mark.parametrize("text", INSIDE)
def test_everything_else_is_not(text: str) -> None:
    assert not is_outside(ip_address(text))


@pytest.mark.parametrize(
    "url",
    [
        "https://user@example.com/",
        "https://user:word@example.com/",
        "https://example.com@127.0.0.1/",
        "https://example.com/#fragment",
        "https://example.com\\@127.0.0.1/",
        "https://exam ple.com/",
        "https://example.com/\r\nX: y",
        "https://example.com/ä",
        "https://2130706433/",
        "https://0177.0.0.1/",
        "https://0x7f.0.0.1/",
        "https://0x7f000001/",
        "https://127.1/",
        "https://127.0.0.01/",
        "https://[fe80::1%25eth0]/",
        "https://[::1/",
        "https://example.com:0/",
        "https://example.com:99999/",
        "https://-example.com/",
        "https://example..com/",
        "https://exa%6dple.com/",
        "https:///path",
        "ftp://example.com/",
        "file:///etc/passwd",
        "example.com",
        "",
        "https://example.com/" + "x" * 500,
    ],
)
def test_what_is_no_plain_address_is_none(url: str) -> None:
    assert read_destination(url) is None


def test_an_address_is_taken_apart() -> None:
    found = read_destination("https://Hooks.Example.com./in?a=1&b=2")
    assert found == Destination("https", "hooks.example.com", 443, "/in?a=1&b=2")
    assert found.named_host == "hooks.example.com"
    ip = read_destination("https://[2001:DB8::0001]:8443")
    assert ip == Destination("https", "2001:db8::1", 8443, "/")
    assert ip.named_host == "[2001:db8::1]:8443"


def judged(url: str, *addresses: str, allow: str = "") -> bool:
    destination, networks = read_destination(url), read_networks(allow)
    assert destination is not None
    assert networks is not None
    return may_be_asked(destination, [ip_address(each) for each in addresses], networks)


def test_all_addresses_of_a_name_have_to_be_outside_and_asked_as_everybody_is() -> None:
    assert judged("https://a.example/", "1.1.1.1", "2606:4700:4700::1111")
    assert not judged("https://a.example/", "1.1.1.1", "10.0.0.1")
    assert not judged("https://a.example/")
    assert not judged("http://a.example/", "1.1.1.1")
    assert not judged("https://a.example:8443/", "1.1.1.1")
    assert not judged("https://a.example:22/", "1.1.1.1")


def test_the_operator_lets_us_ask_networks_of_their_own() -> None:
    assert judged("http://a.example:8080/", "10.1.2.3", allow="10.1.0.0/16")
    assert judged("http://a.example:8080/", "::ffff:10.1.2.3", allow="10.1.0.0/16")
    assert not judged("http://a.example:8080/", "10.2.2.3", allow="10.1.0.0/16")
    # One of them outside: then as everybody is asked.
    assert not judged("http://a.example/", "10.1.2.3", "1.1.1.1", allow="10.1.0.0/16")
    assert judged("https://a.example/", "10.1.2.3", "1.1.1.1", allow="10.1.0.0/16")
    assert read_networks("10.0.0.0/8, fd00::/8") is not None
    assert read_networks("10.0.0.1/8") is None
    assert read_networks("everything") is None


@pytest.mark.parametrize(
    ("url", "allow", "may"),
    [
        ("https://a.example/", "", True),
        ("http://a.example/", "", False),
        ("https://a.example:8443/", "", False),
        ("https://127.0.0.1/", "", False),
        ("https://[::ffff:127.0.0.1]/", "", False),
        ("https://1.1.1.1/", "", True),
        ("http://127.0.0.1:9/", "127.0.0.0/8", True),
        ("http://10.0.0.1:9/", "127.0.0.0/8", False),
        ("http://a.example:9/", "127.0.0.0/8", True),
    ],
)
def test_what_could_never_be_asked_is_not_written_down(url: str, allow: str, *, may: bool) -> None:
    destination, networks = read_destination(url), read_networks(allow)
    assert destination is not None
    assert networks is not None
    assert may_be_written(destination, networks) is may

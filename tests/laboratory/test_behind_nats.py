"""Hosts behind routers of their own: each kind of NAT does what its name says, as measured."""

from collections.abc import Iterator

import pytest

from bench import netlab
from bench.netlab.probe import can_punch, lets_in, measure, seen_from_outside, takes_tcp

pytestmark = pytest.mark.netlab

KINDS: tuple[netlab.Nat, ...] = ("routed", "cone", "symmetric", "noudp", "web", "cone")
ROUTED, CONE, SYMMETRIC, NOUDP, WEB, SECOND_CONE = (f"h{n + 1}" for n in range(len(KINDS)))
BEHIND_A_WALL = (CONE, SYMMETRIC, NOUDP, WEB)
SERVERS = (("s1", 3478), ("s1", 3479), ("s2", 3478))  # other ports and other addresses


@pytest.fixture(scope="module")
def lab() -> Iterator[netlab.NetLab]:
    if reason := netlab.why_not(nat=True):
        pytest.skip(reason)
    with netlab.NetLab(netlab.behind_nats(KINDS, servers=2, ipv6=True)) as one:
        yield one


def test_a_routed_host_is_seen_as_it_is_and_can_be_written_to_first(lab):
    own = (lab.address(ROUTED), 4000)
    assert seen_from_outside(lab, ROUTED, SERVERS) == [own, own, own]
    assert measure(lab, "s1", ROUTED, count=20).loss == 0
    assert measure(lab, CONE, ROUTED, count=20).loss == 0
    assert takes_tcp(lab, "s1", ROUTED, 7100)


def test_a_cone_has_one_address_for_all_and_answers_only_those_it_wrote_to(lab):
    seen = seen_from_outside(lab, CONE, SERVERS)
    assert len(set(seen)) == 1
    assert seen[0] is not None
    assert seen[0][0] == lab.address("r2")
    assert lets_in(lab, CONE, "s1", "s2") == (True, False)


def test_a_symmetric_router_shows_another_port_to_each_port_and_address(lab):
    seen = seen_from_outside(lab, SYMMETRIC, SERVERS)
    assert {each[0] for each in seen if each} == {lab.address("r3")}
    assert len({each[1] for each in seen if each}) == len(SERVERS)
    assert lets_in(lab, SYMMETRIC, "s1", "s2") == (True, False)


def test_no_udp_leaves_where_udp_is_forbidden_but_tcp_to_any_port_does(lab):
    assert seen_from_outside(lab, NOUDP, SERVERS) == [None] * len(SERVERS)
    assert takes_tcp(lab, NOUDP, "s1", 7100)
    assert takes_tcp(lab, NOUDP, "s1", 3478, family=6)


def test_only_the_web_is_reached_where_only_the_web_is_allowed(lab):
    assert seen_from_outside(lab, WEB, [("s1", 443)]) == [None]
    assert [takes_tcp(lab, WEB, "s1", port) for port in (80, 443, 7100)] == [True, True, False]
    assert [takes_tcp(lab, WEB, "s1", port, family=6) for port in (443, 7100)] == [True, False]


def test_hole_punching_works_between_cones_and_not_with_a_symmetric_router(lab):
    assert can_punch(lab, CONE, SECOND_CONE, "s1")
    assert not can_punch(lab, SYMMETRIC, SECOND_CONE, "s1", port=4001)


@pytest.mark.parametrize("host", BEHIND_A_WALL)
def test_nobody_outside_reaches_a_host_behind_a_wall_by_either_family(lab, host: str):
    assert not takes_tcp(lab, "s1", host, 7100)
    assert not takes_tcp(lab, "s1", host, 7100, family=6)


def test_ipv6_is_routed_untranslated_and_let_in_only_where_nothing_is_forbidden(lab):
    assert takes_tcp(lab, CONE, "s1", 7100, family=6)
    assert takes_tcp(lab, CONE, ROUTED, 7100, family=6)
    assert takes_tcp(lab, "s1", ROUTED, 7100, family=6)


def test_a_program_in_the_router_can_open_a_door(lab):
    rule = "nft add rule inet netlab doors_in tcp dport 7200 dnat ip to {}:7200"
    assert lab.run("r2", rule.format(lab.address(CONE)).split()).returncode == 0
    assert takes_tcp(lab, "s1", CONE, 7200, at=lab.address("r2"))


def test_a_kind_that_does_not_exist_is_refused():
    with pytest.raises(ValueError, match="unknown kind"):
        netlab.behind_nats(["cone", "conical"])  # type: ignore[list-item]
    with pytest.raises(ValueError, match="room"):
        netlab.behind_nats([])

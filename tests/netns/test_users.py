"""Who may use a relay: strangers are sent away with words that say what to do, guests have little."""

import lab
import nodes


def refused(node):
    return lab.relay_of(node)["state"] == "refused"


def test_strangers_are_told_what_to_do():
    with lab.lab() as made:
        relay = made.relay("relay")
        home, laptop = made.introduce([relay], lab.at)
        made.start(relay, home, laptop)
        for node in (home, laptop):
            nodes.until(lambda: refused(node), 10, lambda: f"refused: {lab.relay_of(node)}")
            said = node.must("relay", "status").out
            nodes.check(f"\n    peerup relay authorize {node.id}\n" in said, f"what to type there: {said}")
        ping = laptop.run("ping", "home", "-c", "1")
        nodes.check(ping.code != 0 and "peerup relay status" in ping.err, f"where to look: {ping}")
        lab.authorize(relay, home, laptop)
        lab.reserved(home, laptop)
        made.reach()
        said = laptop.must("relay", "status").out
        nodes.check("authorize" not in said, f"nothing to do any more: {said}")
        circuits = relay.must("relay", "status", "--json").json()["relaying"]["circuits"]
        names = [(c["source_name"], c["target_name"]) for c in circuits]
        nodes.check(("laptop", "home") in names, f"circuits have the names of their ends: {circuits}")
        relay.must("relay", "deauthorize", home.id)
        nodes.until(lambda: not made.works(), 10, "a node that is taken out is cut off")
        lab.stop_in_order(made)


def test_guests_are_shown_their_limits():
    with lab.lab() as made:
        # Fast, so that it is soon over.
        relay = made.relay("relay", flags=["--open"], options="guest_bandwidth: 16MB")
        home, laptop = made.introduce([relay], lab.at)
        made.start(relay, home, laptop)
        lab.reserved(home, laptop)
        made.reach()
        for node in (home, laptop):
            said = node.must("relay", "status").out
            nodes.check("2m 0s, 1.0 MB each way" in said, f"the limits are shown: {said}")
        guests = relay.must("relay", "status", "--json").json()["relaying"]["reservations"]
        nodes.check([r["guest"] for r in guests] == [True, True], f"both are guests: {guests}")
        got = made.hosts["b"].fetch("http://127.0.0.1:8080/big", 60)
        nodes.check(got is None, "20 MB are more than a guest may carry")
        nodes.until(lambda: made.works(2), 20, "the next circuit carries its 1 MB")
        perf = laptop.run("perf", "home")
        nodes.check(perf.code != 0 and "limits" in perf.err, f"perf says why it does not: {perf}")
        lab.stop_in_order(made)

"""A peerup node in a namespace: set up and driven with the peerup command, as a user would."""
import json, os, tempfile

from net import wait_for

BIN = os.environ["PEERUP_BIN"]


class Node:
    def __init__(self, host, name, port=4001):
        self.host, self.name, self.port = host, name, port
        self.dir = tempfile.mkdtemp(prefix=f"peerup-bench-{name}-")
        self.config = f"{self.dir}/config.yaml"
        self.log = f"{self.dir}/log"
        host.run([f"{BIN}/peerup", "init", "--dir", self.dir, "--name", name, "--port", str(port)])
        self.id = self.peerup("whoami").strip()
        self.address = f"/ip4/{host.address}/udp/{port}/quic-v1"

    def peerup(self, *arguments, check=True):
        return self.host.run([f"{BIN}/peerup", *arguments, "--config", self.config], check=check).stdout

    def start(self):
        self.daemon = self.host.spawn([f"{BIN}/peerup", "daemon", "--config", self.config], log=self.log)
        wait_for(self.running, f"{self.name} to run (see {self.log})", 20)

    def running(self):
        out = self.peerup("status", "--json", check=False)
        try:
            services = json.loads(out)["services"]
        except (ValueError, KeyError, TypeError):
            return False
        return len(services) >= 5 and all(s["state"] == "running" for s in services)

    def listen_only(self, carrier):
        """Leaves this way only, to it and from it; before it starts and before others know it."""
        keep = {"quic": "/quic-v1", "tcp": "/tcp/"}[carrier]
        with open(self.config) as file:
            lines = file.read().split("\n")
        lines = [line for line in lines if not line.startswith("    - /ip") or keep in line]
        with open(self.config, "w") as file:
            file.write("\n".join(lines))
        if carrier == "tcp":
            self.address = f"/ip4/{self.host.address}/tcp/{self.port}"

    def knows(self, other):
        self.peerup("auth", "add", other.id, "--name", other.name)
        self.peerup("peer", "add", other.name, other.address)


def pair(lab, port=4001, carrier=None):
    """Two nodes that know each other; `carrier`: they have no other."""
    home, laptop = Node(lab.b, "home", port), Node(lab.a, "laptop", port)
    if carrier:
        home.listen_only(carrier)
        laptop.listen_only(carrier)
    home.knows(laptop)
    laptop.knows(home)
    return home, laptop

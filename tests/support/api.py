"""A server under test, and requests whose every answer is held against openapi.json."""
import http.client
import json
import os
import pathlib
import re
import subprocess
import sys
import threading
import urllib.parse
import warnings

try:
    import jsonschema
except ImportError:  # Debian's packages belong to Debian's own Python
    if os.path.realpath(sys.executable) == os.path.realpath("/usr/bin/python3"):
        raise
    os.execv("/usr/bin/python3", ["/usr/bin/python3", *sys.argv])

PROJECT = pathlib.Path(__file__).resolve().parents[2]
DOCUMENT = json.loads((PROJECT / "src/serve/openapi.json").read_text())
warnings.filterwarnings("ignore", message=".*RefResolver")  # its successor is not in Debian 12
RESOLVER = jsonschema.RefResolver("", DOCUMENT)


def resolve(node):
    while "$ref" in node:
        node = RESOLVER.resolve(node["$ref"])[1]
    return node


def is_valid(schema, value):
    """Raises where `value` is not as `schema`, or the name of a component, says."""
    if isinstance(schema, str):
        schema = {"$ref": f"#/components/schemas/{schema}"}
    jsonschema.Draft202012Validator(schema, resolver=RESOLVER).validate(value)


def operation(method, path):
    """What the document says of a request, or None for an unknown route or method."""
    method = "get" if method == "HEAD" else method.lower()
    for template, item in DOCUMENT["paths"].items():
        if re.fullmatch(re.sub(r"\\{\w+\\}", "[0-9a-f]{32}", re.escape(template)), path):
            return item.get(method)
    return None


class Answer:
    def __init__(self, method, path, response):
        self.status, self.headers, self.body = response.status, response.headers, response.read()
        self.type = (self.headers["Content-Type"] or "").split(";")[0]
        self.json = json.loads(self.body) if "json" in self.type and self.type != "application/x-ndjson" and self.body and not self.headers["Content-Encoding"] else None
        self.check(method, path)

    def check(self, method, path):
        for name, value in {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}.items():
            assert self.headers[name] == value, f"{path}: {name}: {self.headers[name]}"
        policy = self.headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy and "frame-ancestors 'none'" in policy and "unsafe" not in policy, policy
        if self.status >= 400 and self.json is not None and self.type == "application/problem+json":
            is_valid("Problem", self.json)
            assert self.json["status"] == self.status
        described = operation(method, path)
        if described is None:
            return
        responses = described["responses"]
        assert str(self.status) in responses, f"{method} {path}: status {self.status} is not described: {self.body[:300]}"
        content = resolve(responses[str(self.status)]).get("content", {})
        assert self.type in content or not content, f"{method} {path}: {self.status} {self.type}"
        if self.json is not None:
            is_valid(content[self.type]["schema"], self.json)


class Server:
    def __init__(self, command, env=None, stdin=subprocess.DEVNULL):
        self.process = subprocess.Popen(command, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env)
        lines = []
        for line in self.process.stdout:
            lines.append(line)
            found = re.search(r"listening on http://(\S+):(\d+)", line)
            if found:
                self.address, self.port = found.group(1), int(found.group(2))
                break
        else:
            raise RuntimeError(f"{command}: no address; {''.join(lines)} {self.process.stderr.read()}")
        self.errors = []
        streams = (self.process.stdout, self.process.stderr)
        self.readers = [threading.Thread(target=self.errors.extend, args=(stream,), daemon=True) for stream in streams]
        for thread in self.readers:
            thread.start()

    def connect(self, timeout=30):
        host = "127.0.0.1" if self.address == "0.0.0.0" else self.address
        return http.client.HTTPConnection(host, self.port, timeout=timeout)

    def ask(self, method, target, body=None, headers=(), connection=None):
        own = connection or self.connect()
        try:
            own.request(method, target, body, dict(headers))
            return Answer(method, urllib.parse.urlsplit(target).path, own.getresponse())
        finally:
            if connection is None:
                own.close()

    def get(self, path, **query):
        text = urllib.parse.urlencode({k.rstrip("_"): v for k, v in query.items()})
        return self.ask("GET", "/api/v1/" + path + ("?" + text if text else ""))

    def push(self, body, format="cowrie", headers=(), **query):
        query = urllib.parse.urlencode({"format": format, **query})
        body = body.encode() if isinstance(body, str) else body
        return self.ask("POST", "/api/v1/events?" + query, body, {"Content-Type": "application/x-ndjson", **dict(headers)})

    def stop(self):
        """The exit status after a polite request to end."""
        if self.process.poll() is None:
            self.process.terminate()
        try:
            status = self.process.wait(timeout=20)
            for thread in self.readers:
                thread.join()
            self.process.stdout.close()
            self.process.stderr.close()
            return status
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise


class Stream:
    """GET /stream, message by message."""

    def __init__(self, server, last_id=None, timeout=20):
        self.connection = server.connect(timeout)
        self.connection.request("GET", "/api/v1/stream", headers={} if last_id is None else {"Last-Event-ID": str(last_id)})
        self.response = self.connection.getresponse()
        assert self.response.status == 200, self.response.status
        assert self.response.headers["Content-Type"] == "text/event-stream"

    def next(self):
        """The next message: {"event", "id", "data"}, {"comment"}, or None at the end."""
        message = {}
        while True:
            line = self.response.readline().decode()
            if line == "":
                return None
            line = line.rstrip("\n")
            if line == "":
                if "data" in message:
                    message["data"] = json.loads(message["data"])
                    is_valid("StreamMessage", message["data"])
                    assert int(message["id"]) == message["data"]["sequence"]
                return message
            name, _, value = line.partition(": " if not line.startswith(":") else ":")
            message[name or "comment"] = value

    def close(self):
        self.response.close()
        self.connection.close()

"""A conversation with the npm package yaml-language-server: what an editor would show about a file."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any, Self

VARIABLE = "YAML_LANGUAGE_SERVER"
_SETTINGS = {
    "yaml": {"validate": True, "completion": True, "hover": True, "schemaStore": {"enable": False}},
    "http": {},
}


def server() -> str | None:
    """Return the program, named by a variable or found on the path."""
    return os.environ.get(VARIABLE) or shutil.which("yaml-language-server")


class Editor:
    """An editor with one file open."""

    def __init__(self, program: str, path: Path) -> None:
        self.uri = path.as_uri()
        self.process = subprocess.Popen(
            [program, "--stdio"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self.number = 0
        self.ask(
            "initialize",
            processId=os.getpid(),
            rootUri=path.parent.as_uri(),
            capabilities={"workspace": {"configuration": True}},
        )
        self.tell("initialized")
        self.tell("workspace/didChangeConfiguration", settings=_SETTINGS)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()

    def open(self, text: str) -> list[dict[str, Any]]:
        """Open the file and return what is underlined."""
        document = {"uri": self.uri, "languageId": "yaml", "version": 1, "text": text}
        self.tell("textDocument/didOpen", textDocument=document)
        while True:
            message = self._next()
            if message.get("method") == "textDocument/publishDiagnostics":
                return list(message["params"]["diagnostics"])

    def completions(self, line: int, character: int) -> set[str]:
        found = self.ask("textDocument/completion", **self._at(line, character))
        return {item["label"] for item in found["items"]}

    def hover(self, line: int, character: int) -> str:
        return str(self.ask("textDocument/hover", **self._at(line, character)))

    def _at(self, line: int, character: int) -> dict[str, Any]:
        return {"textDocument": {"uri": self.uri}, "position": {"line": line, "character": character}}

    def ask(self, method: str, **params: Any) -> Any:
        self.number += 1
        self._send({"id": self.number, "method": method, "params": params})
        while True:
            message = self._next()
            if message.get("id") == self.number and "method" not in message:
                return message.get("result")

    def tell(self, method: str, **params: Any) -> None:
        self._send({"method": method, "params": params})

    def _send(self, message: dict[str, Any]) -> None:
        assert self.process.stdin
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self.process.stdin.flush()

    def _next(self) -> dict[str, Any]:
        """Return the server's next message; what it asks is answered on the way."""
        assert self.process.stdout
        length = 0
        while line := self.process.stdout.readline().strip():
            if line.lower().startswith(b"content-length:"):
                length = int(line.partition(b":")[2])
        assert length, "the language server has ended"
        message: dict[str, Any] = json.loads(self.process.stdout.read(length))
        if "method" in message and "id" in message:
            wanted = message.get("params", {}).get("items", [])
            self._send({"id": message["id"], "result": [_SETTINGS.get(i.get("section")) for i in wanted] or None})
        return message

"""`langkah up` and `langkah deploy`, where something is in their way."""

from __future__ import annotations

import socket
from pathlib import Path

from command_line import command
from filelock import FileLock
from postgres import free_port


def test_a_port_that_is_taken_is_told(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        for option in ("--port", "--review-port"):
            done = command("up", option, port, "--workspace", tmp_path)
            told = f"langkah: {option} {port}: another program listens there; expected a free port\n"
            assert (done.returncode, done.stderr) == (2, told)


def test_one_port_for_two_services_is_refused(tmp_path: Path) -> None:
    done = command("up", "--port", 4280, "--workspace", tmp_path)
    assert (done.returncode, done.stderr) == (2, "langkah: --review-port 4280: is --port too; expected another one\n")


def test_a_workspace_has_its_services_once(tmp_path: Path) -> None:
    with FileLock(tmp_path / "up.lock"):
        done = command("up", "--port", free_port(), "--review-port", free_port(), "--workspace", tmp_path)
    assert (done.returncode, done.stderr) == (2, f"langkah: --workspace {tmp_path}: `langkah up` runs on it already\n")


def test_a_server_that_is_not_there_is_told() -> None:
    assert (
        command("deploy").stderr
        == "langkah: PREFECT_API_URL: expected the server's address, such as http://127.0.0.1:4200/api\n"
    )
    done = command("deploy", env={"PREFECT_API_URL": "http://127.0.0.1:9/api"})
    assert (done.returncode, done.stderr) == (
        1,
        "langkah: PREFECT_API_URL: no Prefect server answers at http://127.0.0.1:9/api\n",
    )

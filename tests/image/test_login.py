"""An engine is logged in for one push; the user's own configuration stays as it is, and nothing is left behind."""

import json
import stat
from pathlib import Path

import pytest

from kedro_batch.image.login import logged_in

HOST = "123456789012.dkr.ecr.us-east-1.amazonaws.com"


@pytest.fixture
def own(tmp_path, monkeypatch):
    folder = tmp_path / "own"
    (folder / "contexts").mkdir(parents=True)
    (folder / "contexts" / "meta.json").write_text("a context")
    monkeypatch.setenv("DOCKER_CONFIG", str(folder))
    return folder


def test_credentials_are_replaced_and_all_else_is_as_the_user_has_it(own):
    stated = {"currentContext": "mine", "credsStore": "desktop", "credHelpers": {HOST: "ecr-login"}, "auths": {"a": {}}}
    (own / "config.json").write_text(json.dumps(stated))
    with logged_in(HOST, "QVdTOng=") as env:
        folder = Path(env["DOCKER_CONFIG"])
        assert json.loads((folder / "config.json").read_text()) == {
            "currentContext": "mine",
            "auths": {HOST: {"auth": "QVdTOng="}},
        }
        assert (folder / "contexts" / "meta.json").read_text() == "a context"
        assert env["REGISTRY_AUTH_FILE"] == str(folder / "config.json")
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert not folder.exists()
    assert json.loads((own / "config.json").read_text()) == stated
    assert (own / "contexts" / "meta.json").exists()


@pytest.mark.parametrize("content", [None, "not JSON", "[]"])
def test_a_configuration_that_says_nothing_is_no_obstacle(own, content):
    if content is not None:
        (own / "config.json").write_text(content)
    with logged_in(HOST, "QVdTOng=") as env:
        file = Path(env["REGISTRY_AUTH_FILE"])
        assert json.loads(file.read_text()) == {"auths": {HOST: {"auth": "QVdTOng="}}}


def test_without_a_folder_of_the_user_there_is_one_for_the_push(tmp_path, monkeypatch):
    monkeypatch.delenv("DOCKER_CONFIG", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    with logged_in(HOST, "QVdTOng=") as env:
        assert Path(env["DOCKER_CONFIG"]).is_dir()
    assert not list(tmp_path.iterdir())


def test_an_error_leaves_nothing_behind(own):
    with pytest.raises(KeyError), logged_in(HOST, "QVdTOng=") as env:
        raise KeyError
    assert not Path(env["DOCKER_CONFIG"]).exists()
    assert own.exists()

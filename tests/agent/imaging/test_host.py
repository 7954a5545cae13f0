"""What containers get of this machine's ways to package indexes."""

from pathlib import Path

from agent.imaging.host import helpers, indexes, pip_settings


def test_indexes_of_this_machine_go_along_and_its_directories_do_not() -> None:
    """A directory of packages is not there in a container."""
    settings = {
        "index-url": "https://user:word@mirror.example/simple",
        "extra-index-url": "file:///opt/simple https://other.example/simple",
        "find-links": "/opt/wheels",
        "cert": "/etc/ca.pem",
        "timeout": "60",
    }
    assert indexes(settings) == {
        "PIP_INDEX_URL": "https://user:word@mirror.example/simple",
        "PIP_EXTRA_INDEX_URL": "https://other.example/simple",
        "PIP_TIMEOUT": "60",
    }


def test_pip_itself_says_what_its_settings_are(tmp_path: Path) -> None:
    """Of its files and its variables alike."""
    file = tmp_path / "pip.conf"
    file.write_text("[global]\nindex-url = https://mirror.example/simple\n[install]\ntrusted-host = a b\n")
    found = pip_settings({"PATH": "/usr/bin:/bin", "PIP_CONFIG_FILE": str(file), "PIP_TIMEOUT": "7"})
    assert (found["index-url"], found["timeout"]) == ("https://mirror.example/simple", "7")


def test_proxies_and_certificates_go_along_and_keys_do_not(tmp_path: Path) -> None:
    """In both spellings, because programs differ."""
    bundle = tmp_path / "ca.pem"
    bundle.write_text("certificates")
    given = helpers(
        {
            "PATH": "/usr/bin:/bin",
            "https_proxy": "http://proxy:3128",
            "SSL_CERT_FILE": str(bundle),
            "OPENAI_API_KEY": "sk-1",
            "PIP_CONFIG_FILE": "/dev/null",
        }
    )
    assert (given.variables["https_proxy"], given.variables["HTTPS_PROXY"]) == ("http://proxy:3128",) * 2
    assert list(given.files.values()) == [bundle]
    assert given.variables["PIP_CERT"] == "/mnt/certificates.pem"
    assert "sk-1" not in given.variables.values()
    assert "hush" not in repr(helpers({"HTTP_PROXY": "http://u:hush@proxy", "PIP_CONFIG_FILE": "/dev/null"}))

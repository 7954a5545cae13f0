"""The images that were made here: listed and removed by their labels, and no others ever touched. It blocks."""

from collections.abc import Sequence
from contextlib import closing

from sandbox.docker_commit import StoredImage, labelled_images
from sandbox.docker_engine import Engine
from sandbox.docker_images import describe_image, remove_tag
from sandbox.errors import ImageError
from sandbox.image_recipe import IMAGE, LAYER
from sandbox.images import check_name

__all__ = ["StoredImage", "foreign_image", "made_images", "remove_made"]


def made_images() -> list[StoredImage]:
    """The finished images, the newest first.

    Raises:
        SandboxUnavailable: no engine answers.
    """
    with closing(Engine.connect()) as engine:
        found = [one for one in labelled_images(engine, IMAGE) if one.names]
    return sorted(found, key=lambda one: -one.made)


def foreign_image(name: str) -> str | None:
    """The id of an image of that name that was not made here, such as a pulled one; None if there is none.

    Raises:
        ImageError: the name is none.
        SandboxUnavailable: no engine answers.
    """
    check_name(name)
    with closing(Engine.connect()) as engine:
        said = describe_image(engine, name)
    return None if said is None or IMAGE in (said["Config"].get("Labels") or {}) else str(said["Id"])


def remove_made(names: Sequence[str] | None) -> list[str]:
    """Remove finished images by their names; None is all of them, and all layers kept for later builds.

    Raises:
        ImageError: one of the names is not that of an image made here; nothing was removed.
        SandboxBroken: a container uses one.
        SandboxUnavailable: no engine answers.
    """
    with closing(Engine.connect(seconds=600)) as engine:
        found = labelled_images(engine, IMAGE)
        ours = [name for one in found for name in one.names]
        wanted = ours if names is None else [_whole(name) for name in names]
        for name in wanted:
            if name not in ours:
                raise ImageError(f"{name} is not an image that was made here; `shrewd image list` shows those")
        # A name's last layers go with it, as far as no other image rests on them.
        removed = [name for name in wanted if remove_tag(engine, name)]
        # Newest first: what rests on another goes before it.
        left = sorted(labelled_images(engine, LAYER), key=lambda one: -one.made) if names is None else []
        removed += [f"layer {one.id[:19]}" for one in left if not one.names and remove_tag(engine, one.id)]
    return removed


def _whole(name: str) -> str:
    check_name(name)
    return name if ":" in name.rpartition("/")[2] else f"{name}:latest"

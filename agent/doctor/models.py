"""Whether the model of the settings can be asked. Nothing is asked, and no key is shown."""

from collections.abc import Mapping
from pathlib import Path

from agent.doctor.packages import EXTRAS, install_command
from agent.doctor.records import Check
from agent.errors import ModelSetupError, UserError
from agent.settings import Settings

EMBEDDED = "embedded/"
NONE = "none"


def check_model(settings: Settings, environment: Mapping[str, str], cache: Path) -> list[Check]:
    """One check, or several, of the model that the settings name."""
    if settings.model == NONE:
        return [Check("model", "ok", "none: `shrewd select` goes by what can be found out without one")]
    if settings.model.startswith(EMBEDDED):
        return [_check_embedded(settings.model.removeprefix(EMBEDDED), cache)]
    try:
        return [_check_key(settings, environment), _check_price(settings)]
    except ModelSetupError as error:
        return [Check("model", "broken", str(error))]


def _check_embedded(name: str, cache: Path) -> Check:
    from importlib.util import find_spec

    from agent.models.catalogue import find, is_pulled, model_path

    try:
        entry = find(name)
    except UserError as error:
        return Check("model", "broken", str(error), "shrewd models list")
    if find_spec(EXTRAS["local"][0]) is None:
        return Check("model", "broken", f"{name} needs the extra `local`", install_command("local"))
    if not is_pulled(entry, cache):
        size = f"{entry.size / 1e9:.1f} GB"
        return Check("model", "note", f"{name} ({size}) is fetched when first used", f"shrewd models pull {name}")
    return Check("model", "ok", f"{name} lies in {model_path(entry, cache)}, and costs nothing")


def _check_key(settings: Settings, environment: Mapping[str, str]) -> Check:
    from agent.models import gateway

    provider = gateway.provider_of(settings.model, settings.api_base)
    if environment.get("SHREWD_API_KEY"):
        return Check("model", "ok", f"{settings.model} at {provider}; the key is that of SHREWD_API_KEY")
    if settings.api_base is not None:
        return Check("model", "ok", f"{settings.model} at {settings.api_base}; no key in SHREWD_API_KEY")
    missing = gateway.missing_keys(settings.model, settings.api_base)
    if missing:
        remedy = " ".join(f"export {name}=..." for name in missing)
        return Check("model", "broken", f"{settings.model} at {provider}: {', '.join(missing)} not set", remedy)
    return Check("model", "ok", f"{settings.model} at {provider}; its key is set")


def _check_price(settings: Settings) -> Check:
    from agent.models.opening import given_price
    from agent.models.pricing import price_of

    price = given_price(settings)
    if price is None:
        price = price_of(settings.model)
    if price is not None:
        return Check("price", "ok", f"{price.input:g} and {price.output:g} dollars per million tokens in and out")
    remedy = "give --price-input and --price-output, dollars per million tokens"
    if settings.budget is not None:
        return Check("price", "broken", "is unknown, so --budget could not be kept", remedy)
    return Check("price", "note", "is unknown; what a run costs is then not shown, and --budget refused", remedy)

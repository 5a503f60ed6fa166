"""A query says what its reader may see, or why that is nobody's secret (security.md).

A public function of queries/ that takes a connection takes a Scope, too. What does not stands here
with its reason: the list is short, and a new query is not on it.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from data.store import queries

#: Public to whoever may log in: names and shapes of units, which years there are, how new it is.
_OF_NO_DISTRICT = {
    "places.district_shapes", "places.town_shapes", "places.unit_shapes", "places.town_labels",
    "places.towns", "reference_layers.layer_states", "reference_layers.iter_features",
    "reference_layers.geometries", "reference_layers.feature_texts", "stamp.data_version",
    "stamp.demo_is_wanted", "stamp.districts", "stamp.work_years", "stamp.ledger_years",
    "stamp.stamp", "stamp.province_of", "reference_layers.feature_of",
    "reference_layers.features_touching", "map_facts.content_version", "map_facts.kept_head",
}  # fmt: skip
#: Told more of patches that a query with a scope has chosen: they take ids or numbers.
_OF_CHOSEN_PATCHES = {
    "moments.patch_ids", "moments.days_of", "moments.unrectified_then",
    "patch_history.origins_of", "patch_history.changes_of", "patch_history.uploads_by_id",
    "patch_list.amounts_of_row", "patch_list.shapes_of", "patch_rows.amounts_of",
    "patch_rows.named", "patch_rows.parcel_figures", "patch_rows.patch_columns",
    "patch_rows.patch_rows", "patch_timeline.timeline",
    "map_facts.pending_ids", "trigger_facts.unrectified_among",
}  # fmt: skip
#: Conditions are handed in by a query that has a scope; `Looking` holds its reader's.
_BELOW_ANOTHER = {
    "oddity_facts.bands", "oddity_facts.groups", "oddity_facts.just_under", "oddity_facts.members",
    "trigger_facts.parcel_facts", "trigger_facts.recheck_facts", "trigger_facts.refusal_facts",
}  # fmt: skip
#: Made once for all readers; what each sees of it is cut out later (data/maps/points.selected).
_FOR_THE_CUBE = {
    "map_facts.changed_since", "map_facts.patch_columns", "map_facts.interval_columns",
    "map_facts.parcel_columns", "map_facts.determined_columns", "map_facts.returned_columns",
}  # fmt: skip
#: Ids alone, which the next query narrows; and what the machinery asks of its own job.
_OF_THE_MACHINERY = {
    "sample_draws.recorded_draws",
    "trigger_facts.large_patches",
}
#: Of accounts, not of patches: asked in front of a request, or by whoever has the right (accounts).
_OF_ACCOUNTS = {
    "accounts.account_named", "accounts.known_account", "accounts.all_accounts",
    "accounts.secrets_of", "accounts.account_of_subject", "accounts.session_of",
    "accounts.token_of", "accounts.sessions", "accounts.tokens",
    "audit_log.log_lines",
}  # fmt: skip
WITHOUT = (
    _OF_ACCOUNTS
    | _OF_NO_DISTRICT
    | _OF_CHOSEN_PATCHES
    | _BELOW_ANOTHER
    | _FOR_THE_CUBE
    | _OF_THE_MACHINERY
)


def asking() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Every public function of queries/ that takes a connection, by `module.name`."""
    for found in pkgutil.iter_modules(queries.__path__, f"{queries.__name__}."):
        module = importlib.import_module(found.name)
        for name, function in inspect.getmembers(module, inspect.isfunction):
            if function.__module__ != module.__name__ or name.startswith("_"):
                continue
            if "conn" in inspect.signature(function).parameters:
                yield f"{found.name.rpartition('.')[2]}.{name}", function


@pytest.mark.parametrize(("name", "function"), [*asking()], ids=[name for name, _ in asking()])
def test_a_query_takes_a_scope_which_nobody_can_leave_out(
    name: str, function: Callable[..., Any]
) -> None:
    scope = inspect.signature(function).parameters.get("scope")
    if name in WITHOUT:
        assert scope is None, f"{name} has a scope: take it off the list"
        return
    assert scope is not None, f"{name} takes no scope"
    assert scope.annotation == "Scope"
    assert scope.default is inspect.Parameter.empty, f"{name} may be asked without a scope"


def test_the_list_of_exceptions_names_queries_that_exist() -> None:
    assert {name for name, _ in asking()} >= WITHOUT


def test_what_is_told_of_chosen_patches_takes_them() -> None:
    """So that none of these can be asked for a whole district, or all."""
    by_name = dict(asking())
    for name in sorted(_OF_CHOSEN_PATCHES):
        taken = set(inspect.signature(by_name[name]).parameters)
        assert taken & {"ids", "patch_id", "numbers", "batches"}, name
